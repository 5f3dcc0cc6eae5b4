package dev.swiglu.tools.gradient.rule;

import ai.onnx.proto.OnnxMl.AttributeProto;
import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.portable.GraphWriter;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The labels of a loss over classes: scores are [batch, classes, ...], labels [batch, ...]. Comparing beats OneHot, of which ONNX
 * Runtime has no float64 kernel; labels outside of the classes give a row of zeros.
 *
 * @param column the labels with an axis of size 1 where the scores have the classes
 */
record Labels(Backward backward, ElementType element, String column) {

    static Labels of(Backward backward) {
        if (!backward.input(2).isEmpty()) {
            throw backward.refusal("class weights have no rule; leave out the input '" + backward.input(2) + "'");
        }
        String labels = backward.write().cast(backward.input(1), ElementType.INT64);
        return new Labels(backward, backward.element(backward.input(0)), backward.write().unsqueezed(labels, 1));
    }

    /** 1 at the label, 0 elsewhere, in the shape of the scores. */
    String oneHot() {
        GraphWriter write = backward.write();
        int rank = backward.rank(backward.input(0));
        OptionalLong known = backward.shape(backward.input(0)).size(1);
        String count = known.isPresent() ? write.integer(known.getAsLong())
                : write.add("Gather", write.shape(backward.input(0)), write.integer(1));
        String classes = write.add("Range", write.integer(0), count, write.integer(1));
        if (rank > 2) {
            long[] places = new long[rank - 2];
            for (int i = 0; i < places.length; i++) {
                places[i] = i + 1;
            }
            classes = write.unsqueezed(classes, places);
        }
        return write.cast(write.add("Equal", column, classes), element);
    }

    /** What one unit of each label's loss does to the output, with an axis of size 1 for the classes. */
    String upstream() {
        GraphWriter write = backward.write();
        String reduction = Attributes.text(backward.node().node(), "reduction", "mean");
        Optional<String> counted = counted();
        String share = switch (reduction) {
            case "none" -> write.unsqueezed(backward.upstream(), 1);
            case "sum" -> backward.upstream();
            case "mean" -> write.divided(backward.upstream(), element, counted.map(
                    mask -> write.sum(write.cast(mask, element.wide()), false)).orElseGet(() -> write.add("Size", column)));
            default -> throw backward.refusal("its reduction '" + reduction + "' is not known");
        };
        // the mean over no label at all is no number, and must not reach the ignored ones
        return counted.map(mask -> write.add("Where", mask, share, write.scalar(element, 0))).orElse(share);
    }

    /** True for labels that count, false for ignored ones; empty where all count. */
    private Optional<String> counted() {
        GraphWriter write = backward.write();
        return Attributes.find(backward.node().node(), "ignore_index").map(AttributeProto::getI)
                .map(ignored -> write.add("Not", write.add("Equal", column, write.integer(ignored))));
    }
}
