package dev.swiglu.tools.cli;

import picocli.CommandLine.IVersionProvider;

/** The tool's version, as the build wrote it into the jar's manifest. */
public final class Version implements IVersionProvider {

    public static String current() {
        String built = Version.class.getPackage().getImplementationVersion();
        return built == null ? "development" : built;
    }

    @Override
    public String[] getVersion() {
        return new String[] {"swiglu-ort " + current()};
    }
}
