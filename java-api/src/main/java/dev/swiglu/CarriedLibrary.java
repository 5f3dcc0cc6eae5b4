package dev.swiglu;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.zip.CRC32;

/**
 * A library's file as a jar carries it. Size and checksum come from the jar's table of contents, so that nothing has to be
 * inflated to know them.
 */
record CarriedLibrary(String fileName, long size, long checksum, Content content) {

    /** Gives the bytes, from the start. */
    @FunctionalInterface
    interface Content {
        InputStream open() throws IOException;
    }

    /** Can be read for as long as {@code jar} is open. */
    static CarriedLibrary in(JarFile jar, JarEntry entry) {
        String name = entry.getName();
        return new CarriedLibrary(name.substring(name.lastIndexOf('/') + 1), entry.getSize(), entry.getCrc(),
                () -> jar.getInputStream(entry));
    }

    static CarriedLibrary of(String fileName, byte[] bytes) {
        CRC32 checksum = new CRC32();
        checksum.update(bytes);
        return new CarriedLibrary(fileName, bytes.length, checksum.getValue(), () -> new ByteArrayInputStream(bytes));
    }
}
