/**
 * What a model must satisfy before anything else looks at it, one class a check; a file that nobody should trust is refused
 * here, in one sentence, so that everything behind can rely on it.
 */
package dev.swiglu.tools.onnx.check;
