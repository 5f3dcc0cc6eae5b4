package dev.swiglu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;

/**
 * Who may change a file. Code is loaded from the cache, so nobody but this user (or root) may be able to put another file
 * in its place.
 */
record FileOwnership(int owner, int mode, boolean isRegularFile) {
    private static final int ROOT = 0;
    private static final int STICKY = 01000;
    private static final int WRITABLE_BY_OTHERS = 0022;

    /** Reads a path itself, not what a symbolic link there points to. */
    static FileOwnership of(Path path) throws IOException {
        Map<String, Object> attributes = Files.readAttributes(path, "unix:uid,mode,isRegularFile", LinkOption.NOFOLLOW_LINKS);
        return new FileOwnership((int) attributes.get("uid"), (int) attributes.get("mode"),
                (boolean) attributes.get("isRegularFile"));
    }

    /** The effective user: the JDK has no getuid, and user names are unknown in containers that run under a bare number. */
    static int currentUser() throws IOException {
        return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    }

    boolean isMine() throws IOException {
        return owner == currentUser();
    }

    boolean isWritableByOthers() {
        return (mode & WRITABLE_BY_OTHERS) != 0;
    }

    /** In a sticky folder such as /tmp, others may add entries but not rename or remove ours. */
    boolean protectsMyEntries() throws IOException {
        boolean trustedOwner = owner == ROOT || isMine();
        return trustedOwner && (!isWritableByOthers() || (mode & STICKY) != 0);
    }
}
