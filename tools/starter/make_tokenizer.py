"""Makes the tokenizer from captions: SentencePiece unigram with byte fallback, as UMT5's, and far smaller.

usage: python -m starter.make_tokenizer FOLDER     (writes spiece.model, tokenizer.json and their configurations)
"""
import io
import json
import pathlib
import random
import sys

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram

from .captions import caption
from .world import sample_scene

LENGTH = 64  # tokens of a prompt
PIECES = 768
SPECIAL = ("<pad>", "</s>", "<s>", "<unk>")
SPACE = "\u2581"
CAPTIONS = 8000
SEED = 20251102

# Words that people will try; the captions do not teach them, but they then cost few tokens.
WORDS = """a an the one two three four many small big little tiny large huge giant red orange yellow green blue purple
pink white cyan black brown gray grey gold silver dark light bright pale ball circle sphere cube square box triangle
pyramid star ring hoop heart diamond shape object thing is are move moves moving left right up down bounce bounces
bouncing roll rolls rolling circle circles circling grow grows growing shrink shrinks shrinking spin spins spinning turn
turns rotate rotates rotating stand stands standing still fly flies flying float floats floating drift drifts fall falls
falling push pushes hit hits knock knocks touch touches slow slowly quick quickly fast across over under on in at with
and of to from through behind before front near far next beside above below between plain background starry night sky
field sea sunset checkered floor grass hill beach forest city room table wall water snow rain sun moon cloud day evening
morning camera pan pans zoom zooms static video clip animation beautiful blurry low quality worst distorted cat dog bird
fish person man woman child car boat train house tree flower photo realistic""".split()


def corpus() -> list[str]:
    """Lines to learn pieces from: captions, other words people may use, and every character of ASCII."""
    generator = random.Random(SEED)
    lines = [caption(sample_scene(generator), generator) for _ in range(CAPTIONS)]
    lines += [" ".join(generator.choice(WORDS) for _ in range(10)) for _ in range(CAPTIONS // 4)]
    lines += [" ".join(chr(code) for code in range(33, 127))] * 5
    return lines


def train_pieces() -> bytes:
    """A SentencePiece model over `corpus`."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus()), model_writer=model, vocab_size=PIECES, model_type="unigram", pad_id=0,
        eos_id=1, bos_id=2, unk_id=3, pad_piece="<pad>", eos_piece="</s>", bos_piece="<s>", unk_piece="<unk>",
        byte_fallback=True, character_coverage=1.0, normalization_rule_name="nmt_nfkc", hard_vocab_limit=False,
        num_threads=1, minloglevel=2)
    return model.getvalue()


def fast_tokenizer(pieces: bytes) -> Tokenizer:
    """The same model in the form of tokenizer.json."""
    model = sentencepiece_model_pb2.ModelProto.FromString(pieces)
    tokenizer = Tokenizer(Unigram([(piece.piece, piece.score) for piece in model.pieces], unk_id=3, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Precompiled(model.normalizer_spec.precompiled_charsmap),
        normalizers.Strip(left=False, right=True), normalizers.Replace(Regex(" {2,}"), SPACE)])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement=SPACE, prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=["$A", "</s>"], pair=["$A", "</s>", "$B", "</s>"], special_tokens=[("</s>", 1)])
    tokenizer.add_special_tokens([AddedToken(piece, special=True, normalized=False) for piece in SPECIAL])
    return tokenizer


def make(folder: pathlib.Path):
    """Writes the tokenizer's four files; raises where the two forms of it disagree or a caption is too long."""
    folder.mkdir(parents=True, exist_ok=True)
    pieces = train_pieces()
    tokenizer = fast_tokenizer(pieces)
    generator = random.Random(SEED + 1)
    processor = sentencepiece.SentencePieceProcessor(model_proto=pieces)
    for text in [caption(sample_scene(generator), generator) for _ in range(1000)] + ["", "ünï 雨 ①", "A  star! ﬁ "]:
        tokens = tokenizer.encode(text).ids
        if tokens != processor.encode(text) + [1]:
            raise RuntimeError(f"tokenizer.json and spiece.model disagree on '{text}'")
        if len(tokens) > LENGTH:
            raise RuntimeError(f"'{text}' has {len(tokens)} tokens (at most {LENGTH})")
    names = dict(eos_token="</s>", bos_token="<s>", unk_token="<unk>", pad_token="<pad>")
    (folder / "spiece.model").write_bytes(pieces)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = dict(tokenizer_class="T5TokenizerFast", model_max_length=LENGTH, **names, extra_ids=0,
                    additional_special_tokens=[], clean_up_tokenization_spaces=False)
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=1) + "\n")
    (folder / "special_tokens_map.json").write_text(json.dumps(names, indent=1) + "\n")


if __name__ == "__main__":
    make(pathlib.Path(sys.argv[1]))
