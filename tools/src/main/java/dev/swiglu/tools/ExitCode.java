package dev.swiglu.tools;

/** What the process answers. The numbers are a contract with scripts and never change. */
public enum ExitCode {
    DONE(0, "done, and verified where asked"),
    INTERNAL(1, "internal error"),
    USAGE(2, "wrong usage"),
    NOTHING_TO_REWRITE(3, "nothing to rewrite"),
    INACCURATE(4, "accuracy out of bounds, output not published"),
    REFUSED(5, "model invalid or unsafe, refused"),
    UNAVAILABLE(6, "GPU or native library not available"),
    IO(7, "input or output failed");

    private final int number;
    private final String meaning;

    ExitCode(int number, String meaning) {
        this.number = number;
        this.meaning = meaning;
    }

    public int number() {
        return number;
    }

    public String meaning() {
        return meaning;
    }
}
