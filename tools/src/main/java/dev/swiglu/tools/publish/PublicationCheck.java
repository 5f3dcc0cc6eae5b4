package dev.swiglu.tools.publish;

import java.nio.file.Path;

/** The last word before an output appears under its name; {@code rewrite --verify} compares the two models here. */
@FunctionalInterface
public interface PublicationCheck {
    PublicationCheck NONE = (original, candidate) -> { };

    /**
     * Returns when {@code candidate} may be published.
     *
     * @param candidate the finished output under a temporary name, beside its external data
     * @throws dev.swiglu.tools.ToolException when it may not, with the reason
     */
    void check(Path original, Path candidate);
}
