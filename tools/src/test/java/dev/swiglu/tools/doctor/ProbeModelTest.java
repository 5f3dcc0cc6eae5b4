package dev.swiglu.tools.doctor;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.swiglu.ModelException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ProbeModelTest {

    @Test
    void oneModelNeedsTheLibraryAndTheOtherDoesNot() {
        ProbeModel.identity().withoutOperators().open().close();
        ProbeModel.swiglu().open().close();
        assertThrows(ModelException.class, ProbeModel.swiglu().withoutOperators()::open);
    }

    @Test
    void theLibraryOfThisBuildComputesTheRightValue() {
        assertNull(OperatorLibrary.current(Optional.empty()).problem());
    }
}
