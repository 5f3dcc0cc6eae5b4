package dev.swiglu.tools.publish;

import java.nio.file.Path;

/** The last word before an output appears under its name; {@code rewrite --verify} compares the two models here. */
@FunctionalInterface
public interface PublicationCheck {
    PublicationCheck NONE = (original, candidate, target) -> { };

    /**
     * Returns when {@code candidate} may be published.
     *
     * @param candidate the finished output under a temporary name, beside its external data
     * @param target the name it will have, which is the one that people know
     * @throws dev.swiglu.tools.ToolException when it may not, with the reason
     */
    void check(Path original, Path candidate, Path target);
}
