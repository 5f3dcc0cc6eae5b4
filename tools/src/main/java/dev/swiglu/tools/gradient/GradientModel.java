package dev.swiglu.tools.gradient;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.swiglu.SessionBuilder;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.Json;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.onnx.GraphIndex;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.onnx.Scope;
import dev.swiglu.tools.onnx.Shape;
import dev.swiglu.tools.onnx.ValueTypes;
import dev.swiglu.tools.portable.CarriedFunctions;
import dev.swiglu.tools.portable.GraphWriter;
import dev.swiglu.tools.rewrite.rule.Replacement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A forward model, and in the same graph the gradients of one of its outputs, or the training step that they make possible. */
public final class GradientModel {
    private static final long OLDEST_OPSET = 11;

    private final ModelFile source;
    private final GradientRequest request;
    private final Scope main;
    private final GraphIndex index;
    private final ValueTypes types;
    private final GraphWriter write;
    private final GraphProto.Builder graph;
    private final List<String> notes = new ArrayList<>();

    private final Selection selection;
    private String seedInput;
    private Training training;
    private final List<GradientReport.Gradient> gradients = new ArrayList<>();
    private final ModelProto result;

    private GradientModel(ModelFile source, GradientRequest request, String toolVersion) {
        this.source = source;
        this.request = request;
        this.index = GraphIndex.of(source.proto(), source.path());
        this.types = ValueTypes.of(index);
        this.main = index.main();
        if (index.opset("") < OLDEST_OPSET) {
            throw new ToolException(ExitCode.REFUSED, source.path() + " uses opset " + index.opset("")
                    + "; gradients need opset " + OLDEST_OPSET + " or newer. Convert the model first.");
        }
        if (!main.isSorted()) {
            throw new ToolException(ExitCode.REFUSED, source.path() + " has nodes before those whose values they read;"
                    + " gradients need them in order. Sort the graph first.");
        }
        this.selection = Selection.of(source, index, request);
        this.write = new GraphWriter(index.opset(""), main.graph());
        this.graph = main.graph().toBuilder().clearNode();
        this.result = build(toolVersion);
    }

    public static GradientModel of(ModelFile source, GradientRequest request, String toolVersion) {
        return new GradientModel(source, request, toolVersion);
    }

    public ModelProto result() {
        return result;
    }

    /** @param output the file written */
    public GradientReport report(String output) {
        return new GradientReport(GradientReport.SCHEMA, source.path().toString(), output, selection.of(), seedInput,
                request.weightsAsInputs() ? "inputs" : "initializers", gradients, training,
                new GradientReport.Nodes(main.graph().getNodeCount(), graph.getNodeCount()), notes);
    }

    private ModelProto build(String toolVersion) {
        Differentiation walk = new Differentiation(index, types, write, selection.wrt(), request.recompute());
        write.at("grad");
        String lossScale = request.lossScale() ? Values.addInput(graph, write.unique("loss_scale"), ElementType.FLOAT32) : null;
        walk.run(selection.of(), seed(lossScale));

        Map<String, String> found = new LinkedHashMap<>();
        selection.wrt().forEach(name -> found.put(name, walk.gradient(name).orElseThrow()));
        InitialState initial = request.weightsAsInputs() ? exposeWeights() : null;
        if (request.optimizer().isPresent()) {
            appendStep(found, initial, lossScale);
        } else {
            found.forEach(this::giveGradient);
        }
        graph.addAllNode(walk.forward().stream().map(GradientModel::withoutProvenance).toList()).addAllNode(write.nodes());
        return assembled(initial, toolVersion);
    }

    /** The gradient of the differentiated output: 1, the loss scale, or for what is no scalar an input. */
    private String seed(String lossScale) {
        String of = selection.of();
        Shape shape = types.of(main, of).shape();
        ElementType element = selection.element(types, main, of);
        boolean one = shape.isRankKnown() && shape.sizes().stream().allMatch("1"::equals);
        if (!one && request.optimizer().isPresent()) {
            throw new ToolException(ExitCode.REFUSED, "'" + of + "' has shape " + shape
                    + "; a training step needs a loss that is one number.");
        }
        if (!one) {
            seedInput = write.unique("grad_" + of);
            graph.addInput(Values.like(shape, seedInput, element));
            return seedInput;
        }
        String scalar = lossScale == null ? write.scalar(element, 1)
                : element == ElementType.FLOAT32 ? lossScale : write.cast(lossScale, element);
        return shape.rank() == 0 ? scalar : write.add("Expand", scalar, write.shape(of));
    }

    /** Makes inputs of the weights that are differentiated. */
    private InitialState exposeWeights() {
        InitialState initial = new InitialState();
        Set<String> weights = new HashSet<>();
        selection.weights(main).forEach(weight -> {
            weights.add(weight.getName());
            initial.weight(weight);
            if (main.input(weight.getName()).isEmpty()) {
                graph.addInput(Values.like(weight, weight.getName(), ElementType.of(weight.getDataType())));
            }
        });
        List<TensorProto> kept = graph.getInitializerList().stream().filter(t -> !weights.contains(t.getName())).toList();
        graph.clearInitializer().addAllInitializer(kept);
        return initial;
    }

    private void appendStep(Map<String, String> found, InitialState initial, String lossScale) {
        List<TrainingStep.Slope> slopes = new ArrayList<>();
        for (TensorProto weight : selection.weights(main)) {
            slopes.add(new TrainingStep.Slope(weight, found.get(weight.getName())));
            gradients.add(described(weight.getName(), null));
        }
        List<String> batch = main.graph().getInputList().stream().map(input -> input.getName())
                .filter(name -> main.initializer(name).isEmpty()).toList();
        training = new TrainingStep(write, graph, request.optimizer().orElseThrow(), initial, lossScale)
                .append(slopes, selection.of(), batch);
    }

    private void giveGradient(String name, String gradient) {
        String output = write.unique("grad:" + name);
        write.name(gradient, output);
        graph.addOutput(Values.like(types.of(main, name).shape(), output, types.of(main, name).element()));
        gradients.add(described(name, output));
    }

    private GradientReport.Gradient described(String name, String output) {
        ValueTypes.ValueType type = types.of(main, name);
        return new GradientReport.Gradient(name, main.initializer(name).isPresent() ? "initializer" : "input",
                type.element().label(), type.shape().toString(), output);
    }

    private ModelProto assembled(InitialState initial, String toolVersion) {
        ModelProto.Builder model = source.proto().toBuilder().clearMetadataProps().setGraph(graph);
        for (StringStringEntryProto entry : source.proto().getMetadataPropsList()) {
            // with weights that change, ONNX Runtime's MatMul has nothing packed
            boolean stays = !entry.getKey().startsWith("dev.swiglu.")
                    || entry.getKey().equals(SessionBuilder.CPU_FUSION) && initial == null;
            if (stays) {
                model.addMetadataProps(entry);
            }
        }
        CarriedFunctions.put(model, uses(), write.opset(), notes);
        if (index.opset(Replacement.DOMAIN) == 0 && graph.getNodeList().stream()
                .anyMatch(node -> node.getDomain().equals(Replacement.DOMAIN))) {
            model.addOpsetImport(OperatorSetIdProto.newBuilder().setDomain(Replacement.DOMAIN)
                    .setVersion(Replacement.DOMAIN_VERSION));
        }
        model.addMetadataProps(entry("dev.swiglu.tool", "swiglu-ort " + toolVersion));
        if (training != null) {
            model.addMetadataProps(entry(Training.KEY, Json.of(training)));
        }
        if (initial != null) {
            model.clearTrainingInfo().addTrainingInfo(initial.trainingInfo());
        }
        return model.build();
    }

    /** The nodes of the new graph, and those of the bodies and functions that it has from the source. */
    private List<CarriedFunctions.Use> uses() {
        return index.scopes().stream().flatMap(scope -> (scope == main ? graph.getNodeList() : scope.graph().getNodeList()).stream()
                .map(node -> new CarriedFunctions.Use(node, value -> types.of(scope, value).element()))).toList();
    }

    /** What {@code restore} would read no longer fits: the graph is another. */
    private static NodeProto withoutProvenance(NodeProto node) {
        NodeProto.Builder result = node.toBuilder().clearMetadataProps();
        node.getMetadataPropsList().stream().filter(entry -> !entry.getKey().startsWith("dev.swiglu."))
                .forEach(result::addMetadataProps);
        return result.build();
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }
}
