package dev.swiglu.generation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Token 0 is 'a', 1 is 'b', and so on; the scores want them in this order. */
class TextRowTest {

    @Test
    void aStopWordThatTheLastTokenFinishesStopsIt() {
        assertEquals(new Completion(1, tokens(3), "a", FinishReason.STOP_WORD), written(3, Set.of(), "bc"));
        assertEquals(new Completion(1, tokens(3), "a", FinishReason.STOP_WORD), written(9, Set.of(2), "bc"));
    }

    @Test
    void whatLookedLikeAStopWordIsGivenOutAtTheEnd() {
        assertEquals(new Completion(1, tokens(3), "abc", FinishReason.LENGTH), written(3, Set.of(), "cd"));
        assertEquals(new Completion(1, tokens(3), "abc", FinishReason.END_TOKEN), written(9, Set.of(2), "cd"));
    }

    @Test
    void aStopWordAtTheVeryStartLeavesNothing() {
        assertEquals(new Completion(1, tokens(2), "", FinishReason.STOP_WORD), written(9, Set.of(), "ab"));
    }

    private static List<Integer> tokens(int count) {
        return IntStream.range(0, count).boxed().toList();
    }

    private static Completion written(int most, Set<Integer> endTokens, String stopWord) {
        GenerationRequest request = GenerationRequest.builder().tokens(25).stop(stopWord).build();
        TextRow row = new TextRow(0, new int[] {25}, most, endTokens, request, new Letters());
        StringBuilder pieces = new StringBuilder();
        for (int token = 0; !row.isFinished(); token++) {
            float[] scores = new float[26];
            scores[token] = 1;
            pieces.append(row.choose(scores).text());
        }
        assertEquals(pieces.toString(), row.end().text());
        return row.end();
    }

    private record Letters() implements Tokenizer {
        @Override
        public int[] encode(String text) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String decode(int[] tokens) {
            return IntStream.of(tokens).mapToObj(token -> String.valueOf((char) ('a' + token))).collect(Collectors.joining());
        }

        @Override
        public void close() {}
    }
}
