package dev.swiglu.tools.cli;

import dev.swiglu.tools.verify.inputs.Workload;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** {@code 1x512} (one text of 512 tokens) and {@code 4x1+2048} (the next token of four texts of 2048). */
final class WorkloadConverter implements ITypeConverter<Workload> {
    private static final Pattern FORM = Pattern.compile("([1-9]\\d{0,5})x([1-9]\\d{0,6})(?:\\+(\\d{1,7}))?");

    @Override
    public Workload convert(String text) {
        Matcher workload = FORM.matcher(text);
        if (!workload.matches()) {
            throw new TypeConversionException("'" + text + "' is not BATCHxTOKENS or BATCHxTOKENS+PAST, as 1x512 or 4x1+2048");
        }
        int past = workload.group(3) == null ? 0 : Integer.parseInt(workload.group(3));
        return new Workload(Integer.parseInt(workload.group(1)), Integer.parseInt(workload.group(2)), past);
    }
}
