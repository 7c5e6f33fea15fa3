"""Damaged maps of characters and tokenizers: one line of ours, never a panic of the package tokenizers."""

import base64
import copy
import json
import random
import struct

import pytest
import tokenizers
from tokenizers import models, normalizers, pre_tokenizers

from bert4ner.errors import CheckpointError
from bert4ner.text.charsmap import check_charsmap
from bert4ner.text.library_errors import library_errors
from bert4ner.text.pieces import open_vocabulary
from bert4ner.text.tokenizer import CharacterTokenizer, WordPieceTokenizer
from tests.fuzz import HOSTILE

TEXT = "Ａ，本品 The ①é\u0301😀\u200bB"


PUT_IN = ("Metaspace", "Unigram", "BPE", "▁", 2**40, [["a", 0.0]], {"a": 0}, [["a", "b"]])


def charsmap(pairs):
    """A map of strings to strings as SentencePiece writes it, each node in a block of 256 units of its own."""
    units, texts = [0] * 256, b""
    blocks = {b"": 256}
    for text in pairs:
        for end in range(1, len(text.encode()) + 1):
            blocks.setdefault(text.encode()[:end], 256 * (len(blocks) + 1))
    units += [0] * 256 * len(blocks)
    units[0] = 256 << 10
    for prefix, block in blocks.items():
        if prefix:
            place = blocks[prefix[:-1]] ^ prefix[-1]
            units[place] = ((place ^ block) << 10) | prefix[-1]
    for text, replaced in pairs.items():
        prefix = text.encode()
        units[blocks[prefix[:-1]] ^ prefix[-1]] |= 0x100
        units[blocks[prefix]] = 0x80000000 | len(texts)
        texts += replaced.encode() + b"\0"
    return struct.pack(f"<I{len(units)}I", 4 * len(units), *units) + texts


MAP = charsmap({"Ａ": "A", "，": ",", "①": "1", "e\u0301": "é"})
USED = [place for place in range(4, len(MAP)) if MAP[place]]


def test_a_map_is_read_as_the_library_reads_it():
    check_charsmap(MAP)
    assert normalizers.Precompiled(MAP).normalize_str("Ａ，①x") == "A,1x"


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda map: map[:4] + struct.pack("<I", 0x3FFFF << 10) + map[8:], "leads out of its trie"),
        (lambda map: map[: -len("A\0,\x001\0é\0".encode())], "leads out of its texts"),
        (lambda map: map[:-3] + b"\xff\xff\0", "not UTF-8"),
        (lambda map: map[:9], "truncated"),
        (lambda map: b"", "truncated"),
    ],
)
def test_a_map_that_leads_nowhere_is_refused(damage, told):
    with pytest.raises(CheckpointError, match=told):
        check_charsmap(damage(MAP))


def test_no_damaged_map_that_passes_ends_in_a_panic():
    rng, passed = random.Random(3), 0
    for _ in range(2_000):
        content = bytearray(MAP)
        for place in rng.sample(USED, rng.choice((1, 3))):
            content[place] = rng.choice((content[place] ^ 1 << rng.randrange(8), rng.randrange(256)))
        try:
            check_charsmap(bytes(content))
        except CheckpointError:
            continue
        passed += 1
        normalizers.Precompiled(bytes(content)).normalize_str("ＡＢ，！①②e\u0301本\uff00é")
    assert 100 < passed < 1_900


def test_a_panic_of_the_library_is_an_error_of_ours():
    damaged = MAP[:4] + struct.pack("<I", 0x3FFFF << 10) + MAP[8:]
    with pytest.raises(CheckpointError, match=r"^here: index out of bounds"), library_errors("here"):
        normalizers.Precompiled(damaged).normalize_str("Ａ")
    with pytest.raises(KeyboardInterrupt), library_errors("here"):
        raise KeyboardInterrupt


def described(kind):
    """A small tokenizer.json with such a map."""
    special = ["[UNK]", "[CLS]", "[SEP]", "[PAD]"]
    names = {name: at for at, name in enumerate([*special, "▁", "本", "品", "本品", "##品", "A"])}
    model = {
        "words": lambda: models.WordPiece(names),
        "pairs": lambda: models.BPE(names, [("本", "品")], unk_token="[UNK]"),
        "unigram": lambda: models.Unigram([(name, 0.0) for name in names], 0, False),
    }[kind]
    library = tokenizers.Tokenizer(model())
    library.pre_tokenizer = pre_tokenizers.BertPreTokenizer() if kind == "words" else pre_tokenizers.Metaspace()
    library.normalizer = normalizers.Sequence([normalizers.Precompiled(MAP), normalizers.NFKC()])
    library.add_special_tokens(special)
    library.add_tokens(["added"])
    return json.loads(library.to_str())


def mutated(value, rng):
    """The same JSON with a value changed, a key away or doubled under another name, or bytes of the map changed."""
    part = value = copy.deepcopy(value)
    if rng.random() < 0.3:
        part, content = value["normalizer"]["normalizers"][0], bytearray(MAP)
        for place in rng.sample(USED, rng.choice((1, 5))):
            content[place] = rng.randrange(256)
        part["precompiled_charsmap"] = base64.b64encode(content).decode()
        return value
    while True:
        key = rng.choice([*part] if isinstance(part, dict) else range(len(part)))
        if not isinstance(part[key], dict | list) or not part[key] or rng.random() < 0.2:
            break
        part = part[key]
    if rng.random() < 0.3:
        del part[key]
    else:
        part[key] = rng.choice(
            (*HOSTILE, "Metaspace", "Unigram", "BPE", "▁", 2**40, [["a", 0.0]], {"a": 0}, [["a", "b"]])
        )
    return value


@pytest.mark.parametrize("kind", ["words", "pairs", "unigram"])
def test_no_damaged_tokenizer_raises_anything_but_one_line_of_ours(kind, tmp_path):
    rng, original, told = random.Random(5), described(kind), []
    for number in range(700):
        changed = mutated(original, rng)
        (tmp_path / "tokenizer.json").write_text(json.dumps(changed), encoding="utf-8")
        try:
            vocabulary, _ = open_vocabulary(tmp_path)
            WordPieceTokenizer(vocabulary).encode(TEXT)
            if number % 10 == 0:
                CharacterTokenizer(vocabulary).encode(TEXT)
        except CheckpointError as error:
            told.append(str(error))
    assert 50 < len(told) < 650
    assert not [each for each in told if len(each) > 600 or "\n" in each]
