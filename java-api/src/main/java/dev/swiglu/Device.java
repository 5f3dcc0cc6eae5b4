package dev.swiglu;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;

/** Where a session runs. */
public sealed interface Device permits Device.Cpu, Device.Cuda {

    static Device cpu() {
        return new Cpu();
    }

    /** The NVIDIA GPU with this number; {@link ModelSession} refuses to open where there is none. */
    static Device cuda(int index) {
        return new Cuda(index);
    }

    /** The first GPU that ONNX Runtime can use on this machine, else the CPU. The first call looks and may take seconds. */
    static Device best() {
        Cuda first = new Cuda(0);
        return CudaProbe.failure(first).isEmpty() ? first : cpu();
    }

    /** The name that {@code toString} shows and the operator library is told: {@code cpu} or {@code cuda:0}. */
    String name();

    /** Adds this device's execution provider; nothing to add for the CPU, which every session has. */
    void addTo(OrtSession.SessionOptions options) throws OrtException;

    record Cpu() implements Device {
        @Override
        public String name() {
            return "cpu";
        }

        @Override
        public void addTo(OrtSession.SessionOptions options) {}

        @Override
        public String toString() {
            return name();
        }
    }

    record Cuda(int index) implements Device {
        public Cuda {
            if (index < 0) {
                throw new IllegalArgumentException("GPUs are numbered from 0, so there is none with number " + index + ".");
            }
        }

        @Override
        public String name() {
            return "cuda:" + index;
        }

        @Override
        public void addTo(OrtSession.SessionOptions options) throws OrtException {
            options.addCUDA(index);
        }

        @Override
        public String toString() {
            return name();
        }
    }
}
