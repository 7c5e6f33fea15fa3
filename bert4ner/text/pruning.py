"""Finds the tokens of a large vocabulary that a text needs, and reduces the vocabulary to them. It knows no weights.

A pruned vocabulary cuts the text it was pruned for into the same tokens, and other text into smaller ones.
"""

import unicodedata
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from bert4ner.errors import DataError
from bert4ner.text.piece_files import Pieces, in_order, merged
from bert4ner.text.tokenizer import CharacterTokenizer, WordPieceTokenizer
from bert4ner.text.vocabulary import Vocabulary

CHARACTERS = "characters"
_SCRIPTS = (
    *("CJK ", "LATIN ", "GREEK ", "CYRILLIC ", "BOPOMOFO ", "HIRAGANA ", "KATAKANA ", "FULLWIDTH ", "HALFWIDTH "),
)
_MOST_LOW = 1_000  # a padding id up to here is kept, because RoBERTa's positions start after it
_BATCH = 1_000  # lines


def chinese_characters() -> str:
    """The characters of Chinese text: Han, Latin, Greek, Cyrillic, kana, digits, punctuation, symbols; one plane."""
    return "".join(filter(_is_wanted, map(chr, range(0x10000))))


def common_characters() -> str:
    """The 7,445 characters of GB 2312, a yardstick for what a vocabulary lacks."""
    codes = (bytes((row, cell)) for row in range(0xA1, 0xF8) for cell in range(0xA1, 0xFF))
    return "".join(code.decode("gb2312", errors="ignore") for code in codes)


def lines_of(path: Path) -> Iterator[str]:
    """The lines of a text file that hold anything.

    Raises:
        DataError: it cannot be read, or is not UTF-8.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            yield from (line.rstrip("\r\n") for line in file if line.strip())
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror}); --keep-tokens takes characters or a text file"
        ) from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: not UTF-8; --keep-tokens takes characters or a text file in UTF-8") from None


def needed_tokens(vocabulary: Vocabulary, keep: str | Path, described: dict[str, Any] | None) -> np.ndarray:
    """The ids to keep, sorted, int32 (tokens,): those of single characters, or all that a text uses, and special ones.

    Args:
        vocabulary: the whole.
        keep: "characters", or a text file whose words and characters are kept.
        described: the tokenizer.json of pieces; parts from which kept byte pairs are merged also stay.

    Raises:
        DataError: as `lines_of`.
    """
    characters = CharacterTokenizer(vocabulary)
    kept = {vocabulary.pad_id, vocabulary.unk_id, vocabulary.cls_id, vocabulary.sep_id, vocabulary.space_id}
    kept |= {vocabulary.ids[name] for name in ("[MASK]", "<mask>") if name in vocabulary.ids}
    kept |= set(range(vocabulary.pad_id)) if vocabulary.pad_id < _MOST_LOW else set()
    ascii_text = "".join(map(chr, range(33, 127)))
    kept.update(characters.encode(ascii_text).ids.tolist())
    kept |= {vocabulary.ids[f"##{each}"] for each in ascii_text if f"##{each}" in vocabulary.ids}
    if keep == CHARACTERS:
        beyond = (text for text, _, _ in vocabulary.surfaces() if len(text) == 1 and text > "\uffff")
        kept.update(characters.encode(chinese_characters() + "".join(filter(_is_wanted, beyond))).ids.tolist())
    else:
        pieces = WordPieceTokenizer(vocabulary)
        for lines in _batches(lines_of(Path(keep))):
            for encoding in (*pieces.encode_all(lines), *characters.encode_all(lines)):
                kept.update(encoding.ids.tolist())
    if described is not None and described["model"]["type"] == "BPE":
        kept |= _merged_from(kept, described["model"])
    return np.array(sorted(kept), np.int32)


def pruned_json(described: dict[str, Any], kept: Collection[int]) -> dict[str, Any]:
    """A tokenizer.json with some of its tokens, with new ids in the same order."""
    added = described.get("added_tokens") or []
    names = in_order(described["model"]["vocab"])
    names += [""] * (max((each["id"] + 1 for each in added), default=0) - len(names))
    for each in added:
        names[each["id"]] = each["content"]
    number_of = {old: new for new, old in enumerate(kept)}
    model = {**described["model"], "vocab": _some(described["model"]["vocab"], kept, names)}
    if model.get("unk_id") is not None:
        model["unk_id"] = number_of[model["unk_id"]]
    if "merges" in model:
        known = {names[number] for number in kept}
        model["merges"] = [merge for merge in model["merges"] if known.issuperset(merged(merge, model))]
    return {
        **described,
        "added_tokens": [{**each, "id": number_of[each["id"]]} for each in added if each["id"] in number_of],
        "post_processor": _renumbered(described.get("post_processor"), number_of),
        "model": model,
    }


def share_lacking(vocabulary: Vocabulary, lines: Iterable[str]) -> float:
    """The share of the characters in some lines, white space left out, for which there is no token."""
    tokenizer, lacking, count = CharacterTokenizer(vocabulary), 0, 0
    for line in lines:
        visible = "".join(line.split())
        lacking += int((tokenizer.encode(visible).ids == vocabulary.unk_id).sum())
        count += len(visible)
    return lacking / max(count, 1)


def lines_changed(before: Vocabulary, after: Vocabulary, kept: np.ndarray, lines: Iterable[str]) -> int:
    """How many lines are cut into other tokens than before, whose ids `kept` gives for each new one."""
    one, other, changed = WordPieceTokenizer(before), WordPieceTokenizer(after), 0
    for some in _batches(lines):
        for was, now in zip(one.encode_all(some), other.encode_all(some), strict=True):
            changed += not np.array_equal(was.ids, kept[now.ids])
    return changed


def _batches(lines: Iterable[str]) -> Iterator[list[str]]:
    remaining = iter(lines)
    while some := list(islice(remaining, _BATCH)):
        yield some


def _is_wanted(character: str) -> bool:
    name = unicodedata.name(character, "")
    return bool(name) and (unicodedata.category(character)[0] in "PSN" or name.startswith(_SCRIPTS))


def _some(vocabulary: Pieces, kept: Collection[int], names: list[str]) -> Pieces:
    if isinstance(vocabulary, list):
        return [vocabulary[number] if number < len(vocabulary) else [names[number], 0.0] for number in kept]
    return {names[number]: new for new, number in enumerate(kept)}


def _merged_from(kept: Collection[int], model: dict[str, Any]) -> set[int]:
    """All byte pairs from which the kept ones can be merged, and all single letters and bytes."""
    ids, names = model["vocab"], in_order(model["vocab"])
    found = {number for name, number in ids.items() if len(name) == 1 or (name[:3], name[5:]) == ("<0x", ">")}
    if len(found) > _MOST_LOW:  # letters of all scripts, not bytes
        found = {number for number in found if len(names[number]) > 1}
    made: dict[str, list[str]] = {}
    for merge in model["merges"]:
        first, second, whole = merged(merge, model)
        made.setdefault(whole, []).extend((first, second))
    waiting = [names[number] for number in kept if number < len(names)]
    while waiting:
        for part in made.pop(waiting.pop(), ()):
            found.add(ids[part])
            waiting.append(part)
    return found


def _renumbered(part: object, number_of: dict[int, int]) -> Any:  # noqa: ANN401  # what JSON holds
    """A post-processor with the new ids of the tokens that it puts around a text."""
    if isinstance(part, list):
        if len(part) == 2 and isinstance(part[0], str) and isinstance(part[1], int):  # "cls": ["<s>", 0]
            return [part[0], number_of.get(part[1], part[1])]
        return [_renumbered(each, number_of) for each in part]
    if isinstance(part, dict):
        ids = part.get("ids")
        changed = {key: _renumbered(value, number_of) for key, value in part.items()}
        if isinstance(ids, list):
            changed["ids"] = [number_of.get(number, number) for number in ids]
        return changed
    return part
