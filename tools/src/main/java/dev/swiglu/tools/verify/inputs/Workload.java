package dev.swiglu.tools.verify.inputs;

/**
 * How much text a model is asked to read at once.
 *
 * @param batch texts side by side
 * @param tokens new tokens of each text
 * @param past tokens of each text that the cache already holds
 */
public record Workload(int batch, int tokens, int past) {

    /** Whether it writes the next token of texts that were read before. */
    public boolean isDecoding() {
        return tokens == 1 && past > 0;
    }

    public int total() {
        return past + tokens;
    }

    @Override
    public String toString() {
        return batch + "x" + tokens + (past > 0 ? " after " + past : "");
    }
}
