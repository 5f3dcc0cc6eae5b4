package dev.swiglu;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A place that may hold the cache: a folder's name as it was configured, and where that configuration came from. */
record CacheRoot(String origin, String parent, String name) {
    private static final String FOLDER = "swiglu-ort";

    /** The folders to try, in order. A folder that the user named is the only one. */
    static List<CacheRoot> candidates() {
        String relocated = System.getProperty(SwiGlu.CACHE_DIR);
        if (relocated != null) {
            return List.of(new CacheRoot("-D" + SwiGlu.CACHE_DIR, relocated, ""));
        }
        String xdg = System.getenv("XDG_CACHE_HOME");
        CacheRoot ofUser = xdg == null || xdg.isEmpty()
                ? new CacheRoot("user.home", System.getProperty("user.home"), ".cache/" + FOLDER)
                : new CacheRoot("XDG_CACHE_HOME", xdg, FOLDER);
        return List.of(ofUser, new CacheRoot("java.io.tmpdir", System.getProperty("java.io.tmpdir"), FOLDER + "-" + userNumber()));
    }

    /** The number is in the name because all users share the temporary folder. */
    private static String userNumber() {
        try {
            return Integer.toString(FileOwnership.currentUser());
        } catch (IOException noProcessFileSystem) {
            return "user";
        }
    }

    Path path() throws IOException {
        Path folder = Path.of(parent);
        if (!folder.isAbsolute()) {
            throw new IOException("not an absolute path");
        }
        return folder.resolve(name);
    }

    @Override
    public String toString() {
        return (name.isEmpty() ? parent : parent + "/" + name) + " (" + origin + ")";
    }
}
