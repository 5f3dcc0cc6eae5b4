package dev.swiglu;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * JSON as this library reads it, for the packages here and not for applications: the metadata of training models, the headers of
 * safetensors files, and what exporters write beside a language model. Objects are maps, arrays are lists, and numbers are
 * {@code Long} where they are whole, else {@code Double}.
 */
public final class Json {
    private static final int DEEPEST = 32;

    private final String text;
    private int position;
    private int depth;

    private Json(String text) {
        this.text = text;
    }

    /** @throws IllegalArgumentException when this is not one JSON value */
    public static Object parse(String text) {
        Json json = new Json(text);
        Object value = json.value();
        json.skipSpace();
        json.require(json.position == text.length());
        return value;
    }

    private Object value() {
        skipSpace();
        require(position < text.length() && depth < DEEPEST);
        return switch (text.charAt(position)) {
            case '{' -> object();
            case '[' -> array();
            case '"' -> string();
            case 't' -> word("true", true);
            case 'f' -> word("false", false);
            case 'n' -> word("null", null);
            default -> number();
        };
    }

    private Map<String, Object> object() {
        Map<String, Object> members = new LinkedHashMap<>();
        depth++;
        for (boolean more = opens('}'); more; more = continues('}')) {
            skipSpace();
            String name = string();
            skipSpace();
            take(':');
            members.put(name, value());
        }
        depth--;
        return members;
    }

    private List<Object> array() {
        List<Object> elements = new ArrayList<>();
        depth++;
        for (boolean more = opens(']'); more; more = continues(']')) {
            elements.add(value());
        }
        depth--;
        return elements;
    }

    /** Steps over the bracket; whether anything stands between it and {@code end}. */
    private boolean opens(char end) {
        position++;
        skipSpace();
        return !taken(end);
    }

    private boolean continues(char end) {
        skipSpace();
        if (taken(end)) {
            return false;
        }
        take(',');
        return true;
    }

    private String string() {
        take('"');
        StringBuilder characters = new StringBuilder();
        while (!taken('"')) {
            require(position < text.length() && text.charAt(position) >= ' ');
            char character = text.charAt(position++);
            characters.append(character == '\\' ? escaped() : character);
        }
        return characters.toString();
    }

    private char escaped() {
        require(position < text.length());
        char escape = text.charAt(position++);
        return switch (escape) {
            case '"', '\\', '/' -> escape;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> {
                require(position + 4 <= text.length());
                position += 4;
                yield (char) Integer.parseInt(text.substring(position - 4, position), 16);
            }
            default -> throw malformed();
        };
    }

    private Object word(String word, Object meaning) {
        require(text.startsWith(word, position));
        position += word.length();
        return meaning;
    }

    private Object number() {
        int start = position;
        while (position < text.length() && "+-.0123456789eE".indexOf(text.charAt(position)) >= 0) {
            position++;
        }
        String digits = text.substring(start, position);
        require(digits.matches("-?(0|[1-9]\\d*)(\\.\\d+)?([eE][+-]?\\d+)?"));
        if (digits.matches("-?\\d{1,18}")) {
            return Long.valueOf(digits);
        }
        return Double.valueOf(digits);
    }

    private void skipSpace() {
        while (position < text.length() && " \t\r\n".indexOf(text.charAt(position)) >= 0) {
            position++;
        }
    }

    private boolean taken(char expected) {
        boolean there = position < text.length() && text.charAt(position) == expected;
        position += there ? 1 : 0;
        return there;
    }

    private void take(char expected) {
        require(taken(expected));
    }

    private void require(boolean condition) {
        if (!condition) {
            throw malformed();
        }
    }

    private IllegalArgumentException malformed() {
        return new IllegalArgumentException("The JSON is malformed at character " + position + ".");
    }

    /** A string as JSON writes it, quotes included. */
    public static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        text.chars().forEach(character -> {
            if (character == '"' || character == '\\') {
                quoted.append('\\').append((char) character);
            } else if (character < ' ') {
                quoted.append(String.format("\\u%04x", character));
            } else {
                quoted.append((char) character);
            }
        });
        return quoted.append('"').toString();
    }
}
