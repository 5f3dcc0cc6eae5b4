package dev.swiglu.tools.gradient;

import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.onnx.GraphIndex;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.onnx.Scope;
import dev.swiglu.tools.onnx.ValueTypes;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which output is differentiated and with respect to what. Left to itself, that is every weight on which the output depends: an
 * initializer of a floating-point type with more than one element, since what has one is an epsilon or an exponent as a rule.
 */
record Selection(String of, List<String> wrt) {
    private static final String LOSS = "loss";

    static Selection of(ModelFile source, GraphIndex index, GradientRequest request) {
        Scope main = index.main();
        String of = request.of().map(name -> requireOutput(main, name)).orElseGet(() -> onlyOutput(source, main));
        Set<String> influences = Differentiation.influences(main, List.of(of));
        if (request.wrt().isEmpty()) {
            List<Pattern> frozen = request.frozen().stream().map(name -> frozen(main, name)).toList();
            List<String> weights = main.graph().getInitializerList().stream().filter(Selection::isTrainable)
                    .map(TensorProto::getName).filter(influences::contains)
                    .filter(name -> frozen.stream().noneMatch(pattern -> pattern.matcher(name).matches())).toList();
            if (weights.isEmpty()) {
                throw new ToolException(ExitCode.NOTHING_TO_REWRITE, "No weight of " + source.path() + " influences '" + of
                        + "'; name inputs or initializers with --wrt.");
            }
            return new Selection(of, weights);
        }
        List<String> wanted = request.wrt().stream().distinct().toList();
        wanted.forEach(name -> requireDifferentiable(index, main, name, of, influences, request));
        return new Selection(of, wanted);
    }

    /** The initializers among what is differentiated. */
    List<TensorProto> weights(Scope main) {
        return wrt.stream().flatMap(name -> main.initializer(name).stream()).toList();
    }

    ElementType element(ValueTypes types, Scope main, String value) {
        ElementType element = types.of(main, value).element();
        if (!element.isComputable()) {
            throw usage("'" + value + "' is " + element.label() + "; gradients are of floating-point values");
        }
        return element;
    }

    private static boolean isTrainable(TensorProto tensor) {
        return ElementType.of(tensor.getDataType()).isComputable()
                && tensor.getDimsList().stream().anyMatch(size -> size != 1);
    }

    private static Pattern frozen(Scope main, String names) {
        Pattern pattern = Pattern.compile(Pattern.quote(names).replace("*", "\\E.*\\Q"));
        if (main.graph().getInitializerList().stream().noneMatch(tensor -> pattern.matcher(tensor.getName()).matches())) {
            throw usage("--freeze " + names + " means no initializer of the model");
        }
        return pattern;
    }

    private static String requireOutput(Scope main, String name) {
        List<String> outputs = outputs(main);
        if (!outputs.contains(name)) {
            throw usage("--of " + name + " is no output of the model; it has " + String.join(", ", outputs));
        }
        return name;
    }

    private static String onlyOutput(ModelFile source, Scope main) {
        List<String> outputs = outputs(main);
        if (outputs.size() == 1 || outputs.contains(LOSS)) {
            return outputs.size() == 1 ? outputs.get(0) : LOSS;
        }
        throw usage(source.path() + " has the outputs " + String.join(", ", outputs) + "; say which one with --of");
    }

    private static void requireDifferentiable(GraphIndex index, Scope main, String name, String of, Set<String> influences,
            GradientRequest request) {
        boolean initializer = main.initializer(name).isPresent();
        if (!initializer && main.input(name).isEmpty()) {
            throw usage("--wrt " + name + " is neither an input nor an initializer of the model");
        }
        if (request.optimizer().isPresent() && !initializer) {
            throw usage("--wrt " + name + " is an input, and an optimizer changes weights, which are initializers");
        }
        ElementType element = main.initializer(name).map(tensor -> ElementType.of(tensor.getDataType()))
                .orElseGet(() -> ElementType.of(main.input(name).orElseThrow().getType().getTensorType().getElemType()));
        if (!element.isComputable()) {
            throw usage("--wrt " + name + " is " + element.label() + "; gradients are of floating-point values");
        }
        if (!influences.contains(name)) {
            throw usage("'" + of + "' does not depend on " + name + " in a differentiable way");
        }
    }

    private static List<String> outputs(Scope main) {
        return main.graph().getOutputList().stream().map(ValueInfoProto::getName).toList();
    }

    private static ToolException usage(String clause) {
        return new ToolException(ExitCode.USAGE, clause + ".");
    }
}
