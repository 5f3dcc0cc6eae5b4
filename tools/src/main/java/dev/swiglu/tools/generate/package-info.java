/** What the command {@code generate} says of a text that a model wrote. */
package dev.swiglu.tools.generate;
