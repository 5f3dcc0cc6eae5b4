package dev.swiglu.tools.rewrite;

import ai.onnx.proto.OnnxMl.FunctionProto;
import dev.swiglu.tools.onnx.NodeRef;
import dev.swiglu.tools.rewrite.pattern.GatedProduct;
import dev.swiglu.tools.rewrite.pattern.ModelView;
import dev.swiglu.tools.rewrite.pattern.NearMiss;
import dev.swiglu.tools.rewrite.pattern.Result;
import dev.swiglu.tools.rewrite.rule.Action;
import dev.swiglu.tools.rewrite.rule.Rewrite;
import dev.swiglu.tools.rewrite.rule.RewriteRule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a rewrite of one model does: the sites, in the order of the graph, and the changes to make.
 *
 * @param rewrites one for each site that is not left alone
 */
public record Plan(List<Site> sites, List<Rewrite> rewrites) {
    private static final String NOT_SELECTED = "The plan leaves it alone.";

    public static Plan of(ModelView view, Mode mode, Selection selection) {
        Map<GatedProduct, List<String>> undecided = new LinkedHashMap<>();
        GatedProduct.findAll(view).forEach(product -> undecided.put(product, new ArrayList<>()));
        List<GatedProduct> products = List.copyOf(undecided.keySet());
        products.stream().filter(product -> mode.rules().stream().noneMatch(rule -> allows(selection, product, rule)))
                .forEach(product -> undecided.get(product).add(NOT_SELECTED));
        Map<GatedProduct, Decision> decisions = new LinkedHashMap<>();
        Map<String, FunctionProto> carried = PortableFunctions.settledBy(view);
        for (RewriteRule rule : mode.rules()) {
            decide(rule, view, selection, undecided, decisions, carried);
        }
        Map<NodeRef, Site> sites = new HashMap<>();
        products.forEach(product -> sites.put(product.product(), decisions.containsKey(product)
                ? decisions.get(product).site(product) : left(product, view, undecided.get(product))));
        GatedProduct.nearMisses(view, products).forEach(miss -> sites.put(miss.product(), left(miss, view)));
        return new Plan(inOrder(sites, view), products.stream().filter(decisions::containsKey)
                .map(product -> decisions.get(product).rewrite()).toList());
    }

    /** Moves the products that the rule takes from {@code undecided}, where the others gather reasons, to {@code decisions}. */
    private static void decide(RewriteRule rule, ModelView view, Selection selection,
            Map<GatedProduct, List<String>> undecided, Map<GatedProduct, Decision> decisions,
            Map<String, FunctionProto> carried) {
        Map<GatedProduct, Rewrite> matches = new LinkedHashMap<>();
        undecided.forEach((product, reasons) -> {
            if (!allows(selection, product, rule)) {
                return;
            }
            Result<Rewrite> result = rule.apply(product, view).unless(Rewrite::contradiction);
            if (result instanceof Result.Match<Rewrite> match) {
                matches.put(product, match.found());
            } else if (result instanceof Result.Declined<Rewrite> declined && !declined.reason().isEmpty()
                    && !reasons.contains(declined.reason())) {
                reasons.add(declined.reason());
            }
        });
        if (matches.isEmpty()) {
            return;
        }
        FunctionProto shared = carried.computeIfAbsent(rule.operator(), operator -> PortableFunctions.mostUsed(matches.values()));
        matches.forEach((product, rewrite) -> {
            if (rewrite.function().equals(shared)) {
                decisions.put(product, new Decision(rule, rewrite, undecided.remove(product)));
            } else {
                undecided.get(product).add(PortableFunctions.conflict(rewrite.function(), shared));
            }
        });
    }

    private static boolean allows(Selection selection, GatedProduct product, RewriteRule rule) {
        return selection.allows(product.scope().path(), product.product().output(0), rule.action());
    }

    private static Site left(GatedProduct product, ModelView view, List<String> reasons) {
        String dtype = view.types().of(product.scope(), product.gate().input()).element().label();
        return new Site(product.product().name(), product.scope().path(), product.gate().form(),
                product.gate().activation().name(), product.gate().activation().alpha(), dtype, Action.LEFT, null,
                String.join(" ", reasons), product.product().output(0), List.of(), null, null);
    }

    private static Site left(NearMiss miss, ModelView view) {
        NodeRef product = miss.product();
        String dtype = view.types().of(product.scope(), miss.gate()).element().label();
        return new Site(product.name(), product.scope().path(), miss.form(), "unknown", 1, dtype, Action.LEFT, null, miss.reason(),
                product.output(0), List.of(), null, null);
    }

    private static List<Site> inOrder(Map<NodeRef, Site> sites, ModelView view) {
        return view.index().scopes().stream().flatMap(scope -> scope.sortedNodes().stream())
                .filter(sites::containsKey).map(sites::get).toList();
    }

    /** What becomes of one product; {@code reasons} say why the rules before this one declined. */
    private record Decision(RewriteRule rule, Rewrite rewrite, List<String> reasons) {

        Site site(GatedProduct product) {
            return new Site(product.product().name(), product.scope().path(), rewrite.form(),
                    product.gate().activation().name(), product.gate().activation().alpha(), rewrite.element().label(),
                    rule.action(), rule.operator(), reasons.isEmpty() ? null : String.join(" ", reasons),
                    rewrite.replacement().getOutput(0), rewrite.replacement().getInputList(), rewrite.k(), rewrite.n());
        }
    }
}
