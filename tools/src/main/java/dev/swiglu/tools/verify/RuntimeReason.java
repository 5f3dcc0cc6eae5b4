package dev.swiglu.tools.verify;

import dev.swiglu.ModelException;
import java.util.regex.Pattern;

/**
 * What ONNX Runtime objects to, fit for one of our sentences: its first line, which says it, without the error code, the
 * name that the file has while it is checked, and the full stop. The rest is for {@code --debug}, which shows the cause.
 */
final class RuntimeReason {

    private static final Pattern CODE = Pattern.compile("^Error code - \\w+ - message: ");
    private static final Pattern LOADING = Pattern.compile("^Load model from .*? failed: ?");

    private RuntimeReason() {}

    static String of(ModelException failed) {
        String text = failed.getCause() == null ? failed.getMessage() : failed.getCause().getMessage();
        String first = text.lines().map(String::strip).filter(line -> !line.isEmpty()).findFirst().orElse("no reason given");
        String reason = LOADING.matcher(CODE.matcher(first).replaceFirst("")).replaceFirst("");
        return reason.replaceFirst("[.\\s]+$", "");
    }
}
