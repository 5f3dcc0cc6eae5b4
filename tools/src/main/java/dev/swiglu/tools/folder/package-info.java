/** Model folders as a whole: Hugging Face, optimum, onnxruntime-genai. */
package dev.swiglu.tools.folder;
