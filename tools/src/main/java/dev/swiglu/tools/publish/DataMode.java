package dev.swiglu.tools.publish;

import java.util.Locale;

/** How external data gets to an output in another folder than its source. */
public enum DataMode {
    /** A hard link; a copy where the file systems differ. */
    LINK,
    COPY,
    /** No second file: the output names the first one, which must lie in or below the output's folder. */
    REFERENCE;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
