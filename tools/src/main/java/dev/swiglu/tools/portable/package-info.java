/**
 * What the dev.swiglu operators compute, in standard ONNX: the model-local functions that let a model with them run where
 * the operator library is not registered.
 */
package dev.swiglu.tools.portable;
