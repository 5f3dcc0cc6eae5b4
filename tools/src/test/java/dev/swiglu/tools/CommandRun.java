package dev.swiglu.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.swiglu.tools.cli.Main;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.stream.Stream;

/** A command line that was run in this process, and what came of it. */
public record CommandRun(int exit, String out, String err) {

    public static CommandRun of(Object... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exit = Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err))
                .execute(Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
        return new CommandRun(exit, out.toString(), err.toString());
    }

    /** @param more behind {@code arguments} */
    public static CommandRun of(Stream<Object> arguments, Object... more) {
        return of(Stream.concat(arguments, Stream.of(more)).toArray());
    }

    public CommandRun succeeded() {
        assertEquals(0, exit, err);
        return this;
    }
}
