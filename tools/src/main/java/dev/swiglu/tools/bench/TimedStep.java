package dev.swiglu.tools.bench;

/** The same run of a model, again and again. */
interface TimedStep extends AutoCloseable {
    void run();

    /** What the last run gave, where a generating program would read it: for the last token of each text. */
    double[] result();

    @Override
    void close();
}
