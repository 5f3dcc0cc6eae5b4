/**
 * What a machine has and lacks for the fused operators. {@link dev.swiglu.tools.doctor.Diagnosis} is the data;
 * {@link dev.swiglu.tools.doctor.Advice} and {@link dev.swiglu.tools.doctor.DiagnosisText} are computed from it alone.
 */
package dev.swiglu.tools.doctor;
