package dev.swiglu.operators;

import java.lang.annotation.Annotation;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The operators on CUDA: the same tests with the same bounds as on the CPU. What has no CUDA kernel (float64) runs beside
 * them on the CPU, with its operands carried there and back.
 */
class CudaConformanceTest extends OnGpu {
    private static final List<Class<?>> TESTS = List.of(OnnxNodeTest.class, SwiGluTest.class, SwiGluGradTest.class,
            FusedSwiGluTest.class, FusedSwiGluGradTest.class, SmallestSizesTest.class, RefusedAtCreationTest.class,
            RefusedAtRunTest.class, RepeatabilityTest.class);

    @TestFactory
    Stream<DynamicTest> conforms() {
        return TESTS.stream().flatMap(test -> methods(test, Test.class).map(
                method -> DynamicTest.dynamicTest(test.getSimpleName() + "." + method.getName(), () -> run(test, method))));
    }

    private static Stream<Method> methods(Class<?> test, Class<? extends Annotation> kind) {
        return Arrays.stream(test.getDeclaredMethods()).filter(method -> method.isAnnotationPresent(kind));
    }

    private static void run(Class<?> test, Method method) throws Throwable {
        Object instance = test.getDeclaredConstructor().newInstance();
        try {
            method.invoke(instance);
        } catch (InvocationTargetException failed) {
            throw failed.getCause();
        } finally {
            for (Method end : methods(test, AfterEach.class).toList()) {
                end.invoke(instance);
            }
        }
    }
}
