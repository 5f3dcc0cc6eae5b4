package dev.swiglu.tools.cli;

import dev.swiglu.tools.gradient.optimizer.AdamW;
import dev.swiglu.tools.gradient.optimizer.Optimizer;
import dev.swiglu.tools.gradient.optimizer.Sgd;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Which optimizer's step is appended, and its constants. The learning rate is an input of the step. */
final class OptimizerOptions {
    @Option(names = "--optimizer", paramLabel = "NAME",
            description = "Append the step of sgd or adamw: the output is a training step.")
    private Optional<String> name;

    @Option(names = "--momentum", paramLabel = "X", description = "sgd: default 0.")
    private Optional<Double> momentum;

    @Option(names = "--betas", paramLabel = "X", split = ",", description = "adamw: default 0.9,0.999.")
    private List<Double> betas = List.of();

    @Option(names = "--epsilon", paramLabel = "X", description = "adamw: default 1e-8.")
    private Optional<Double> epsilon;

    @Option(names = "--weight-decay", paramLabel = "X", description = "sgd: added to the gradient, default 0; adamw: decoupled,"
            + " default 0.01.")
    private Optional<Double> weightDecay;

    @Option(names = "--loss-scale", description = "Mixed precision: an input loss_scale, by which the gradients are multiplied on"
            + " their way, and an output finite; where it is false, the step changed nothing.")
    private boolean lossScale;

    boolean scalesLoss() {
        return lossScale;
    }

    Optional<Optimizer> optimizer(CommandSpec command) {
        if (name.isEmpty()) {
            refuse(command, lossScale || !betas.isEmpty()
                    || Stream.of(momentum, epsilon, weightDecay).anyMatch(Optional::isPresent),
                    "--loss-scale, --momentum, --betas, --epsilon and --weight-decay belong to a training step;"
                            + " name an --optimizer");
            return Optional.empty();
        }
        try {
            return Optional.of(named(command, name.get()));
        } catch (IllegalArgumentException wrong) {
            throw new ParameterException(command.commandLine(), "--optimizer " + name.get() + ": " + wrong.getMessage());
        }
    }

    private Optimizer named(CommandSpec command, String name) {
        switch (name) {
            case "sgd":
                refuse(command, !betas.isEmpty() || epsilon.isPresent(), "--betas and --epsilon belong to adamw");
                return new Sgd(momentum.orElse(0.0), weightDecay.orElse(0.0));
            case "adamw":
                refuse(command, momentum.isPresent(), "--momentum belongs to sgd; adamw has --betas");
                refuse(command, !betas.isEmpty() && betas.size() != 2, "--betas are two numbers, as in --betas 0.9,0.999");
                return betas.isEmpty() ? adamW(0.9, 0.999) : adamW(betas.get(0), betas.get(1));
            default:
                throw new ParameterException(command.commandLine(),
                        "'" + name + "' is no optimizer; there are sgd and adamw");
        }
    }

    private AdamW adamW(double beta1, double beta2) {
        return new AdamW(beta1, beta2, epsilon.orElse(1e-8), weightDecay.orElse(0.01));
    }

    private static void refuse(CommandSpec command, boolean wrong, String why) {
        if (wrong) {
            throw new ParameterException(command.commandLine(), why);
        }
    }
}
