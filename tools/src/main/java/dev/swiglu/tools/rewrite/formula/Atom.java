package dev.swiglu.tools.rewrite.formula;

/** What a {@link Polynomial} does not look into. */
public sealed interface Atom {

    /** A tensor of the graph. */
    record Value(String name) implements Atom {
    }

    /** An elementary function of a polynomial. */
    record Applied(Elementary function, Polynomial argument) implements Atom {
    }
}
