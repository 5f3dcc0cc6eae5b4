package dev.swiglu.tools.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * NVIDIA's driver and the GPUs that it serves.
 *
 * @param driver its version; null when there is no driver
 * @param hardware whether a GPU of NVIDIA's is on the PCI bus, driver or not
 */
public record Nvidia(String driver, boolean hardware, List<Gpu> gpus) {
    private static final List<String> QUERY =
            List.of("nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader");
    private static final Pattern KERNEL_MODULE_VERSION = Pattern.compile("Kernel Module\\D.*?\\s(\\d+(?:\\.\\d+)+)\\s");
    private static final Pattern MODEL = Pattern.compile("(?m)^Model:\\s*(.+?)\\s*$");
    private static final String PCI_VENDOR = "0x10de";
    private static final String PCI_DISPLAY_CLASS = "0x03";

    /** @param memory as the driver words it; null where it does not say */
    public record Gpu(String name, String memory) {}

    public static Nvidia on(Host host) {
        return host.commands().output(QUERY).filter(text -> text.contains(",")).map(Nvidia::parse)
                .orElseGet(() -> fromKernel(host));
    }

    private static Nvidia parse(String csv) {
        List<Gpu> gpus = new ArrayList<>();
        String driver = null;
        for (String line : csv.strip().split("\\R")) {
            String[] fields = line.split(",\\s*");
            gpus.add(new Gpu(fields[0], fields.length > 1 ? fields[1] : null));
            driver = fields.length > 2 ? fields[2] : driver;
        }
        return new Nvidia(driver, true, List.copyOf(gpus));
    }

    /** Containers often have the driver but not its command. */
    private static Nvidia fromKernel(Host host) {
        String driver = host.text("proc/driver/nvidia/version").map(KERNEL_MODULE_VERSION::matcher).filter(Matcher::find)
                .map(found -> found.group(1)).orElse(null);
        List<Gpu> gpus = host.entries("proc/driver/nvidia/gpus").stream()
                .flatMap(gpu -> host.text(host.root().relativize(gpu.resolve("information")).toString()).stream())
                .map(MODEL::matcher).filter(Matcher::find).map(found -> new Gpu(found.group(1), null)).toList();
        return new Nvidia(driver, !gpus.isEmpty() || isOnPciBus(host), gpus);
    }

    private static boolean isOnPciBus(Host host) {
        return host.entries("sys/bus/pci/devices").stream().map(device -> host.root().relativize(device))
                .anyMatch(device -> host.text(device.resolve("vendor").toString()).orElse("").startsWith(PCI_VENDOR)
                        && host.text(device.resolve("class").toString()).orElse("").startsWith(PCI_DISPLAY_CLASS));
    }
}
