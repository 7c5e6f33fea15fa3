"""A checkpoint folder without weights for a new encoder; its vocabulary is built from texts."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bert4ner.data.writing import atomic_folder
from bert4ner.errors import DataError
from bert4ner.models.pretrained import VOCABULARY_NAME, PretrainedFolder, find_family, open_folder
from bert4ner.pretraining.masking import MASK
from bert4ner.pretraining.options import ScratchOptions
from bert4ner.text.bounded import PRETRAINED
from bert4ner.text.vocabulary import SPACE

SPECIAL = ("[PAD]", SPACE, "[UNK]", "[CLS]", "[SEP]", MASK)


def describe_encoder(architecture: str) -> PretrainedFolder:
    """The encoder that a file describes, with only the special tokens, to check whether it can be trained.

    Raises:
        CheckpointError: the file is not a configuration of a known family.
    """
    described = _read(Path(architecture))
    family = find_family(described, {}, where=architecture)
    config = family.configure({**described, "vocab_size": len(SPECIAL)}, {}, where=architecture)
    return PretrainedFolder(Path(architecture), family, config, None)


def write_scratch(folder: Path, texts: Iterable[str], options: ScratchOptions) -> PretrainedFolder:
    """Write configuration and vocabulary into a folder unless they exist, and open it.

    Args:
        folder: a new one, or one that was written before.
        texts: read once, one in memory at a time; their frequent characters become tokens.
        options: the file that describes the encoder, and which characters are frequent enough.

    Raises:
        CheckpointError: see `describe_encoder`.
        DataError: no character is frequent enough.
    """
    if not folder.is_dir():
        tokens = [*SPECIAL, *_frequent(texts, options)]
        described = {**_read(Path(options.architecture)), "vocab_size": len(tokens)}
        with atomic_folder(folder) as aside:
            (aside / "bert_config.json").write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
            (aside / VOCABULARY_NAME).write_text("".join(f"{token}\n" for token in tokens), encoding="utf-8")
    return open_folder(folder)


def _read(path: Path) -> dict[str, Any]:
    return PRETRAINED.read(path, dict[str, Any])


def _frequent(texts: Iterable[str], options: ScratchOptions) -> list[str]:
    """The characters that become tokens, the most frequent first; upper-case letters count as lower case."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text)
    lower: Counter[str] = Counter()
    for character, count in counts.items():
        if character.isprintable() and not character.isspace():
            small = character.lower()
            lower[small if len(small) == 1 else character] += count
    found = [each for each, count in lower.items() if count >= options.least_count]
    if not found:
        raise DataError(f"no character occurs {options.least_count} times in the texts; lower --least-count")
    return sorted(found, key=lambda each: (-lower[each], each))[: options.most_characters]
