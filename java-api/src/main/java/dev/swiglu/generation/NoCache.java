package dev.swiglu.generation;

/** For models without a cache: each run reads everything again. */
final class NoCache implements KeyValueCache {
    @Override
    public void bind() {}

    @Override
    public void advance() {}

    @Override
    public void close() {}
}
