#!/usr/bin/env python3
"""Compares Zoetrope's token ids with Hugging Face's tokenizers, and its cleaned prompts with ftfy.

usage: tokenizer_parity_test.py TOKENIZE_LINES [TEXTS]
"""

import html
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import ftfy
import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram

import random_texts

STARTER = Path(__file__).resolve().parents[3] / "models" / "starter" / "tokenizer"
EXTRA_IDS = 20


def ours(driver, argument, texts):
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    run = subprocess.run([driver, str(argument)], input=lines.encode(), stdout=subprocess.PIPE,
                         check=True)
    return run.stdout.decode().split("\n")[:-1]


def report(name, texts, found, expected):
    assert len(found) == len(expected) == len(texts), f"{name}: {len(found)} of {len(texts)} lines"
    wrong = [i for i in range(len(texts)) if found[i] != expected[i]]
    print(f"{name}: {len(wrong)} of {len(texts)} differ")
    for i in wrong[:5]:
        print(f"  text     {ascii(texts[i])}\n  expected {ascii(expected[i])}\n"
              f"  found    {ascii(found[i])}")
    return not wrong


def check_ids(driver, name, folder, reference, texts):
    expected = [reference.encode(text).ids for text in texts]
    found = [[int(i) for i in line.split()] for line in ours(driver, folder, texts)]
    return report(name, texts, found, expected)


def train(folder):
    """Another model: BOS first, no byte fallback, control pieces elsewhere, added extra ids."""
    rng = random.Random(5)
    lines = [random_texts.text(rng).replace("\n", " ").replace("\0", "") for _ in range(20000)]
    lines += [" ".join(rng.choice(random_texts.WORDS) for _ in range(12)) for _ in range(5000)]
    corpus = folder / "corpus.txt"
    corpus.write_text("\n".join(lines))
    sentencepiece.SentencePieceTrainer.train(
        input=str(corpus), model_prefix=str(folder / "spiece"), vocab_size=8000,
        model_type="unigram", pad_id=0, eos_id=1, unk_id=2, bos_id=-1, byte_fallback=False,
        character_coverage=0.98, normalization_rule_name="nmt_nfkc", hard_vocab_limit=False,
        user_defined_symbols=["<sep>"], minloglevel=2)
    json.dump({"extra_ids": EXTRA_IDS, "model_max_length": 1000000000000000019884624838656},
              open(folder / "tokenizer_config.json", "w"))


def convert(folder, extra_ids, metaspace, strip_left=False):
    """What transformers' T5Converter makes of a SentencePiece model."""
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString((folder / "spiece.model").read_bytes())
    vocabulary = [(piece.piece, piece.score) for piece in model.pieces]
    vocabulary += [(f"<extra_id_{i}>", 0.0) for i in reversed(range(extra_ids))]
    tokenizer = Tokenizer(Unigram(vocabulary, unk_id=model.trainer_spec.unk_id,
                                  byte_fallback=model.trainer_spec.byte_fallback))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Precompiled(model.normalizer_spec.precompiled_charsmap),
        normalizers.Strip(left=strip_left, right=True),
        normalizers.Replace(Regex(" {2,}"), "\u2581")])
    tokenizer.pre_tokenizer = metaspace
    tokenizer.post_processor = processors.TemplateProcessing(
        single=["$A", "</s>"], pair=["$A", "</s>", "$B", "</s>"],
        special_tokens=[("</s>", tokenizer.token_to_id("</s>"))])
    special = [piece.piece for piece in model.pieces if piece.type in (2, 3, 4)]
    special += [f"<extra_id_{i}>" for i in range(extra_ids)]
    tokenizer.add_special_tokens([AddedToken(text, normalized=False) for text in special])
    return tokenizer


def save(tokenizer, folder):
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def variants(folder):
    """Tokenizers with other settings of what T5 tokenizers have."""
    always = convert(folder, EXTRA_IDS, pre_tokenizers.Metaspace(prepend_scheme="always"))
    normalized = convert(folder, 0, pre_tokenizers.Metaspace(prepend_scheme="always"))
    normalized.add_tokens([AddedToken("①", normalized=True),
                           AddedToken("e\u0301", normalized=True, single_word=True)])
    first = convert(folder, 0, pre_tokenizers.Metaspace(prepend_scheme="first"))
    first.add_tokens([
        AddedToken("ball", single_word=True, normalized=False),
        AddedToken("cat", lstrip=True, rstrip=True, normalized=False),
        AddedToken("red", normalized=True)])
    never = convert(folder, 0, pre_tokenizers.Metaspace(prepend_scheme="never", split=False),
                    strip_left=True)
    words = convert(folder, 3, pre_tokenizers.Sequence([
        pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]))
    return {"always": always, "normalized": normalized, "first": first, "never": never,
            "words": words}


def check_tokenizers(driver, texts, folder):
    starter = Tokenizer.from_file(str(STARTER / "tokenizer.json"))
    good = check_ids(driver, "starter tokenizer.json", STARTER, starter, texts)
    spiece = folder / "starter_spiece"
    spiece.mkdir()
    shutil.copy(STARTER / "spiece.model", spiece)
    shutil.copy(STARTER / "tokenizer_config.json", spiece)
    good &= check_ids(driver, "starter spiece.model", spiece, starter, texts)

    trained = folder / "trained"
    trained.mkdir()
    train(trained)
    for name, tokenizer in variants(trained).items():
        saved = save(tokenizer, folder / name)
        good &= check_ids(driver, f"trained, {name}", saved, tokenizer, texts)
        if name == "always":
            good &= check_ids(driver, "trained, spiece.model", trained, tokenizer, texts)
    return good


def reference_clean(text, config):
    """diffusers' prompt_clean."""
    text = html.unescape(html.unescape(ftfy.fix_text(text, config))).strip()
    return re.sub(r"\s+", " ", text).strip()


def check_cleaning(driver, texts):
    # Zoetrope does not repair text decoded in a wrong encoding; the reference would.
    config = ftfy.TextFixerConfig(fix_encoding=False, explain=False)
    texts = [random_texts.assigned(text) for text in texts]
    expected = [reference_clean(text, config) for text in texts]
    found = [json.loads(line) for line in ours(driver, "--clean", texts)]
    return report("cleaning", texts, found, expected)


def main():
    driver = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    rng = random.Random(20240229)
    texts = [random_texts.text(rng) for _ in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        good = check_tokenizers(driver, texts, Path(folder))
    good &= check_cleaning(driver, texts[:max(count // 5, 1)])
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
