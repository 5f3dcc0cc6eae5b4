package dev.swiglu.generation;

import dev.swiglu.CacheFolder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * Keeps the tokenizer's library, DJL, to this machine: left alone it reports its use on Amazon's servers and downloads another
 * native library where it sees a GPU. The one in its jar is unpacked below our own cache folder. DJL is told all this by system
 * properties, which are as they were afterwards.
 */
final class TokenizerLibrary {
    private static final String OFFLINE = "ai.djl.offline";
    private static final String CACHE = "ENGINE_CACHE_DIR";

    private TokenizerLibrary() {}

    static synchronized <T> T withoutNetwork(Callable<T> use) throws Exception {
        Map<String, String> before = new LinkedHashMap<>();
        try {
            set(OFFLINE, "true", before);
            if (System.getenv(CACHE) == null && System.getProperty(CACHE) == null) {
                CacheFolder.find().ifPresent(folder -> set(CACHE, folder.toString(), before));
            }
            return use.call();
        } finally {
            before.forEach(TokenizerLibrary::restore);
        }
    }

    private static void set(String property, String value, Map<String, String> before) {
        before.put(property, System.setProperty(property, value));
    }

    private static void restore(String property, String value) {
        if (value == null) {
            System.clearProperty(property);
        } else {
            System.setProperty(property, value);
        }
    }
}
