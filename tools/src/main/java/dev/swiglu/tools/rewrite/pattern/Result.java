package dev.swiglu.tools.rewrite.pattern;

import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

/** What a recognizer or a rule answers: what it found, or the reason why it leaves the graph alone. */
public sealed interface Result<T> {

    /** It applies. */
    record Match<T>(T found) implements Result<T> {
    }

    /** It does not; {@code reason} is a sentence that names the node or value in the way, and what would be needed, or empty where it is of no concern. */
    record Declined<T>(String reason) implements Result<T> {
    }

    static <T> Result<T> match(T value) {
        return new Match<>(value);
    }

    static <T> Result<T> declined(String reason) {
        return new Declined<>(reason);
    }

    /** The value, unless there is an obstacle; that is then the reason. */
    static <T> Result<T> unless(Optional<String> obstacle, Supplier<T> value) {
        return obstacle.isPresent() ? declined(obstacle.get()) : match(value.get());
    }

    /** The same, unless there is an obstacle to what was found. */
    default Result<T> unless(Function<T, Optional<String>> obstacle) {
        return this instanceof Match<T> match ? unless(obstacle.apply(match.found), () -> match.found) : this;
    }

    /** What was found. */
    default Optional<T> value() {
        return this instanceof Match<T> match ? Optional.of(match.found) : Optional.empty();
    }

    /** Goes on with both values; when one is missing, its reason is the answer. */
    default <U, R> Result<R> and(Result<U> other, BiFunction<T, U, Result<R>> next) {
        if (this instanceof Declined<T> declined) {
            return declined(declined.reason());
        }
        if (other instanceof Declined<U> declined) {
            return declined(declined.reason());
        }
        return next.apply(((Match<T>) this).found(), ((Match<U>) other).found());
    }
}
