package dev.swiglu.tools.folder;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.swiglu.tools.rewrite.Report;
import java.util.List;

/**
 * What {@code rewrite --report} writes for a folder: the report of each model, and their sum.
 *
 * @param output the folder written; null when none was
 */
public record FolderReport(int schema, String folder, @JsonInclude(JsonInclude.Include.NON_NULL) String output, List<Report> models,
        Report.Counts counts) {
    private static final int SCHEMA = 1;

    public static FolderReport of(String folder, String output, List<Report> models) {
        return new FolderReport(SCHEMA, folder, output, models,
                Report.Counts.of(models.stream().flatMap(model -> model.sites().stream()).toList()));
    }
}
