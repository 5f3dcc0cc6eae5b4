package dev.swiglu.operators;

import dev.swiglu.Device;
import dev.swiglu.Gpu;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** Tests whose nodes run on the first GPU. */
@Tag("gpu")
abstract class OnGpu {
    @BeforeAll
    static void runOnTheGpu() {
        OneNode.runOn(Gpu.required(0));
    }

    @AfterAll
    static void runOnTheCpu() {
        OneNode.runOn(Device.cpu());
    }
}
