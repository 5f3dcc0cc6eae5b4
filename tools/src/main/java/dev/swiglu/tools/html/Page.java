package dev.swiglu.tools.html;

import dev.swiglu.tools.Json;
import java.util.List;

/**
 * A page that stands alone: no script, no font, no picture and no style from elsewhere, which its policy also forbids. The
 * report that it shows is in it as JSON, for programs.
 */
final class Page {
    private static final String HEAD = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <style>
            :root { color-scheme: light dark; --text: #1c2430; --soft: #667085; --line: #d8dee8; --back: #ffffff;
              --original: #8a6d00; --rewritten: #1d5fd0; --bound: #b3261e; --good: #17803d; --bad: #b3261e; }
            @media (prefers-color-scheme: dark) {
              :root { --text: #e6eaf0; --soft: #98a2b3; --line: #344054; --back: #12161d;
                --original: #e3b341; --rewritten: #79b0ff; --bound: #ff8f85; --good: #5fd38a; --bad: #ff8f85; } }
            body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; font: 15px/1.5 system-ui, sans-serif;
              color: var(--text); background: var(--back); }
            h1 { font-size: 1.5rem; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; margin-top: 2rem; }
            .wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .87rem; }
            th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
            td { unicode-bidi: isolate; overflow-wrap: anywhere; }
            th { color: var(--soft); font-weight: 600; } .number { text-align: right; font-variant-numeric: tabular-nums; }
            .soft { color: var(--soft); } .good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; }
            svg { max-width: 100%; height: auto; } svg text { fill: var(--soft); font: 12px system-ui, sans-serif; }
            .grid { stroke: var(--line); }
            .original { stroke: var(--original); fill: var(--original); } .rewritten { stroke: var(--rewritten); fill: var(--rewritten); }
            .bound { stroke: var(--bound); fill: var(--bound); stroke-dasharray: 4 3; }
            .line { fill: none; stroke-width: 1.5; }
            .fused { fill: var(--rewritten); } .activation { fill: var(--original); } .left { fill: var(--line); }
            </style>
            """;

    private Page() {
    }

    static String of(String title, List<Element> body, Object report) {
        StringBuilder page = new StringBuilder(HEAD).append(Element.of("title", title)).append("\n</head>\n<body>\n")
                .append(Element.of("h1", title)).append('\n');
        body.forEach(element -> page.append(element).append('\n'));
        return page.append("<script type=\"application/json\" id=\"report\">")
                .append(Json.of(report).replace("<", "\\u003c")).append("</script>\n</body>\n</html>\n").toString();
    }
}
