package dev.swiglu.generation;

import dev.swiglu.IoReason;
import dev.swiglu.Json;
import dev.swiglu.ModelException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/** A JSON object whose members may all be missing or null. */
final class Settings {
    private final Path file;
    private final Map<?, ?> members;

    private Settings(Path file, Map<?, ?> members) {
        this.file = file;
        this.members = members;
    }

    /** Nothing is set where there is no such file. */
    static Settings read(Path file) {
        if (!Files.exists(file)) {
            return new Settings(file, Map.of());
        }
        try {
            return new Settings(file, (Map<?, ?>) Json.parse(Files.readString(file)));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(file + " cannot be read: " + IoReason.withoutFile(unreadable) + ".", unreadable);
        } catch (IllegalArgumentException | ClassCastException malformed) {
            throw new ModelException(file + " is no JSON object; copy it again from where the model came from.", malformed);
        }
    }

    Settings child(String name) {
        Object value = members.get(name);
        if (value == null) {
            return new Settings(file, Map.of());
        }
        return new Settings(file, as(Map.class, name, value, "an object"));
    }

    Optional<String> text(String name) {
        return Optional.ofNullable(members.get(name)).map(value -> as(String.class, name, value, "a string"));
    }

    boolean flag(String name) {
        Object value = members.get(name);
        return value != null && as(Boolean.class, name, value, "true or false");
    }

    OptionalInt number(String name) {
        Object value = members.get(name);
        return value == null ? OptionalInt.empty() : OptionalInt.of(integer(name, value));
    }

    /** One token or several; −1, which some exporters write for none, is none. */
    Set<Integer> tokens(String name) {
        Object value = members.get(name);
        Collection<?> given = value instanceof List<?> list ? list : value == null ? List.of() : List.of(value);
        Set<Integer> tokens = new TreeSet<>();
        given.forEach(token -> tokens.add(integer(name, token)));
        tokens.remove(-1);
        return tokens;
    }

    private int integer(String name, Object value) {
        long whole = as(Long.class, name, value, "an integer");
        if (whole != (int) whole) {
            throw new ModelException(file + " says " + whole + " for '" + name + "', which is out of range.");
        }
        return (int) whole;
    }

    private <T> T as(Class<T> type, String name, Object value, String expected) {
        if (!type.isInstance(value)) {
            throw new ModelException(file + " says " + value + " for '" + name + "', which should be " + expected + ".");
        }
        return type.cast(value);
    }
}
