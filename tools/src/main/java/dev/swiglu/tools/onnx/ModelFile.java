package dev.swiglu.tools.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import dev.swiglu.IoReason;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.check.MemoryCheck;
import dev.swiglu.tools.onnx.check.ModelCheck;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A model as it lies on disk, parsed without copying its weights: the file is mapped and every {@code bytes} field of
 * the protobuf aliases the mapping, so a gigabyte of inline weights costs no heap. What {@link #read} answers has passed
 * every {@link ModelCheck}.
 */
public record ModelFile(Path path, ModelProto proto, ByteString bytes) {
    private static final int TEXT_SAMPLE = 64;

    public static ModelFile read(Path path) {
        if (!Files.exists(path)) {
            throw new ToolException(ExitCode.IO, path + " does not exist.");
        }
        if (Files.isDirectory(path)) {
            throw new ToolException(ExitCode.IO, path + " is a folder; name the .onnx file in it.");
        }
        if (!Files.isRegularFile(path)) {
            throw new ToolException(ExitCode.IO, path + " is not a regular file.");
        }
        ByteString bytes = map(path);
        ModelProto proto = parse(path, bytes);
        ModelCheck.all(proto, path);
        return new ModelFile(path, proto, bytes);
    }

    /** The folder that external data locations are relative to. */
    public Path folder() {
        return path.toAbsolutePath().getParent();
    }

    public String sha256() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            bytes.asReadOnlyByteBufferList().forEach(digest::update);
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static ByteString map(Path path) {
        try (FileChannel channel = FileChannel.open(path)) {
            if (channel.size() > Integer.MAX_VALUE) {
                throw new ToolException(ExitCode.REFUSED,
                        path + " is larger than 2 GiB, which no ONNX protobuf can be.");
            }
            return UnsafeByteOperations.unsafeWrap(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()));
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, path + " cannot be read: " + IoReason.withoutFile(e) + ".", e);
        }
    }

    private static ModelProto parse(Path path, ByteString bytes) {
        try {
            MemoryCheck.check(bytes, path);
            CodedInputStream input = bytes.newCodedInput();
            input.enableAliasing(true);
            ModelProto model = ModelProto.parseFrom(input);
            if (!model.hasGraph()) {
                throw new ToolException(ExitCode.REFUSED, path + " is not an ONNX model: it holds no graph.");
            }
            return model;
        } catch (InvalidProtocolBufferException e) {
            throw new ToolException(ExitCode.REFUSED, path
                    + (isText(bytes) ? " is not an ONNX model." : " is cut off or not an ONNX model."), e);
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, path + " cannot be read: " + IoReason.withoutFile(e) + ".", e);
        }
    }

    /** The first field of a model, its IR version, starts with a control character that no text has. */
    private static boolean isText(ByteString bytes) {
        for (int i = 0; i < Math.min(bytes.size(), TEXT_SAMPLE); i++) {
            if (Character.isISOControl(bytes.byteAt(i)) && !Character.isWhitespace(bytes.byteAt(i))) {
                return false;
            }
        }
        return true;
    }
}
