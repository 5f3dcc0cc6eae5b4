package dev.swiglu.tools.bench;

/** A model, opened in one of the ways to run it. */
interface TimedModel extends AutoCloseable {
    /** The class that runs it, as reports show it. */
    String runtime();

    /** Prepares everything that does not belong to the time of a run. */
    TimedStep prepare(StepInputs inputs);

    @Override
    void close();
}
