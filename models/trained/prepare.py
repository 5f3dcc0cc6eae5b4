"""
Text to tokens: python prepare.py FOLDER BIBLE_KJV_TEXT.deb BIBLE_KJV.deb

Unpacks the King James Bible of two Debian packages (the text lies compressed in the first, the second has the program that
reads it), parts it, trains a byte-level BPE on the training part and writes into FOLDER tokenizer.json, tokens.safetensors
(train, valid: one row of tokens each) and what no training sees, heldout.txt and its tokens, heldout.npy. Needs tokenizers,
numpy and safetensors.
"""

import itertools
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
from safetensors.numpy import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

VOCABULARY = 1536
BOS, EOS = "<s>", "</s>"
EVERY = 50  # of so many chapters one is held out and one is for validation: from all over the book


def chapters(text_package, program_package):
    """One string a chapter, one line a verse, as in "In the beginning God created the heaven and the earth."."""
    with tempfile.TemporaryDirectory() as folder:
        for package in (text_package, program_package):
            subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
        printed = subprocess.run([f"{folder}/usr/bin/bible", "-f", "-p", f"{folder}/usr/lib", "Gen1:1-Rev22:21"],
                                 check=True, capture_output=True, text=True).stdout
    verses = (line.split(" ", 1) for line in printed.splitlines())  # Ge1:1 In the beginning ...
    for _, chapter in itertools.groupby(verses, key=lambda verse: verse[0].split(":")[0]):
        yield "".join(verse + "\n" for _, verse in chapter)


def train_tokenizer(texts):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=[BOS, EOS], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A", special_tokens=[(BOS, tokenizer.token_to_id(BOS))])
    return tokenizer


def main(folder, text_package, program_package):
    book = list(chapters(text_package, program_package))
    heldout, valid = book[EVERY // 2::EVERY], book[EVERY - 1::EVERY]
    train = [chapter for number, chapter in enumerate(book) if number % EVERY not in (EVERY // 2, EVERY - 1)]
    tokenizer = train_tokenizer(train)

    def tokens(part):
        rows = [tokenizer.encode(chapter).ids + [tokenizer.token_to_id(EOS)] for chapter in part]
        return numpy.array(list(itertools.chain.from_iterable(rows)), dtype=numpy.int16)

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    parts = {"train": tokens(train), "valid": tokens(valid)}
    save_file(parts, folder / "tokens.safetensors")
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "heldout.txt").write_text("\n".join(heldout))  # an empty line between two chapters
    numpy.save(folder / "heldout.npy", tokens(heldout))
    for name, part, texts in (("train", parts["train"], train), ("valid", parts["valid"], valid)):
        print(f"{name}: {len(texts)} chapters, {sum(map(len, texts))} characters, {len(part)} tokens")
    print(f"held out: {len(heldout)} chapters, {sum(map(len, heldout))} characters")


if __name__ == "__main__":
    main(*sys.argv[1:])
