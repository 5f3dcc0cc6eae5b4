package dev.swiglu.tools.bench;

import dev.swiglu.ModelSession;
import dev.swiglu.Outputs;
import dev.swiglu.Tensor;
import java.util.Map;

/** {@link ModelSession#run}: all inputs come from Java's memory and all outputs go there. */
record SessionModel(ModelSession session) implements TimedModel {

    @Override
    public String runtime() {
        return "ModelSession";
    }

    @Override
    public TimedStep prepare(StepInputs inputs) {
        Map<String, Tensor> given = inputs.onHost();
        return new TimedStep() {
            private Outputs outputs;

            @Override
            public void run() {
                outputs = session.run(given);
            }

            @Override
            public double[] result() {
                return inputs.read(outputs.get(inputs.result()));
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public void close() {
        session.close();
    }
}
