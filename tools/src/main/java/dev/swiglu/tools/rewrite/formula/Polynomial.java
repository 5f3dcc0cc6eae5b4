package dev.swiglu.tools.rewrite.formula;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * An elementwise formula, multiplied out: a sum of products of {@link Atom}s, each with a coefficient. Graphs that compute
 * the same by another order or grouping of sums and products have the same polynomial.
 */
public final class Polynomial {
    /** Atoms, also inside of functions. Formulas of activations have a dozen; what grows beyond this is something else. */
    private static final int LARGEST = 64;

    /** The coefficient of each product, which is given by the exponents of its atoms; never zero. */
    private final Map<Map<Atom, Integer>, Double> terms;
    private final int size;
    private final int hash;

    private Polynomial(Map<Map<Atom, Integer>, Double> terms) {
        this.terms = Map.copyOf(terms);
        this.size = terms.keySet().stream().mapToInt(product -> 1 + product.keySet().stream().mapToInt(Polynomial::size).sum()).sum();
        this.hash = this.terms.hashCode();
    }

    /** Ends the reading of what is no activation; thrown often in strange graphs, and so without a stack trace. */
    static final class TooLarge extends RuntimeException {
        private TooLarge() {
            super(null, null, false, false);
        }
    }

    private static int size(Atom atom) {
        return atom instanceof Atom.Applied applied ? 1 + applied.argument().size : 1;
    }

    public static Polynomial of(double number) {
        return new Polynomial(number == 0 ? Map.of() : Map.of(Map.of(), number));
    }

    public static Polynomial of(Atom atom) {
        return new Polynomial(Map.of(Map.of(atom, 1), 1.0));
    }

    public Polynomial plus(Polynomial other) {
        Map<Map<Atom, Integer>, Double> sum = new HashMap<>(terms);
        other.terms.forEach((product, coefficient) -> add(sum, product, coefficient));
        return limited(sum);
    }

    public Polynomial times(Polynomial other) {
        Map<Map<Atom, Integer>, Double> result = new HashMap<>();
        terms.forEach((left, leftCoefficient) -> other.terms.forEach((right, rightCoefficient) ->
                add(result, product(left, right), leftCoefficient * rightCoefficient)));
        return limited(result);
    }

    public Polynomial times(double factor) {
        return times(of(factor));
    }

    public Polynomial power(int exponent) {
        Polynomial result = of(1);
        for (int i = 0; i < exponent; i++) {
            result = result.times(this);
        }
        return result;
    }

    /** One over a single product. */
    Polynomial inverse() {
        Map<Map<Atom, Integer>, Double> result = new HashMap<>();
        terms.forEach((product, coefficient) -> {
            Map<Atom, Integer> inverted = new HashMap<>();
            product.forEach((atom, exponent) -> inverted.put(atom, -exponent));
            add(result, inverted, 1 / coefficient);
        });
        return limited(result);
    }

    /** The value of a polynomial without atoms. */
    public OptionalDouble number() {
        return terms.isEmpty() ? OptionalDouble.of(0)
                : terms.size() == 1 && terms.containsKey(Map.<Atom, Integer>of()) ? OptionalDouble.of(terms.get(Map.<Atom, Integer>of()))
                : OptionalDouble.empty();
    }

    /** The atom that is all of this polynomial. */
    public Optional<Atom> soleFactor() {
        Optional<Atom> factor = terms.keySet().stream().flatMap(product -> product.keySet().stream()).findFirst();
        return factor.filter(atom -> equals(of(atom)));
    }

    /** alpha where some factor of the formula is σ(alpha·x). */
    public Optional<Double> slopeOfSigmoid(Polynomial x) {
        Map<Atom, Integer> onlyX = x.terms.keySet().iterator().next();
        return terms.keySet().stream().flatMap(product -> product.keySet().stream())
                .filter(atom -> atom instanceof Atom.Applied applied && applied.function() == Elementary.SIGMOID)
                .map(atom -> ((Atom.Applied) atom).argument().terms)
                .filter(argument -> argument.keySet().equals(Set.of(onlyX)))
                .map(argument -> argument.get(onlyX)).findFirst();
    }

    /** The tensors that the formula reads, also inside of functions. */
    public Set<String> values() {
        Set<String> values = new HashSet<>();
        for (Map<Atom, Integer> product : terms.keySet()) {
            for (Atom atom : product.keySet()) {
                if (atom instanceof Atom.Value value) {
                    values.add(value.name());
                } else if (atom instanceof Atom.Applied applied) {
                    values.addAll(applied.argument().values());
                }
            }
        }
        return values;
    }

    /** This divided by a tensor that is a factor of every product in it. */
    public Optional<Polynomial> dividedBy(String value) {
        Atom.Value factor = new Atom.Value(value);
        boolean divides = !terms.isEmpty() && terms.keySet().stream().allMatch(product -> product.getOrDefault(factor, 0) >= 1);
        return divides ? Optional.of(times(of(factor).inverse())) : Optional.empty();
    }

    /**
     * Whether the two are one formula but for the rounding of their constants.
     *
     * @param outside how far coefficients may lie apart, relatively
     * @param inside the same for coefficients inside of functions
     */
    public boolean resembles(Polynomial other, double outside, double inside) {
        if (terms.size() != other.terms.size()) {
            return false;
        }
        Map<Map<Atom, Integer>, Double> open = new HashMap<>(other.terms);
        return terms.entrySet().stream().allMatch(term -> {
            Iterator<Map.Entry<Map<Atom, Integer>, Double>> candidates = open.entrySet().iterator();
            while (candidates.hasNext()) {
                Map.Entry<Map<Atom, Integer>, Double> candidate = candidates.next();
                double difference = Math.abs(term.getValue() - candidate.getValue());
                if (difference <= outside * Math.abs(candidate.getValue())
                        && resemble(term.getKey(), candidate.getKey(), inside)) {
                    candidates.remove();
                    return true;
                }
            }
            return false;
        });
    }

    private static boolean resemble(Map<Atom, Integer> left, Map<Atom, Integer> right, double inside) {
        return left.size() == right.size() && left.entrySet().stream().allMatch(factor -> right.entrySet().stream()
                .anyMatch(other -> factor.getValue().equals(other.getValue())
                        && resemble(factor.getKey(), other.getKey(), inside)));
    }

    private static boolean resemble(Atom left, Atom right, double inside) {
        return left instanceof Atom.Applied a && right instanceof Atom.Applied b
                ? a.function() == b.function() && a.argument().resembles(b.argument(), inside, inside)
                : left.equals(right);
    }

    private static Map<Atom, Integer> product(Map<Atom, Integer> left, Map<Atom, Integer> right) {
        Map<Atom, Integer> product = new HashMap<>(left);
        right.forEach((atom, exponent) -> product.merge(atom, exponent, Integer::sum));
        product.values().removeIf(exponent -> exponent == 0);
        return Map.copyOf(product);
    }

    private static void add(Map<Map<Atom, Integer>, Double> sum, Map<Atom, Integer> product, double coefficient) {
        sum.merge(product, coefficient, Double::sum);
        sum.values().removeIf(value -> value == 0);
    }

    private static Polynomial limited(Map<Map<Atom, Integer>, Double> terms) {
        Polynomial result = new Polynomial(terms);
        if (result.size > LARGEST || !terms.values().stream().allMatch(Double::isFinite)) {
            throw new TooLarge();
        }
        return result;
    }

    boolean isOneProduct() {
        return terms.size() == 1;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Polynomial that && hash == that.hash && terms.equals(that.terms);
    }

    @Override
    public int hashCode() {
        return hash;
    }
}
