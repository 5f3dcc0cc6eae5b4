/** What two language models make of the same text: whole-model accuracy in the terms of those who use them. */
package dev.swiglu.tools.verify.language;
