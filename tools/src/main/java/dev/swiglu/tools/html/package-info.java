/** Reports as pages for people: one file each, made from the same records as the JSON. */
package dev.swiglu.tools.html;
