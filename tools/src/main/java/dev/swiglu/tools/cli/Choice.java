package dev.swiglu.tools.cli;

import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** One of an enum's values, in any case; picocli's own converter would list them as Java spells them, not as the help does. */
record Choice<E extends Enum<E>>(Class<E> type) implements ITypeConverter<E> {

    @Override
    public E convert(String text) {
        E[] values = type.getEnumConstants();
        return Arrays.stream(values).filter(value -> value.toString().equalsIgnoreCase(text)).findFirst()
                .orElseThrow(() -> new TypeConversionException("'" + text + "' is not one of "
                        + Arrays.stream(values).map(Object::toString).collect(Collectors.joining(", "))));
    }
}
