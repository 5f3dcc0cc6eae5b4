/**
 * Lets language models write.
 *
 * <pre>{@code
 * try (LanguageModel model = LanguageModel.open(Path.of("models/llama"), Device.best());
 *         Generation text = model.generate(GenerationRequest.builder().prompt("Once upon a time").maxTokens(200).build())) {
 *     for (Piece piece : text) {
 *         System.out.print(piece.text());
 *     }
 *     System.err.println(text.result().tokensPerSecond() + " tokens per second");
 * }
 * }</pre>
 *
 * <p>Text needs the library {@code ai.djl.huggingface:tokenizers} on the class path, an optional dependency of this one; without
 * it, prompts are token ids and so are the answers.
 */
package dev.swiglu.generation;
