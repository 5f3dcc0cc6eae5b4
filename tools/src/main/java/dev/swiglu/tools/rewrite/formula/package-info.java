/**
 * What the elementwise part of a graph computes, apart from how it is written down. {@code (g·up)·σ(g)}, {@code up·(σ(g)·g)} and
 * {@code g·up/(1+e^-g)} are one {@link dev.swiglu.tools.rewrite.formula.Polynomial} over g, up and σ(g); so an activation is
 * recognized by one formula, and not by a pattern for each order and grouping.
 */
package dev.swiglu.tools.rewrite.formula;
