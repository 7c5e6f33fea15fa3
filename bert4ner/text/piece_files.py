"""The files of vocabularies of pieces, read into what the package tokenizers segments text with."""

import json
from pathlib import Path
from typing import Any

import tokenizers
from tokenizers import models, pre_tokenizers

from bert4ner.errors import CheckpointError, shown
from bert4ner.schema import parse_json
from bert4ner.text.bounded import read_bounded
from bert4ner.text.charsmap import check_normalizer
from bert4ner.text.library_errors import library_errors, probe
from bert4ner.text.piece_settings import read_settings
from bert4ner.text.rules import ADDED, FAST, SETTINGS, read_object
from bert4ner.text.sentencepiece_model import read_model

PIECE_NAMES = (FAST, "spiece.model", "sentencepiece.model", "spm.model", "sentencepiece.bpe.model")
_MOST_GAPS = 100_000
PAIRS = ("vocab.json", "merges.txt")


def read_pieces(path: Path) -> tokenizers.Tokenizer:
    """The model in a SentencePiece file, a tokenizer.json, or a vocab.json with the merges.txt beside it.

    Raises:
        CheckpointError: no such file, damaged, or no model of these kinds.
    """
    content = read_bounded(path)
    merges = read_bounded(path.parent / PAIRS[1]) if path.name == PAIRS[0] else b""
    settings = read_settings(path) if path.suffix == ".model" else None
    with library_errors(f"{path}: not a readable vocabulary of pieces"):
        try:
            if path.name == PAIRS[0]:
                library = _from_pairs(parse_json(content), merges.decode("utf-8"), path.parent)
            elif path.suffix == ".json":
                library = _from_json(parse_json(content))
            else:
                library = read_model(content, settings)
        except CheckpointError as error:
            raise CheckpointError(f"{path}: {error}") from None
        probe(library)
    return library


Pieces = list[list[Any]] | dict[str, int]
"""A vocabulary in a tokenizer.json: pieces with scores by id, or a table of ids."""


def in_order(vocabulary: Pieces) -> list[str]:
    """Names of pieces by id: of a list of pieces with scores, or of a table, whose gaps have no name."""
    if isinstance(vocabulary, list):
        return [name for name, _ in vocabulary]
    lowest, highest = min(vocabulary.values(), default=0), max(vocabulary.values(), default=-1)
    if lowest < 0 or highest > len(vocabulary) + _MOST_GAPS:
        raise CheckpointError(
            f"expected ids from 0 to about {len(vocabulary)}, found {shown(lowest if lowest < 0 else highest)}"
        )
    names = [""] * (highest + 1)
    for name, number in vocabulary.items():
        names[number] = name
    return names


def _from_json(described: dict[str, Any]) -> tokenizers.Tokenizer:
    """The library for a tokenizer.json: what a text says about <sep> stays text, so special tokens are renamed."""
    model = described["model"]
    if model.get("type") not in ("Unigram", "BPE"):
        raise CheckpointError(f"expected a model of type Unigram or BPE, found {shown(model.get('type'))}")
    check_normalizer(described.get("normalizer"))
    added = list(described.get("added_tokens") or [])
    vocabulary, unknown = _with_added(model["vocab"], added), model.get("unk_token")
    if any(each["content"] == unknown and each.get("special") for each in added):
        unknown = " " + unknown
    plain = [each for each in added if not each.get("special")]
    changed = {**model, "vocab": vocabulary} | ({} if model.get("unk_token") is None else {"unk_token": unknown})
    if "merges" in model:
        changed["merges"] = _without_special(model, {each["content"] for each in added if each.get("special")})
    emptied: dict[str, Any] = {"added_tokens": plain, "post_processor": None, "truncation": None, "padding": None}
    return tokenizers.Tokenizer.from_str(json.dumps({**described, "model": changed, **emptied}))


def merged(merge: str | list[str], model: dict[str, Any]) -> tuple[str, str, str]:
    """The two tokens that a merge of byte pairs joins, and the token that it makes."""
    first, second = merge.split(" ") if isinstance(merge, str) else merge
    return first, second, first + second.removeprefix(model.get("continuing_subword_prefix") or "")


def _without_special(model: dict[str, Any], special: set[str]) -> list[Any]:
    """The merges but for those that would make a special token of text."""
    return [merge for merge in model["merges"] if special.isdisjoint(merged(merge, model))]


def _with_added(vocabulary: Pieces, added: list[dict[str, Any]]) -> Pieces:
    names = in_order(vocabulary)
    scores = [piece[1] for piece in vocabulary] if isinstance(vocabulary, list) else None
    for each in sorted(added, key=lambda each: each["id"]):
        name, number = each["content"], each["id"]
        if number > len(names):
            raise CheckpointError(f"token {shown(name)}: expected an id up to {len(names)}, found {shown(number)}")
        if number == len(names):
            names.append(name)
            if scores is not None:
                scores.append(0.0)
        if each.get("special") and not names[number].startswith(" "):
            names[number] = " " + names[number]
    if scores is not None:
        return [list(each) for each in zip(names, scores, strict=True)]
    return {name: number for number, name in enumerate(names) if name}


def _from_pairs(vocabulary: dict[str, int], merges: str, folder: Path) -> tokenizers.Tokenizer:
    """The library for GPT-2's and RoBERTa's two files, which say nothing of how text is cut: by bytes."""
    pairs = [tuple(line.split(" ")) for line in merges.splitlines() if line and not line.startswith("#version")]
    vocabulary = {**vocabulary, **read_object(folder / ADDED)}
    library = tokenizers.Tokenizer(models.BPE(vocabulary, [(first, second) for first, second in pairs]))
    prefix = read_object(folder / SETTINGS).get("add_prefix_space") is True
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    return library
