package dev.swiglu;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/** A model that has not been opened yet. Its {@code toString} is how messages call it. */
sealed interface ModelSource permits ModelSource.File, ModelSource.Bytes {

    OrtSession open(OrtEnvironment environment, OrtSession.SessionOptions options) throws OrtException;

    /** The number of a session of {@link ResidentBridge}. */
    long openResident(ResidentBridge.Settings settings) throws OrtException;

    /** What the model's metadata say; empty where they cannot be read. */
    Map<String, String> metadata();

    /** The types of the operators in its graph; empty where they cannot be read. */
    Set<String> operatorTypes();

    /** Session configuration entries without which the model cannot be opened. */
    Map<String, String> configEntries();

    record File(Path path) implements ModelSource {
        @Override
        public OrtSession open(OrtEnvironment environment, OrtSession.SessionOptions options) throws OrtException {
            requireFile();
            return environment.createSession(path.toString(), options);
        }

        @Override
        public long openResident(ResidentBridge.Settings settings) throws OrtException {
            requireFile();
            return ResidentBridge.open(path.toString(), null, settings);
        }

        private void requireFile() {
            if (!Files.isRegularFile(path)) {
                String sentence = Files.exists(path) ? path + " is not a file." : "There is no model at " + path + ".";
                throw new UncheckedIOException(sentence, new NoSuchFileException(path.toString()));
            }
        }

        static ByteBuffer map(Path path) throws IOException {
            try (FileChannel channel = FileChannel.open(path)) {
                if (channel.size() > Integer.MAX_VALUE) {
                    throw new IOException(path + " is larger than 2 GiB, which no ONNX protobuf can be.");
                }
                return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
            }
        }

        @Override
        public Map<String, String> metadata() {
            try {
                return ModelMetadata.of(map(path));
            } catch (IOException unreadable) {
                return Map.of();
            }
        }

        @Override
        public Set<String> operatorTypes() {
            try {
                return ModelOperators.of(map(path));
            } catch (IOException unreadable) {
                return Set.of();
            }
        }

        @Override
        public Map<String, String> configEntries() {
            return Map.of();
        }

        @Override
        public String toString() {
            return path.toString();
        }
    }

    /** @param model direct memory, which is what ONNX Runtime accepts */
    record Bytes(ByteBuffer model, Path externalDataFolder) implements ModelSource {
        private static final String EXTERNAL_DATA_FOLDER = "session.model_external_initializers_file_folder_path";

        static Bytes of(ByteBuffer model, Path externalDataFolder) {
            ByteBuffer bytes = model.duplicate();
            if (!bytes.isDirect()) {
                bytes = ByteBuffer.allocateDirect(model.remaining()).put(bytes).flip();
            }
            return new Bytes(bytes.asReadOnlyBuffer(), externalDataFolder.toAbsolutePath());
        }

        @Override
        public OrtSession open(OrtEnvironment environment, OrtSession.SessionOptions options) throws OrtException {
            return environment.createSession(model.duplicate(), options);
        }

        @Override
        public long openResident(ResidentBridge.Settings settings) throws OrtException {
            return ResidentBridge.open(null, model.slice(), settings);
        }

        @Override
        public Map<String, String> metadata() {
            return ModelMetadata.of(model);
        }

        @Override
        public Set<String> operatorTypes() {
            return ModelOperators.of(model);
        }

        @Override
        public Map<String, String> configEntries() {
            return Map.of(EXTERNAL_DATA_FOLDER, externalDataFolder.toString());
        }

        @Override
        public String toString() {
            return "the model in memory (" + model.remaining() + " bytes)";
        }
    }
}
