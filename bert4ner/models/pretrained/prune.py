"""Prunes the vocabulary of a pretrained folder: which rows of its tables stay, and its new tokenizer files."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained.folder import VOCABULARY_NAME, PretrainedFolder
from bert4ner.models.pretrained.loading import ROWS_OF_TOKENS
from bert4ner.models.pretrained.weights import Weights
from bert4ner.text.pieces import PieceVocabulary, open_vocabulary
from bert4ner.text.pruning import (
    CHARACTERS,
    common_characters,
    lines_changed,
    lines_of,
    needed_tokens,
    pruned_json,
    share_lacking,
)
from bert4ner.text.rules import FAST, SETTINGS, SPECIALS, read_object
from bert4ner.text.vocabulary import Vocabulary


@dataclass(frozen=True)
class Kept:
    """The result of pruning a vocabulary, with the share of a text's characters that have no token before and after.

    Attributes:
        text: the text: the file, or GB 2312, each of its characters once.
        lines_changed: number of lines of the file that are now cut into other word pieces.
    """

    tokens: int
    rows: int
    text: str
    lacking_before: float
    lacking: float
    lines_changed: int


@dataclass(frozen=True)
class Pruned:
    """A folder with a pruned vocabulary.

    Attributes:
        ids: the previous id of each kept token, int32 (tokens,).
        found: the folder, with the configuration of the pruned model.
    """

    ids: np.ndarray
    found: PretrainedFolder
    vocabulary: Vocabulary
    keep: str | Path
    described: dict[str, Any] | None

    def weight(self, weights: Weights, layer: str, number: int) -> np.ndarray:
        """A weight of a layer; token tables have only the kept rows."""
        value = weights.read(weights.sources[layer][number])
        axis = ROWS_OF_TOKENS.get(layer)
        return value if axis is None else np.take(value, self.ids, axis=axis)

    def write(self, folder: Path) -> Kept:
        """Replace the tokenizer files in a folder, open them again and compare.

        Raises:
            CheckpointError: the written files do not give the kept tokens.
        """
        for name in ("*.model", "*vocab*", "merges.txt", "added_tokens.json", FAST, SETTINGS):
            for path in folder.glob(name):
                path.unlink()
        if not isinstance(self.vocabulary, PieceVocabulary):
            text = "".join(f"{self.vocabulary.tokens[number]}\n" for number in self.ids.tolist())
            (folder / VOCABULARY_NAME).write_text(text, encoding="utf-8")
        if self.described is not None:
            _write(folder / FAST, pruned_json(self.described, self.ids.tolist()))
        settings = read_object(self.found.path / SETTINGS)
        if settings:
            _write(folder / SETTINGS, _with_new_ids(settings, self.ids.tolist()))
        if (self.found.path / SPECIALS).is_file():
            _write(folder / SPECIALS, read_object(self.found.path / SPECIALS))
        return self._compared(folder)

    def _compared(self, folder: Path) -> Kept:
        written, _ = open_vocabulary(folder)
        if written.tokens != tuple(self.vocabulary.tokens[number] for number in self.ids.tolist()):
            raise CheckpointError(f"{self.found.path}: its vocabulary would come back changed; nothing was written")
        chinese = self.keep == CHARACTERS
        before, after = (
            share_lacking(each, [common_characters()] if chinese else lines_of(Path(self.keep)))
            for each in (self.vocabulary, written)
        )
        changed = 0 if chinese else lines_changed(self.vocabulary, written, self.ids, lines_of(Path(self.keep)))
        text = "GB 2312" if chinese else str(self.keep)
        return Kept(len(self.ids), len(self.vocabulary), text, before, after, changed)


def prune(found: PretrainedFolder, keep: str | Path) -> Pruned:
    """Choose the tokens of an opened folder to keep.

    Args:
        found: the folder.
        keep: "characters" for everything that Chinese text needs when read character by character; or a text file, all
            of whose tokens are kept.

    Raises:
        CheckpointError: the model is a decoder, or there is no vocabulary.
        DataError: the text cannot be read.
    """
    if found.family.decoder:
        raise CheckpointError(f"{found.path}: {found.family.name} is a decoder, whose vocabulary cannot be pruned")
    vocabulary, path = open_vocabulary(found.path)
    described = read_object(found.path / FAST) or None
    if described is None and isinstance(vocabulary, PieceVocabulary):
        described = _standard(vocabulary)
    elif path.name != FAST and described is not None and not _same_tokens(described, vocabulary):
        described = None  # it belongs to another vocabulary than vocab.txt, which decides
    fixed = np.arange(found.config.num_fixed_tokens, dtype=np.int32)
    ids = np.union1d(fixed, needed_tokens(vocabulary, keep, described))
    pad_id = int(np.flatnonzero(ids == vocabulary.pad_id)[0])
    config = dataclasses.replace(found.config, vocab_size=len(ids)).padded(pad_id)
    return Pruned(ids, dataclasses.replace(found, config=config), vocabulary, keep, described)


def _same_tokens(described: dict[str, Any], vocabulary: Vocabulary) -> bool:
    """Whether a tokenizer.json has the tokens of a vocab.txt."""
    model = described.get("model")
    known = model.get("vocab") if isinstance(model, dict) else None
    return isinstance(known, dict) and known.items() <= vocabulary.ids.items()


def _standard(vocabulary: PieceVocabulary) -> dict[str, Any]:
    """The tokenizer.json for pieces from other files, with special tokens marked as in other tools."""
    described: dict[str, Any] = json.loads(vocabulary.to_text())
    model, around = described["model"], {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    special = {number for number, (name, *_) in enumerate(model["vocab"]) if name.startswith(" ")}
    if isinstance(model["vocab"], list):
        model["vocab"] = [[name.removeprefix(" "), score] for name, score in model["vocab"]]
    else:
        special = {vocabulary.pad_id, vocabulary.cls_id, vocabulary.sep_id, vocabulary.unk_id}
    described["added_tokens"] += [
        {"id": number, "content": vocabulary.tokens[number], **around, "special": True} for number in sorted(special)
    ]
    return described


def _with_new_ids(settings: dict[str, Any], ids: list[int]) -> dict[str, Any]:
    """A tokenizer_config.json with new ids in its table of added tokens."""
    table = settings.get("added_tokens_decoder")
    if not isinstance(table, dict):
        return settings
    number_of = {str(old): str(new) for new, old in enumerate(ids)}
    return {
        **settings,
        "added_tokens_decoder": {number_of[old]: each for old, each in table.items() if old in number_of},
    }


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")
