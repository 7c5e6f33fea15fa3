"""Ten thousand lines in the tokens and places of the package tokenizers, but for the rules that the guide states.

The rules are written down here a second time, for one token after another, and hold for every line: nothing else may
differ. Vocabularies are trained by that package, and read from the files that it writes. SentencePiece models of
families with rules of their own are read as the converters of transformers read them.
"""

import json
import re
import sys
import unicodedata
from types import SimpleNamespace

import pytest
import tokenizers
from tokenizers import models, normalizers, pre_tokenizers, processors, trainers
from transformers.convert_slow_tokenizer import AlbertConverter, DebertaV2Converter, SpmConverter, XLNetConverter
from transformers.utils import sentencepiece_model_pb2_new as protobuf

from bert4ner.text.pieces import open_vocabulary
from bert4ner.text.tokenizer import WordPieceTokenizer
from tests.text.lines import SPECIAL, generated_lines, published_lines
from tests.text.test_charsmap import MAP

BERT = {
    "uncased": {},
    "cased": {"lowercase": False},
    "uncased, accents, Chinese uncut": {"strip_accents": False, "handle_chinese_chars": False},
}
NAMES = {"lowercase": "do_lower_case", "handle_chinese_chars": "tokenize_chinese_chars"}
SENTENCEPIECE = {
    "AlbertTokenizer": (AlbertConverter, {}, {"do_lower_case": True, "keep_accents": False}),
    "AlbertTokenizerFast": (AlbertConverter, {"do_lower_case": False, "keep_accents": True}, {}),
    "XLNetTokenizer": (XLNetConverter, {}, {"do_lower_case": False, "keep_accents": False}),
    "XLNetTokenizerFast": (XLNetConverter, {"do_lower_case": True, "keep_accents": True}, {}),
    "DebertaV2Tokenizer": (DebertaV2Converter, {}, {"do_lower_case": False, "split_by_punct": False}),
    "DebertaV2TokenizerFast": (DebertaV2Converter, {"do_lower_case": True, "split_by_punct": True}, {}),
    "T5Tokenizer": (SpmConverter, {"do_lower_case": True, "keep_accents": False}, {}),
}
"""Class -> its converter, what the files say, and what holds where they are silent."""
PIECES = ("byte pairs", "byte pairs behind a blank", "pairs of letters", "unigram")


def trained_words(folder, lines, options):
    """Word pieces as transformers keeps them: vocab.txt, and in words of its own what is done with case and accents."""
    library = tokenizers.BertWordPieceTokenizer(**options)
    library.train_from_iterator(lines, vocab_size=2_000, special_tokens=list(SPECIAL[:5]), show_progress=False)
    library.save_model(str(folder))
    settings = {NAMES.get(key, key): value for key, value in options.items()}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    library = tokenizers.BertWordPieceTokenizer(str(folder / "vocab.txt"), **options)
    library.add_special_tokens(list(SPECIAL[:5]))
    return library._tokenizer


def trained_pieces(folder, lines, kind):
    """Pieces in a tokenizer.json, as transformers keeps them."""
    options = {"special_tokens": list(SPECIAL[5:]), "show_progress": False, "vocab_size": 2_000}
    if kind == "unigram":
        library = tokenizers.Tokenizer(models.Unigram())
        options |= {"unk_token": "<unk>", "vocab_size": 900, "n_sub_iterations": 1}
        trainer = trainers.UnigramTrainer(**options)
        lines = lines[:150]
    else:
        bytewise = kind.startswith("byte")
        library = tokenizers.Tokenizer(models.BPE(**({} if bytewise else {"unk_token": "<unk>", "fuse_unk": True})))
        trainer = trainers.BpeTrainer(**options, initial_alphabet=pre_tokenizers.ByteLevel.alphabet() * bytewise)
    if kind.startswith("byte"):
        library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space="behind" in kind)
    else:
        library.normalizer, library.pre_tokenizer = normalizers.NFKC(), pre_tokenizers.Metaspace()
    library.train_from_iterator(lines, trainer)
    published = tokenizers.Tokenizer.from_str(library.to_str())
    published.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))  # which cuts blanks off places
    published.save(str(folder / "tokenizer.json"))
    written = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    return tokenizers.Tokenizer.from_str(json.dumps({**written, "post_processor": None}))


@pytest.fixture(scope="module")
def generated():
    return generated_lines()


@pytest.fixture(scope="module")
def made(generated, tmp_path_factory):
    """Ours and the library's tokenizer of a kind, each trained once."""
    known = {}

    def make(kind):
        if kind not in known:
            folder = tmp_path_factory.mktemp("trained")
            corpus = [line for line in generated[:1_000] if not any(name in line for name in SPECIAL)]
            known[kind] = (
                trained_words(folder, corpus, BERT[kind]) if kind in BERT else trained_pieces(folder, corpus, kind)
            )
            known[kind].encode_special_tokens = True  # what a text says about them stays text
            known[kind] = WordPieceTokenizer(open_vocabulary(folder)[0]), known[kind]
        return known[kind]

    return make


def is_space_or_mark(character):
    return character.isspace() or unicodedata.category(character)[0] == "M"


SPACE_OR_MARK = re.compile("[" + "".join(filter(is_space_or_mark, map(chr, range(sys.maxunicode + 1)))) + "]")


def by_rule(line, ids, places, vocabulary):
    """What the guide says of a line: the library's ids and places, changed as it says."""
    tokens = [(number, start, end) for number, (start, end) in zip(ids, places, strict=True) if start < end]
    if line and not tokens:
        begin, end = len(line) - len(line.lstrip()), len(line.rstrip())
        return [(vocabulary.space_id, 0, len(line)) if line.isspace() else (vocabulary.unk_id, begin, end)]
    if len(tokens) > 1 and vocabulary.tokens[tokens[0][0]] in ("▁", "Ġ") and tokens[0][1] == tokens[1][1]:
        del tokens[0]  # the mark of a word in front of the text's first character
    for place, (number, start, end) in enumerate(tokens):
        begin = next((at for at in range(start, end) if not line[at].isspace()), start)
        following = tokens[place + 1][1] if place + 1 < len(tokens) else len(line)
        while end < following and unicodedata.category(line[end])[0] == "M":
            end += 1
        tokens[place] = (number, begin, end)
    return tokens


def assert_same(lines, ours, library):
    """Every line is as by rule; where the library knows no special token from text, of special ones there is none."""
    names = SPECIAL[:5] if ours.vocabulary.tokens[ours.vocabulary.pad_id] == "[PAD]" else SPECIAL[5:]
    special = {ours.vocabulary.ids[name] for name in names}
    mentioned = re.compile("|".join(map(re.escape, names)), re.IGNORECASE)  # before it is lower-cased
    found, expected = ours.encode_all(lines), library.encode_batch(lines, add_special_tokens=False)
    for line, encoding, other in zip(lines, found, expected, strict=True):
        ids, places = encoding.ids.tolist(), list(zip(encoding.starts.tolist(), encoding.ends.tolist(), strict=True))
        if ids == other.ids and places == other.offsets and not SPACE_OR_MARK.search(line):
            continue
        tokens = [(number, *place) for number, place in zip(ids, places, strict=True)]
        if tokens != by_rule(line, other.ids, other.offsets, ours.vocabulary):
            assert mentioned.search(line) and special & {*other.ids}, repr(line)
            assert (special - {ours.vocabulary.unk_id}).isdisjoint(ids), repr(line)


@pytest.mark.parametrize("kind", [*BERT, *PIECES])
def test_ten_thousand_lines_have_the_tokens_of_the_library(kind, made, generated):
    assert len(generated) == 10_000
    assert_same(generated, *made(kind))


@pytest.mark.parametrize("kind", ["uncased", "byte pairs"])
def test_ten_thousand_published_lines_have_the_tokens_of_the_library(kind, made, shared_data):
    lines = [line for line in dict.fromkeys(published_lines(shared_data)) if 0 < len(line) <= 100]
    assert len(lines) >= 10_000
    assert_same(lines[-10_000:], *made(kind))


@pytest.fixture(scope="module")
def scored(made):
    """Pieces with scores, among them one of a digit and a comma."""
    described = json.loads(made("unigram")[0].vocabulary.to_text())
    learned = [(name, score, 1) for name, score in described["model"]["vocab"] if not name.startswith(" ")]
    head = [("<unk>", 0.0, 2), *((name, 0.0, 3) for name in SPECIAL[5:] if name != "<unk>")]
    known = {name for name, *_ in (*head, *learned)}
    return [*head, *learned, *((name, -1.0, 1) for name in ("4,", "▁The", "▁cafe", '"') if name not in known)]


def conversion(path, kind):
    """What the converter of transformers makes of a SentencePiece model."""
    converter, said, silent = SENTENCEPIECE[kind]
    made = object.__new__(converter)
    made.proto = protobuf.ModelProto()
    made.proto.ParseFromString(path.read_bytes())
    made.proto.trainer_spec.unk_id = 0  # as published
    made.original_tokenizer = SimpleNamespace(**said, **silent, convert_tokens_to_ids=lambda name: 0)
    library = made.converted()
    places = pre_tokenizers.WhitespaceSplit()  # the mark of a blank has the place of what follows
    library.pre_tokenizer = pre_tokenizers.Sequence([places, library.pre_tokenizer])
    library.encode_special_tokens = True
    return library


def spaced(line, kind):
    """A line as transformers hands it to SentencePiece, and without what the converters do otherwise than that does."""
    line = re.sub("[\u00a8\u00af\u00b4\u00b8\u02d8-\u02dd\u0384\u0385\u2017]", "", line)  # blanks once taken apart
    if SENTENCEPIECE[kind][1].get("split_by_punct"):  # blanks beside punctuation would be words
        line = re.sub(r"\s", "", line)
    return " ".join(line.split())


@pytest.mark.parametrize("kind", SENTENCEPIECE)
def test_sentencepiece_models_are_read_as_transformers_converts_them(kind, scored, generated, spiece, tmp_path):
    path = tmp_path / "spiece.model"
    path.write_bytes(spiece(scored, charsmap=MAP))
    settings = {"tokenizer_class": kind, **SENTENCEPIECE[kind][1]}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    lines = [*filter(None, (spaced(line, kind) for line in (*generated[:2_000], "1,234, The ``Café'' thé")))]
    assert_same(lines, WordPieceTokenizer(open_vocabulary(tmp_path)[0]), conversion(path, kind))
