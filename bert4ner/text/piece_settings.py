"""What a family does around a SentencePiece model: how it numbers the pieces, and what happens to a text before.

The files of the tokenizer say it, and transformers' converters to tokenizer.json define it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import normalizers, pre_tokenizers

from bert4ner.errors import CheckpointError, shown
from bert4ner.text.rules import SETTINGS, read_object

XLM_ROBERTA, CAMEMBERT = "xlm_roberta", "camembert"
"""Families that number the pieces of a file in their own way."""
_NUMBERED = "sentencepiece.bpe.model"
CONFIGURATIONS = ("bert_config.json", "config.json", "albert_config.json", "xlnet_config.json")
MARK = "\u2581"
"""What SentencePiece writes for the blank before a word."""


@dataclass(frozen=True)
class PieceSettings:
    """What a family does around a SentencePiece model.

    Attributes:
        numbering: `XLM_ROBERTA` or `CAMEMBERT`, which put special pieces first and <mask> last; None: as in the file.
        lowercase: capital letters become small ones.
        keep_accents: else characters are taken apart (NFKD) and lose their accents.
        quotes: `` and '' become ".
        cut_commas: pieces such as "9," are not used, so that a comma behind a digit is a piece of its own.
        split_by_punct: each punctuation mark is a word of its own.
    """

    numbering: str | None = None
    lowercase: bool = False
    keep_accents: bool = True
    quotes: bool = False
    cut_commas: bool = False
    split_by_punct: bool = False

    def normalizers(self) -> list[Any]:
        """What text goes through before the model's own map of characters."""
        quotes = [normalizers.Replace("``", '"'), normalizers.Replace("''", '"')] if self.quotes else []
        accents = [] if self.keep_accents else [normalizers.NFKD(), normalizers.StripAccents()]
        return [*quotes, *accents, *([normalizers.Lowercase()] if self.lowercase else [])]

    def pre_tokenizers(self) -> list[Any]:
        """What cuts text into words, each with the mark of a blank before it."""
        punctuation = [pre_tokenizers.Punctuation(behavior="isolated")] if self.split_by_punct else []
        mark = pre_tokenizers.Metaspace(replacement=MARK, prepend_scheme="always")
        return [pre_tokenizers.WhitespaceSplit(), *punctuation, mark]

    def score(self, name: str, score: float) -> float:
        """A piece's score, which decides whether it is used."""
        return score - 100 if self.cut_commas and name[-1:] == "," and name[-2:-1].isdigit() else score


def read_settings(path: Path) -> PieceSettings:
    """What the files beside a SentencePiece model say, with transformers' values for what they do not say.

    Raises:
        CheckpointError: one of them is no JSON object, or says neither true nor false.
    """
    folder = path.parent
    settings = read_object(folder / SETTINGS)
    name = _tokenizer(folder, settings)
    numbering = (CAMEMBERT if CAMEMBERT in name else XLM_ROBERTA) if path.name == _NUMBERED else None

    def said(key: str, default: bool) -> bool:
        value = settings.get(key, default)
        if not isinstance(value, bool | None):
            raise CheckpointError(f"{folder / SETTINGS}: expected {key} to be true or false, found {shown(value)}")
        return bool(value)

    if "albert" in name or "xlnet" in name:
        lowercase, keep_accents = said("do_lower_case", "albert" in name), said("keep_accents", False)
        return PieceSettings(numbering, lowercase, keep_accents, quotes=True, cut_commas=True)
    if "deberta" in name:
        lowercase = said("do_lower_case", False)
        return PieceSettings(numbering, lowercase, split_by_punct=said("split_by_punct", False))
    return PieceSettings(numbering)


def _tokenizer(folder: Path, settings: Mapping[str, Any]) -> str:
    """The tokenizer's class, else the model's family, in small letters; empty if no file says either."""
    names = [name for name in CONFIGURATIONS if (folder / name).is_file()]
    network = {key: value for name in names for key, value in read_object(folder / name).items()}
    keys = ("tokenizer_class", "model_type", "family")
    said = settings.get("tokenizer_class") or next((network[key] for key in keys if network.get(key)), None)
    return str(said or " ".join(names)).lower()
