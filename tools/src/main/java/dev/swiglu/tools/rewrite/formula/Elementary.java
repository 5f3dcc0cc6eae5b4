package dev.swiglu.tools.rewrite.formula;

import java.util.Optional;

/** The functions out of which graphs compose activations. */
public enum Elementary {
    SIGMOID, TANH, ERF, EXP, LOG, RELU, SOFTPLUS, RECIPROCAL;

    /** This function of {@code argument}; 1/(1+eᶻ) becomes σ(-z), and ln(1+eᶻ) softplus(z). */
    public Polynomial of(Polynomial argument) {
        Optional<Polynomial> exponent = argument.plus(Polynomial.of(-1)).soleFactor()
                .filter(factor -> factor instanceof Atom.Applied applied && applied.function() == EXP)
                .map(factor -> ((Atom.Applied) factor).argument());
        if (this == RECIPROCAL) {
            return argument.isOneProduct() ? argument.inverse()
                    : exponent.map(z -> SIGMOID.of(z.times(Polynomial.of(-1)))).orElseGet(() -> applied(argument));
        }
        return this == LOG && exponent.isPresent() ? SOFTPLUS.of(exponent.get()) : applied(argument);
    }

    private Polynomial applied(Polynomial argument) {
        return Polynomial.of(new Atom.Applied(this, argument));
    }
}
