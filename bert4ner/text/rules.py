"""How a vocabulary's text is meant: case, accents, normal forms, special tokens, as the files of a tokenizer say.

Nothing is tokenized here. What a file does not say has the value that transformers gives it.
"""

import dataclasses
import os
import string
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bert4ner.errors import CheckpointError, shown
from bert4ner.schema import parse_json
from bert4ner.text.bounded import read_bounded

FAST, SETTINGS, SPECIALS, ADDED = (
    *("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"),
)
_BERT = {
    "do_lower_case": "lowercase",
    "strip_accents": "strip_accents",
    "tokenize_chinese_chars": "handle_chinese_chars",
}
"""Keys of tokenizer_config.json and what the normalizer of tokenizer.json calls them; the former wins."""
_NAMES: dict[str, tuple[str, ...]] = {"first": ("cls_token", "bos_token"), "last": ("sep_token", "eos_token")}
_NAMES |= {"padding": ("pad_token",), "unknown": ("unk_token",)}
_CAPITALS = frozenset(string.ascii_uppercase)


def bert_normalizer(*, lowercase: bool = True) -> dict[str, Any]:
    """Google BERT's normalizer, as tokenizer.json describes it."""
    return {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": True,
        "strip_accents": None,
        "lowercase": lowercase,
    }


@dataclass(frozen=True)
class Rules:
    """What decides, beside its tokens, what a vocabulary makes of a text.

    Attributes:
        covered: white space before a word belongs to the word's token, as in the published tokenizers. False in models
            of before, for which each character of white space is a token.
        normalizer, pre_tokenizer, model: parts of a tokenizer.json; of word pieces only, others keep the file whole.
        specials: names of the tokens "first", "last", "padding" and "unknown" where a file says them.
        added: tokens that are found in a text before it is cut, none of them special.
    """

    covered: bool = False
    normalizer: Mapping[str, Any] | None = field(default_factory=bert_normalizer)
    pre_tokenizer: Mapping[str, Any] | None = field(default_factory=lambda: {"type": "BertPreTokenizer"})
    model: Mapping[str, Any] = field(default_factory=dict)
    specials: Mapping[str, str] = field(default_factory=dict)
    added: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """What JSON holds of it."""
        return {**dataclasses.asdict(self), "added": list(self.added)}


def read_rules(folder: Path, tokens: Collection[str]) -> Rules:
    """The rules that the files of a folder give for word pieces.

    Without a word about case, a vocabulary that has all 26 capital letters is one of text as it is written.

    Raises:
        CheckpointError: one of the files is no JSON object.
    """
    settings, fast = read_object(folder / SETTINGS), read_object(folder / FAST)
    said = {**settings, **read_object(folder / SPECIALS)}
    specials = _specials(said, folder)
    model = fast.get("model")
    fast = fast if isinstance(model, dict) and model.get("type") == "WordPiece" else {}
    default = bert_normalizer(lowercase=not set(tokens) >= _CAPITALS)
    normalizer = _adjusted(fast.get("normalizer", default), settings)
    listed = [each for each in fast.get("added_tokens") or () if isinstance(each, dict) and not each.get("special")]
    special = {*specials.values(), *_additional(said, folder)}
    added = [each["content"] for each in listed] if fast else [*(read_object(folder / ADDED))]
    return Rules(
        covered=True,
        normalizer=normalizer,
        pre_tokenizer=fast.get("pre_tokenizer", {"type": "BertPreTokenizer"}),
        model={
            name: value
            for name, value in (fast.get("model") or {}).items()
            if name in ("continuing_subword_prefix", "max_input_chars_per_word")
        },
        specials=specials,
        added=tuple(name for name in added if name not in special and not _bracketed(name)),
    )


def special_names(folder: Path) -> dict[str, str]:
    """The names of the tokens "first", "last", "padding", "unknown" that the files of a folder say."""
    return _specials({**read_object(folder / SETTINGS), **read_object(folder / SPECIALS)}, folder)


def _specials(said: Mapping[str, Any], folder: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for part, keys in _NAMES.items():
        name = next(filter(None, (_name(said.get(key), key, folder) for key in keys)), None)
        if name is not None:
            found[part] = name
    return found


def read_object(path: Path) -> dict[str, Any]:
    """A JSON object; empty where there is no such file.

    Raises:
        CheckpointError: it cannot be read, or is something else.
    """
    if not os.path.lexists(path):
        return {}
    content = read_bounded(path)
    try:
        described = parse_json(content)
    except ValueError as error:
        raise CheckpointError(f"{path}: not a readable {path.name}: {str(error)[:200]}") from None
    if not isinstance(described, dict):
        raise CheckpointError(
            f"{path}: not a readable {path.name}: expected an object, found {type(described).__name__}"
        )
    return described


def _adjusted(normalizer: object, settings: Mapping[str, Any]) -> Any:  # noqa: ANN401  # what JSON holds
    """A normalizer with what tokenizer_config.json says of case, accents and Chinese characters."""
    if not isinstance(normalizer, dict):
        return normalizer
    parts = normalizer.get("normalizers")
    if normalizer.get("type") == "Sequence" and isinstance(parts, list):  # what else it may be the library refuses
        return {**normalizer, "normalizers": [_adjusted(each, settings) for each in parts]}
    if normalizer.get("type") != "BertNormalizer":
        return normalizer
    said = {name: settings[key] for key, name in _BERT.items() if isinstance(settings.get(key), bool)}
    return {**normalizer, **said}


def _additional(said: Mapping[str, Any], folder: Path) -> list[str]:
    key = "additional_special_tokens"
    more = said.get(key) or []
    if not isinstance(more, list):
        raise CheckpointError(f"{folder / SETTINGS} or {SPECIALS}: expected {key} to be a list, found {shown(more)}")
    return list(filter(None, (_name(each, key, folder) for each in (said.get("mask_token"), *more))))


def _name(said: object, key: str, folder: Path) -> str | None:
    """The name of a special token, which stands there bare or as the content of an object."""
    name = said.get("content") if isinstance(said, dict) else said
    if not isinstance(name, str | None) or (name is None and said is not None):
        where = f"{folder / SETTINGS} or {SPECIALS}"
        raise CheckpointError(f"{where}: expected {key} to be the name of a token, found {shown(said)}")
    return name


def _bracketed(name: str) -> bool:
    return (name[:1], name[-1:]) in (("[", "]"), ("<", ">"))
