package dev.swiglu.tools.gradient;

import static dev.swiglu.tools.ModelBuilder.ANY;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.onnx.Attributes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every rule, with what it has of variants, against central differences. */
class GradientRulesTest {
    private static final int CLASSES = 4;

    @TempDir
    private Path folder;

    @ParameterizedTest(name = "{0}")
    @MethodSource("graphs")
    void gradientsAreThoseOfCentralDifferences(String name, ModelBuilder graph, String wrt) throws IOException {
        new GradientCheck(graph.build(), folder, CLASSES).run(true, "--wrt", wrt);
    }

    @Test
    void everyRuleIsTested() {
        Set<String> untested = new TreeSet<>(GradientRules.operators());
        graphs().map(arguments -> (ModelBuilder) arguments.get()[1])
                .flatMap(graph -> graph.build().getGraph().getNodeList().stream())
                .map(NodeProto::getOpType).forEach(untested::remove);
        assertEquals(Set.of("dev.swiglu.FusedSwiGLU", "dev.swiglu.SwiGLU"), untested, "those have a test of their own");
    }

    static Stream<Arguments> graphs() {
        return Stream.of(
                unary("Sigmoid"), unary("Tanh"), unary("Exp"), unary("Relu"), unary("Neg"), unary("Identity"),
                unary("Softmax"), unary("LogSoftmax"), positive("Log"), positive("Sqrt"), positive("Reciprocal"),
                graph("Cast", g(17).input("X", ANY, 4).node("Cast", "Y", List.of("X"),
                        Attributes.of("to", DataType.DOUBLE.getNumber())).output("Y", ANY, 4), "X"),
                binary("Add"), binary("Sub"), binary("Mul"), binary("Div"),
                binaryWithBatch("Add"), binaryWithBatch("Mul"),
                graph("broadcast against a column and a number", g(17).input("A", 3, 1).input("B", 2, 3, 4).weight("c", 1)
                        .node("Mul", "ab", "A", "B").node("Add", "Y", "ab", "c").output("Y", 2, 3, 4), "A,B,c"),
                graph("square of one value", g(17).input("X", 3, 4).node("Mul", "Y", "X", "X").output("Y", 3, 4), "X"),
                graph("value read three times", g(17).input("X", 3, 4).node("Sigmoid", "s", "X").node("Mul", "a", "X", "s")
                        .node("Add", "Y", "a", "s").output("Y", 3, 4), "X"),
                graph("Pow", g(17).input("X", 3, 4).scalar("p", 3).node("Pow", "Y", "X", "p").output("Y", 3, 4), "X"),
                graph("MatMul", g(17).input("X", 3, 4).weight("W", 4, 5).node("MatMul", "Y", "X", "W").output("Y", 3, 5), "X,W"),
                graph("MatMul of rows", g(17).input("X", 2, ANY, 4).weight("W", 4, 5).node("MatMul", "Y", "X", "W")
                        .output("Y", 2, ANY, 5), "X,W"),
                graph("MatMul of batches, broadcast", g(17).input("A", 2, 1, 3, 4).input("B", 5, 4, 2)
                        .node("MatMul", "Y", "A", "B").output("Y", 2, 5, 3, 2), "A,B"),
                gemm(0, 0), gemm(0, 1), gemm(1, 0), gemm(1, 1),
                shaped("Reshape", g(17).input("X", 2, 6).integers("shape", 0, -1, 3).node("Reshape", "r", "X", "shape")),
                shaped("Flatten", g(17).input("X", 2, 3, 4).node("Flatten", "r", "X")),
                shaped("Transpose", g(17).input("X", 2, 3, 4).node("Transpose", "r", List.of("X"),
                        Attributes.of("perm", List.of(1L, 2L, 0L)))),
                shaped("Transpose without permutation", g(17).input("X", 2, 3).node("Transpose", "r", "X")),
                shaped("Unsqueeze", g(17).input("X", 2, 3).integers("axes", 1).node("Unsqueeze", "r", "X", "axes")),
                shaped("Squeeze", g(17).input("X", 2, 1, 3).integers("axes", 1).node("Squeeze", "r", "X", "axes")),
                shaped("Squeeze, axes an attribute", g(12).input("X", 2, 1, 3).node("Squeeze", "r", List.of("X"),
                        Attributes.of("axes", List.of(1L)))),
                shaped("Concat", g(17).input("X", 2, 3).weight("W", 4, 3).node("Concat", "r", List.of("X", "W"),
                        Attributes.of("axis", 0))),
                shaped("Split", g(17).input("X", 2, 6).node("Split", List.of("a", "b"), List.of("X"), Attributes.of("axis", 1))
                        .node("Exp", "r", "b")),
                shaped("Slice from the end", g(17).input("X", 2, ANY, 6).integers("from", -4, 1).integers("to", 100, 2)
                        .integers("axes", -1, 0).node("Slice", "r", "X", "from", "to", "axes")),
                shaped("Slice of the first axis", g(13).input("X", 5, 2).integers("from", 1).integers("to", 4)
                        .node("Slice", "r", "X", "from", "to")),
                shaped("Expand", g(17).input("X", 3, 1).integers("shape", 2, 1, 4).node("Expand", "r", "X", "shape")),
                graph("Where", g(17).input("X", 3, 4).weight("W", 4).scalar("zero", 0).node("Greater", "c", "X", "zero")
                        .node("Where", "Y", "c", "X", "W").output("Y", 3, 4), "X,W"),
                shaped("ReduceSum", g(17).input("X", 2, 3, 4).integers("axes", 1).node("ReduceSum", "r", List.of("X", "axes"),
                        Attributes.of("keepdims", 0))),
                shaped("ReduceMean, axes an attribute", g(17).input("X", 2, 3, 4).node("ReduceMean", "r", List.of("X"),
                        Attributes.of("axes", List.of(-1L)), Attributes.of("keepdims", 0))),
                shaped("ReduceMean, axes an input", g(18).input("X", 2, 3, 4).integers("axes", 0, 2)
                        .node("ReduceMean", "r", "X", "axes")),
                shaped("ReduceSum, axes in a node's short form", g(17).input("X", 2, 3, 4)
                        .node("Constant", "axes", List.of(), Attributes.of("value_ints", List.of(2L, 0L)))
                        .node("ReduceSum", "r", "X", "axes")),
                graph("ReduceMean of all", g(17).input("X", ANY, 4).node("Exp", "e", "X").node("ReduceMean", "loss", List.of("e"),
                        Attributes.of("keepdims", 0)).output("loss"), "X"),
                graph("Gather", g(17).indices("i", 2, 5).weight("W", CLASSES, 3).node("Gather", "Y", "W", "i")
                        .output("Y", 2, 5, 3), "W"),
                graph("Gather by int32, from the end", g(17).indices("i", 5).weight("W", CLASSES, 3)
                        .node("Neg", "back", "i").node("Cast", "places", List.of("back"), Attributes.of("to",
                                DataType.INT32.getNumber())).node("Gather", "Y", "W", "places").output("Y", 5, 3), "W"),
                loss("SoftmaxCrossEntropyLoss", "mean"), loss("SoftmaxCrossEntropyLoss", "sum"),
                loss("SoftmaxCrossEntropyLoss", "none"), loss("NegativeLogLikelihoodLoss", "mean"),
                graph("SoftmaxCrossEntropyLoss, labels ignored, two axes", g(17).input("X", 3, CLASSES, 2).indices("t", 3, 2)
                        .node("SoftmaxCrossEntropyLoss", "loss", List.of("X", "t"), Attributes.of("ignore_index", 1))
                        .output("loss"), "X"),
                graph("SimplifiedLayerNormalization", g(17).input("X", 2, ANY, 8).weight("s", 8)
                        .node("SimplifiedLayerNormalization", "Y", List.of("X", "s"), Attributes.of("axis", -1),
                                Attributes.of("epsilon", 1e-3f)).output("Y", 2, ANY, 8), "X,s"),
                graph("RMSNormalization over two axes", g(23).input("X", 3, 2, 4).weight("s", 2, 4)
                        .node("RMSNormalization", "Y", List.of("X", "s"), Attributes.of("axis", 1)).output("Y", 3, 2, 4), "X,s"),
                graph("RMS normalization in parts", g(17).input("X", 2, ANY, 8).weight("s", 8).scalar("two", 2)
                        .scalar("epsilon", 1e-3f).node("Pow", "square", "X", "two")
                        .node("ReduceMean", "mean", List.of("square"), Attributes.of("axes", List.of(-1L)))
                        .node("Add", "shifted", "mean", "epsilon").node("Sqrt", "root", "shifted")
                        .node("Reciprocal", "r", "root").node("Mul", "normal", "X", "r").node("Mul", "Y", "normal", "s")
                        .output("Y", 2, ANY, 8), "X,s"));
    }

    private static ModelBuilder g(long opset) {
        return new ModelBuilder(DataType.DOUBLE, opset);
    }

    private static Arguments graph(String name, ModelBuilder graph, String wrt) {
        return Arguments.of(name, graph, wrt);
    }

    private static Arguments unary(String op) {
        return graph(op, g(17).input("X", ANY, 4).node(op, "Y", "X").output("Y", ANY, 4), "X");
    }

    /** Of e^X, so that the operator is defined. */
    private static Arguments positive(String op) {
        return graph(op, g(17).input("X", ANY, 4).node("Exp", "e", "X").node(op, "Y", "e").output("Y", ANY, 4), "X");
    }

    private static Arguments binary(String op) {
        return graph(op + " of a row", g(17).input("A", 3, 4).input("b", 4).node(op, "Y", "A", "b").output("Y", 3, 4), "A,b");
    }

    /** Shapes that say too little: which axes are summed over is decided when the graph runs. */
    private static Arguments binaryWithBatch(String op) {
        return graph(op + " decided at run time", g(17).input("A", ANY, 1).input("B", 3, 4).node(op, "Y", "A", "B")
                .output("Y", 3, 4), "A,B");
    }

    private static Arguments gemm(int transA, int transB) {
        return graph("Gemm " + transA + transB, g(17).input("A", transA == 0 ? new long[] {3, 4} : new long[] {4, 3})
                .weight("B", transB == 0 ? new long[] {4, 5} : new long[] {5, 4}).weight("C", 5)
                .node("Gemm", "Y", List.of("A", "B", "C"), Attributes.of("transA", transA), Attributes.of("transB", transB),
                        Attributes.of("alpha", 0.5f), Attributes.of("beta", 2f)).output("Y", 3, 5), "A,B,C");
    }

    /** The loss is the sum of the squares of r. */
    private static Arguments shaped(String name, ModelBuilder graph) {
        return graph(name, graph.node("Mul", "square", "r", "r").node("ReduceSum", "loss", List.of("square"),
                Attributes.of("keepdims", 0)).output("loss"), "X");
    }

    private static Arguments loss(String op, String reduction) {
        ModelBuilder graph = g(17).input("X", ANY, CLASSES).indices("t", ANY)
                .node(op, "loss", List.of("X", "t"), Attributes.of("reduction", reduction));
        return graph(op + " " + reduction, reduction.equals("none") ? graph.output("loss", ANY) : graph.output("loss"), "X");
    }
}
