package dev.swiglu.tools.rewrite.pattern;

import dev.swiglu.tools.onnx.NodeRef;
import java.util.List;
import java.util.Optional;

/** One way in which graphs spell an activation. A new spelling is a new class, listed in {@link #ALL}. */
interface ActivationPattern {

    /** The spellings, those that take in more nodes first. */
    List<ActivationPattern> ALL = List.of(new SigmoidTimesX(), new QuickGelu(), new Swish(), new PlainSigmoid());

    /** The activation whose last node is {@code last}. */
    Optional<Gate> endingAt(NodeRef last, ModelView view);
}
