package dev.swiglu.tools.verify.exact;

/**
 * The elementwise half of every {@code dev.swiglu} operator in float64:
 *
 * <pre>act(min(gate, limit)) · (clamp(up, −limit, limit) + up_offset)</pre>
 *
 * @param limit infinite where the node has none
 */
public record GatedUnit(Activation activation, double alpha, double limit, double upOffset) {

    public double apply(double gate, double up) {
        double clampedUp = Math.max(Math.min(up, limit), -limit);
        return activation.apply(Math.min(gate, limit), alpha) * (clampedUp + upOffset);
    }
}
