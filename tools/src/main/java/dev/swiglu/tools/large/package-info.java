/** Decoders of full size with random weights, as onnxruntime-genai's builder writes them: what is benchmarked on a GPU. */
package dev.swiglu.tools.large;
