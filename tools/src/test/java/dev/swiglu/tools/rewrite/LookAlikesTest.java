package dev.swiglu.tools.rewrite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.rewrite.rule.Action;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Graphs that look like a gated MLP and are not, or are not one that can be taken whole. Whatever a rewrite does with one, no
 * output changes; it does no more than the second column allows, and gives a reason for what it leaves.
 *
 * <p>X4x8 is an input, W8x16 a weight, D8x16 a weight that is an input, too, D0.5 such a number, n0_16 the integers [0, 16]; a
 * letter behind tells two of a kind apart. Where a row does not say what they are, g, u and the wider p are projections of
 * X4x8, and Y is silu(g) · u. What nobody reads is an output.
 */
class LookAlikesTest {
    private static final Pattern OPERAND =
            Pattern.compile("\\b(?:([XWD])(\\d+(?:x\\d+)*)[a-z]?|(D\\d+\\.\\d+)|(n-?\\d+(?:_-?\\d+)*))(?![\\w.])");

    @ParameterizedTest(name = "{0} is an output")
    @CsvSource({"g, ACTIVATION", "u, ACTIVATION", "s, LEFT", "a, LEFT"})
    void isAnOutput(String value, Action atMost) {
        check(atMost, graph("s = Sigmoid(g); a = Mul(g, s); Y = Mul(a, u)").output(value));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
        gate, by another node           | ACTIVATION | Z = Neg(g)
        up, by another node             | ACTIVATION | Z = Neg(u)
        gate without its bias           | ACTIVATION | p = MatMul(X4x8, W8x16g); g = Add(p, W16); Z = Neg(p)
        sigmoid                         | LEFT       | s = Sigmoid(g); Y = Mul(Mul(g, s), u); Z = Neg(s)
        activated gate                  | LEFT       | a = Mul(g, Sigmoid(g)); Y = Mul(a, u); Z = Neg(a)
        activated gate, by two products | LEFT       | a = Mul(g, Sigmoid(g)); Y = Mul(a, u); Z = Mul(MatMul(X4x8, W8x16v), a)
        gate, by two activations        | ACTIVATION | Z = Mul(Mul(g, Sigmoid(g)), MatMul(X4x8, W8x16v))
        activated gate, squared         | LEFT       | a = Mul(g, Sigmoid(g)); Y = Mul(a, a)
        sigmoid, which is up            | LEFT       | s = Sigmoid(g); Y = Mul(Mul(g, s), s)
        activated gate, which up is of  | LEFT       | a = Mul(g, Sigmoid(g)); Y = Mul(a, Neg(a))
        gate, which is up               | ACTIVATION | Y = Mul(Mul(g, Sigmoid(g)), g)
        shifted gate, which is up       | ACTIVATION | g = Add(MatMul(X4x8, W8x16), 0.5); Y = Mul(Mul(g, Sigmoid(g)), g)
        clamped gate, which is up       | ACTIVATION | c = Clip(g, -1, 1); Y = Mul(Mul(c, Sigmoid(c)), c)
        gate, which is up but clamped   | ACTIVATION | Y = Mul(Mul(g, Sigmoid(g)), Clip(g, -1, 1))
        the factor 1 + erf  | ACTIVATION | e = Add(1, Erf(Div(g, 1.4142135))); Y = Mul(Mul(Mul(g, 0.5), e), u); Z = Neg(e)
        packed projection               | ACTIVATION | g u = Split[axis=-1](p, n16_16); Z = Neg(p)
        one half                        | ACTIVATION | g u = Split[axis=-1](p, n16_16); Z = Neg(g)
        """)
    void isReadTwice(String what, Action atMost, String nodes) {
        check(atMost, graph(nodes));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
        gate captured                 | ACTIVATION | t = Neg(g)                     | Y = Mul(Mul(g, Sigmoid(g)), u)
        activated gate captured       | LEFT       | t = Neg(a)                     | a = Mul(g, Sigmoid(g)); Y = Mul(a, u)
        sigmoid captured              | LEFT       | t = Neg(s)                     | s = Sigmoid(g); Y = Mul(Mul(g, s), u)
        packed projection captured    | ACTIVATION | t = Neg(p)                     | g u = Split[axis=-1](p, n16_16); \
            Y = Mul(Mul(g, Sigmoid(g)), u)
        projected outside of the body | ACTIVATION | t = Mul(Mul(g, Sigmoid(g)), u) | Y = Neg(X4x8)
        up projected outside          | ACTIVATION | g = MatMul(X4x8, W8x16g); t = Mul(Mul(g, Sigmoid(g)), u) \
            | Y = Neg(X4x8); u = MatMul(X4x8, W8x16u)
        activated outside             | LEFT       | t = Mul(a, u)                  | a = Mul(g, Sigmoid(g))
        sigmoid outside               | LEFT       | t = Mul(Mul(g, s), u)          | s = Sigmoid(g)
        split outside                 | ACTIVATION | t = Mul(Mul(g, Sigmoid(g)), u) | g u = Split[axis=-1](p, n16_16)
        read in the body, and outside | ACTIVATION | t = Mul(Mul(g, Sigmoid(g)), u) | Y = Mul(Mul(g, Sigmoid(g)), u)
        """)
    void standsInTwoGraphs(String what, Action atMost, String body, String nodes) {
        ModelBuilder graph = operands(with("gup", nodes, body), body).flag("c").nodes(with("gup", nodes, body));
        graph.branch("Z", "c", new ModelBuilder().nodes(body).output("t"), new ModelBuilder().nodes("e = Neg(X4x8)").output("e"));
        check(atMost, graph.output("Z").output(nodes.contains("Y =") ? "Y" : "u"));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
        two inputs                      | ACTIVATION | u = MatMul(X4x8z, W8x16u)
        X and -X                        | ACTIVATION | u = MatMul(Neg(X4x8), W8x16u)
        X and a normalized X            | ACTIVATION | u = MatMul(LayerNormalization(X4x8, W8), W8x16u)
        X and its transpose             | ACTIVATION | g = MatMul(X8x8, W8x16g); u = MatMul(Transpose(X8x8), W8x16u)
        X and X rounded to float16      | ACTIVATION | u = MatMul(Cast[to=1](Cast[to=10](X4x8)), W8x16u)
        X and its transpose, reshaped   | ACTIVATION | g = MatMul(Reshape(X2x8, n4_4), W4x16g); \
            u = MatMul(Reshape(Transpose(X2x8), n4_4), W4x16u)
        X and its rows in reverse       | ACTIVATION | u = MatMul(Slice(X4x8, n3, n-5, n0, n-1), W8x16u)
        a sigmoid of a third projection | FUSED      | Y = Mul(Mul(g, Sigmoid(MatMul(X4x8, W8x16h))), u)
        a sigmoid gate for an input     | LEFT       | Y = Mul(Sigmoid(g), X4x16)
        weights on the left             | ACTIVATION | g = MatMul(W16x8g, X8x2); u = MatMul(W16x8u, X8x2)
        """)
    void areNotProjectionsOfOneX(String what, Action atMost, String nodes) {
        check(atMost, graph(nodes));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
        up has one column                | LEFT       | u = MatMul(X4x8, W8x1)
        gate has one column              | LEFT       | g = MatMul(X4x8, W8x1)
        the shared expert's gate         | LEFT       | Y = Mul(Sigmoid(MatMul(X4x8, W8x1)), u)
        up is a constant row             | LEFT       | Y = Mul(Mul(g, Sigmoid(g)), W16)
        up is a number                   | LEFT       | Y = Mul(Mul(g, Sigmoid(g)), 3)
        up has more dimensions           | LEFT       | Y = Mul(Mul(g, Sigmoid(g)), X3x1x16)
        up is one row                    | LEFT       | u = MatMul(X1x8, W8x16u)
        batched weights                  | ACTIVATION | g = MatMul(X3x2x8, W3x8x16g); u = MatMul(X3x2x8, W3x8x16u)
        batched weights, X without batch | ACTIVATION | g = MatMul(X4x8, W3x8x16g); u = MatMul(X4x8, W3x8x16u)
        a batch of one weight            | LEFT       | g = MatMul(X4x8, W1x8x16)
        vectors for weights              | ACTIVATION | g = MatMul(X4x8, W8g); u = MatMul(X4x8, W8u)
        X is a vector                    | FUSED      | g = MatMul(X8, W8x16g); u = MatMul(X8, W8x16u)
        X has four dimensions            | FUSED      | g = MatMul(X2x3x1x8, W8x16g); u = MatMul(X2x3x1x8, W8x16u)
        X has no rows                    | FUSED      | g = MatMul(X0x8, W8x16g); u = MatMul(X0x8, W8x16u)
        """)
    void areNotOfOneShape(String what, Action atMost, String nodes) {
        check(atMost, graph(nodes));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
        Gemm with alpha              | ACTIVATION | g = Gemm[alpha=0.5](X4x8, W8x16g, W16)
        Gemm with beta               | ACTIVATION | g = Gemm[beta=2.0](X4x8, W8x16g, W16)
        Gemm that drops its bias     | FUSED      | g = Gemm[beta=0.0](X4x8, W8x16g, W16)
        Gemm with transA             | ACTIVATION | g = Gemm[transA=1](X8x4, W8x16g); u = Gemm[transA=1](X8x4, W8x16u)
        FusedMatMul with alpha       | ACTIVATION | g = ms.FusedMatMul[alpha=0.5](X4x8, W8x16g)
        FusedMatMul with transA      | ACTIVATION | g = ms.FusedMatMul[transA=1](X8x4, W8x16g); \
            u = ms.FusedMatMul[transA=1](X8x4, W8x16u)
        one weight transposed        | ACTIVATION | u = Gemm[transB=1](X4x8, W16x8)
        transposed twice             | FUSED      | g = Gemm[transB=1](X4x8, Transpose(W8x8g)); u = MatMul(X4x8, W8x8u)
        one square weight transposed | ACTIVATION | g = MatMul(X4x8, Transpose(W8x8g)); u = MatMul(X4x8, W8x8u)
        a computed weight            | ACTIVATION | u = MatMul(X4x8, Mul(W8x16g, 2))
        gate halved before           | ACTIVATION | h = Mul(g, 0.5); Y = Mul(Mul(h, Sigmoid(h)), u)
        up halved                    | ACTIVATION | Y = Mul(Mul(g, Sigmoid(g)), Mul(u, 0.5))
        activated gate halved        | LEFT       | Y = Mul(Mul(Mul(g, Sigmoid(g)), 0.5), u)
        up shifted by a row          | FUSED      | Y = Mul(Mul(g, Sigmoid(g)), Add(u, W16))
        LoRA                         | ACTIVATION | a = Add(g, MatMul(MatMul(X4x8, W8x2), W2x16)); Y = Mul(Mul(a, Sigmoid(a)), u)
        """)
    void areNotPlainProjections(String what, Action atMost, String nodes) {
        check(atMost, graph(nodes));
    }

    /** A bias is one number a column. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
        a matrix                | ACTIVATION | g = Add(MatMul(X4x8, W8x16g), W4x16)
        a column                | ACTIVATION | g = Add(MatMul(X4x8, W8x16g), W4x1)
        a number                | ACTIVATION | g = Add(MatMul(X4x8, W8x16g), 1)
        a vector of one         | ACTIVATION | g = Add(MatMul(X4x8, W8x16g), W1)
        more dimensions         | LEFT       | g = Add(MatMul(X4x8, W8x16g), W1x1x16)
        computed                | ACTIVATION | g = Add(MatMul(X4x8, W8x16g), Neg(W16))
        subtracted              | ACTIVATION | g = Sub(MatMul(X4x8, W8x16g), W16)
        two                     | ACTIVATION | g = Add(Add(MatMul(X4x8, W8x16g), W16a), W16b)
        Gemm's, and another     | ACTIVATION | g = Add(Gemm(X4x8, W8x16g, W16a), W16b)
        Gemm's, a matrix        | ACTIVATION | g = Gemm(X4x8, W8x16g, W4x16)
        Gemm's, a column        | ACTIVATION | g = Gemm(X4x8, W8x16g, W4x1)
        Gemm's, a vector of one | ACTIVATION | g = Gemm(X4x8, W8x16g, W1)
        Gemm's, a number        | ACTIVATION | g = Gemm(X4x8, W8x16g, 1)
        """)
    void doNotAddABias(String what, Action atMost, String nodes) {
        check(atMost, graph(nodes));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
        a sum                           | LEFT       | Y = Add(Mul(g, Sigmoid(g)), u)
        a quotient                      | LEFT       | Y = Div(u, Mul(g, Sigmoid(g)))
        a maximum                       | LEFT       | Y = Max(u, Mul(g, Sigmoid(g)))
        up shifted                      | FUSED      | Y = Mul(Mul(g, Sigmoid(g)), Add(u, 0.5))
        gate and up clamped             | ACTIVATION | c = Clip(g, -1, 0.5); Y = Mul(Mul(c, Sigmoid(c)), Clip(u, -1, 2))
        gate clamped for the sigmoid    | LEFT       | Y = Mul(Mul(g, Sigmoid(Clip(g, , 0.5))), u)
        activated gate clamped          | LEFT       | Y = Mul(Clip(Mul(g, Sigmoid(g)), , 0.5), u)
        sigmoid clamped                 | LEFT       | Y = Mul(Mul(g, Clip(Sigmoid(g), , 0.75)), u)
        activated gate shifted          | LEFT       | Y = Mul(Add(Mul(g, Sigmoid(g)), 1), u)
        sigmoid of -g: Swish, slope -1  | FUSED      | Y = Mul(Mul(g, Sigmoid(Neg(g))), u)
        sigmoid of another              | LEFT       | Y = Mul(Mul(g, Sigmoid(X4x16)), u)
        sigmoid twice                   | LEFT       | Y = Mul(Mul(g, Sigmoid(Sigmoid(g))), u)
        sigmoid rounded to float16      | LEFT       | Y = Mul(Mul(g, Cast[to=1](Cast[to=10](Sigmoid(g)))), u)
        sigmoid of g rounded to float16 | LEFT       | Y = Mul(Mul(g, Sigmoid(Cast[to=1](Cast[to=10](g)))), u)
        gate rounded to float16         | ACTIVATION | h = Cast[to=1](Cast[to=10](g)); Y = Mul(Mul(h, Sigmoid(h)), u)
        tanh                            | LEFT       | Y = Mul(Tanh(g), u)
        softplus                        | LEFT       | Y = Mul(Softplus(g), u)
        softmax                         | LEFT       | Y = Mul(Softmax(g), u)
        ELU                             | LEFT       | Y = Mul(Elu(g), u)
        SELU                            | LEFT       | Y = Mul(Selu(g), u)
        leaky ReLU                      | LEFT       | Y = Mul(LeakyRelu(g), u)
        PReLU                           | LEFT       | Y = Mul(PRelu(g, W16), u)
        hard sigmoid                    | LEFT       | Y = Mul(HardSigmoid(g), u)
        hard Swish                      | LEFT       | Y = Mul(HardSwish(g), u)
        ReLU6                           | LEFT       | Y = Mul(Clip(g, 0, 1), u)
        a ReLU's cube                   | LEFT       | Y = Mul(Pow(Relu(g), 3), u)
        a square without ReLU           | ACTIVATION | Y = Mul(Pow(g, 2), u)
        ReLUs of two                    | ACTIVATION | Y = Mul(Mul(Relu(g), Relu(MatMul(X4x8, W8x16h))), u)
        tanh of softplus of another     | LEFT       | Y = Mul(Mul(g, Tanh(Softplus(X4x16))), u)
        tanh of softplus of 2g          | LEFT       | Y = Mul(Mul(g, Tanh(Softplus(Mul(g, 2)))), u)
        """)
    void areOtherFormulas(String what, Action atMost, String nodes) {
        check(atMost, graph(nodes));
    }

    /** One number is off, or does not have to be what it is. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
        alpha: a row                  | LEFT  | Y = Mul(Mul(g, Sigmoid(Mul(g, W16))), u)
        alpha: of more dimensions     | LEFT  | Y = Mul(Mul(g, Sigmoid(Mul(g, W1x1x1))), u)
        alpha: an input               | LEFT  | Y = Mul(Mul(g, Sigmoid(Mul(g, X1))), u)
        alpha: a default              | LEFT  | Y = Mul(Mul(g, Sigmoid(Mul(g, D1.0))), u)
        exact GELU: 1.5 for 1.4142135 | LEFT  | Y = Mul(Mul(0.5, Mul(g, Add(1, Erf(Div(g, 1.5))))), u)
        exact GELU: 2 for 1           | LEFT  | Y = Mul(Mul(0.5, Mul(g, Add(2, Erf(Div(g, 1.4142135))))), u)
        exact GELU: not halved        | LEFT  | Y = Mul(Mul(g, Add(1, Erf(Div(g, 1.4142135)))), u)
        exact GELU: a half by default | LEFT  | Y = Mul(Mul(D0.5, Mul(g, Add(1, Erf(Div(g, 1.4142135))))), u)
        SiLU by exp: 2 for 1          | LEFT  | Y = Mul(Div(g, Add(2, Exp(Neg(g)))), u)
        squared ReLU: a default       | LEFT  | Y = Mul(Pow(Relu(g), D2.0), u)
        weights that are defaults     | FUSED | g = MatMul(X4x8, D8x16g); u = MatMul(X4x8, D8x16u)
        a bias that is a default      | FUSED | g = Add(MatMul(X4x8, W8x16g), D16)
        a transposed default          | FUSED | g = MatMul(X4x8, Transpose(D16x8g)); u = MatMul(X4x8, Transpose(W16x8u))
        weights that are inputs       | FUSED | g = MatMul(X4x8, X8x16g); u = MatMul(X4x8, X8x16u)
        """)
    void haveOtherNumbers(String what, Action atMost, String nodes) {
        check(atMost, graph(nodes));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
        0.7 for √(2/π)    | 0.5  | 1   | 0.7          | 0.044715 | 3
        0.05 for 0.044715 | 0.5  | 1   | 0.7978845608 | 0.05     | 3
        the square        | 0.5  | 1   | 0.7978845608 | 0.044715 | 2
        not halved        | 1    | 1   | 0.7978845608 | 0.044715 | 3
        0.9 + tanh        | 0.5  | 0.9 | 0.7978845608 | 0.044715 | 3
        power by default  | 0.5  | 1   | 0.7978845608 | 0.044715 | D3.0
        half by default   | D0.5 | 1   | 0.7978845608 | 0.044715 | 3
        """)
    void isNotQuiteTanhGelu(String what, String half, String one, String slope, String cubic, String power) {
        check(Action.LEFT, graph("""
                t = Tanh(Mul(%s, Add(g, Mul(%s, Pow(g, %s))))); Y = Mul(Mul(Mul(%s, g), Add(%s, t)), u)
                """.formatted(slope, cubic, power, half, one).strip()));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
        two of three parts          | ACTIVATION | p = MatMul(X4x8, W8x48); g u r = Split[axis=-1](p, n16_16_16)
        halves of the rows          | ACTIVATION | g u = Split[axis=0](p, n2_2)
        parts that broadcast        | LEFT       | p = MatMul(X4x8, W8x17); g u = Split[axis=-1](p, n16_1)
        overlapping                 | ACTIVATION | g = Slice(p, n0, n16, n1); u = Slice(p, n8, n24, n1)
        with a gap                  | ACTIVATION | p = MatMul(X4x8, W8x40); g = Slice(p, n0, n16, n1); u = Slice(p, n24, n40, n1)
        with a rest                 | ACTIVATION | p = MatMul(X4x8, W8x40); g = Slice(p, n0, n16, n1); u = Slice(p, n16, n32, n1)
        the first half twice        | ACTIVATION | g = Slice(p, n0, n16, n1); u = Slice(p, n-32, n-16, n1)
        the second half in reverse  | ACTIVATION | g = Slice(p, n0, n16, n1); u = Slice(p, n-1, n-17, n1, n-1)
        every third column          | ACTIVATION | p = MatMul(X4x8, W8x48); g = Slice(p, n0, n48, n1, n3); \
            u = Slice(p, n1, n48, n1, n3)
        even columns twice          | ACTIVATION | g = Slice(p, n0, n32, n1, n2); u = Slice(p, n0, n31, n1, n2)
        halves of two projections   | ACTIVATION | g = Slice(p, n0, n16, n1); u = Slice(MatMul(X4x8, W8x32q), n16, n32, n1)
        halves on another axis      | ACTIVATION | p = MatMul(X4x2x8, W8x16); g u = Split[axis=1](p, n1_1)
        columns by Gather, shuffled | ACTIVATION | p = MatMul(X4x8, W8x4); g = Gather[axis=1](p, n0_1); \
            u = Gather[axis=1](p, n3_2)
        """)
    void areNotHalves(String what, Action atMost, String nodes) {
        check(atMost, graph(nodes));
    }

    private static void check(Action atMost, ModelBuilder graph) {
        for (Site site : BeforeAndAfter.check(graph.build())) {
            assertTrue(site.action() == Action.LEFT || site.action() == atMost || atMost == Action.FUSED, site::toString);
            assertEquals(site.action() == Action.FUSED, site.reason() == null, site::toString);
        }
    }

    private static ModelBuilder graph(String row) {
        String nodes = with("gup", row.contains("Y =") ? row : row + "; Y = Mul(Mul(g, Sigmoid(g)), u)", "");
        ModelBuilder graph = operands(nodes, "").nodes(nodes);
        Set<String> unread = new LinkedHashSet<>();
        for (NodeProto node : graph.build().getGraph().getNodeList()) {
            unread.addAll(node.getOutputList());
            node.getInputList().forEach(unread::remove);
        }
        unread.forEach(graph::output);
        return graph;
    }

    /** The nodes, and before them the projections that they or the body read without saying what they are. */
    private static String with(String projections, String nodes, String body) {
        StringBuilder all = new StringBuilder();
        for (String value : projections.split("")) {
            Pattern read = Pattern.compile("[(, ]" + value + "[,)]");
            boolean made = Arrays.stream((nodes + ";" + body).split(";"))
                    .anyMatch(statement -> Arrays.asList(statement.split("=")[0].trim().split(" ")).contains(value));
            if (!made && (read.matcher(nodes).find() || read.matcher(body).find())) {
                String columns = value.equals("p") ? "32" : "16";
                all.append(value).append(" = MatMul(X4x8, W8x").append(columns).append(value).append("); ");
            }
        }
        return all.append(nodes).toString();
    }

    private static ModelBuilder operands(String nodes, String body) {
        ModelBuilder graph = new ModelBuilder();
        Set<String> declared = new LinkedHashSet<>();
        for (MatchResult operand : OPERAND.matcher(nodes + body).results().toList()) {
            if (declared.add(operand.group())) {
                declare(graph, operand);
            }
        }
        return graph;
    }

    private static void declare(ModelBuilder graph, MatchResult operand) {
        String name = operand.group();
        if (operand.group(3) != null) {
            graph.input(name).scalar(name, Float.parseFloat(name.substring(1)));
        } else if (operand.group(4) != null) {
            graph.integers(name, numbers(name.substring(1), "_"));
        } else {
            long[] shape = numbers(operand.group(2), "x");
            if (!operand.group(1).equals("W")) {
                graph.input(name, shape);
            }
            if (!operand.group(1).equals("X")) {
                graph.weight(name, shape);
            }
        }
    }

    private static long[] numbers(String text, String separator) {
        return Arrays.stream(text.split(separator)).mapToLong(Long::parseLong).toArray();
    }
}
