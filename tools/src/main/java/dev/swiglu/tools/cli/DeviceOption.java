package dev.swiglu.tools.cli;

import dev.swiglu.Device;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code --device cpu|cuda|cuda:N}, for every command that runs models. */
public final class DeviceOption {

    @Option(names = "--device", paramLabel = "cpu|cuda[:N]", defaultValue = "cpu", converter = Converter.class,
            description = "Where to run (default: ${DEFAULT-VALUE}).")
    private Device device;

    Device get() {
        return device;
    }

    static final class Converter implements ITypeConverter<Device> {
        @Override
        public Device convert(String text) {
            if (text.equals("cpu")) {
                return Device.cpu();
            }
            if (text.matches("cuda(:\\d{1,3})?")) {
                return Device.cuda(text.equals("cuda") ? 0 : Integer.parseInt(text.substring("cuda:".length())));
            }
            throw new TypeConversionException("'" + text + "' is not cpu, cuda or cuda:N");
        }
    }
}
