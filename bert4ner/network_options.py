"""The groups of `Config` that define a network: windows, encoder and head, spans, known words."""

from dataclasses import dataclass
from typing import Literal, get_args

from bert4ner.encoder_names import named_folder
from bert4ner.errors import ConfigError
from bert4ner.options import option
from bert4ner.registry import HEADS

Auto = Literal["auto"]
SchemeName = Literal["bio", "bios", "bioes"]
Neck = Literal["none", "bilstm", "cnn", "idcnn"]


@dataclass(frozen=True)
class WindowConfig:
    """How to cut a document into windows that fit the encoder."""

    max_length: int = option(256, "Tokens in one window, including [CLS] and [SEP].", low=8, high=100_000)
    overlap: int = option(
        32, "Tokens that neighbouring windows share; a quarter of a window that is too short for the default.", low=0
    )
    truncate: Literal["none", "head", "tail", "head_tail"] = option(
        "none", "Keep only one part of a long document: its head, its tail, or half of each; `none` cuts windows."
    )
    tokens: Literal["characters", "wordpiece"] = option(
        "characters", "One token per character, so that digits and Latin words hide no boundary; or WordPiece."
    )


def _neck_and_head(word: str) -> str:
    """Advice for the name of a whole network, such as bilstm-crf."""
    neck, divided, head = word.lower().replace("_", "-").removeprefix("bert-").partition("-")
    if neck not in get_args(Neck) or not divided or head not in HEADS:
        return ""
    return f"a neck and a head: --neck {neck} --head {head}"


@dataclass(frozen=True)
class ModelConfig:
    """The network: the pretrained encoder, what is used of it, and the layers on top."""

    pretrained: str = option(
        "",
        "Folder with configuration, vocabulary and weights (TensorFlow or Hugging Face), a name on the Hugging Face "
        "hub, or tcm-mini, the small one that comes along; required.",
        metavar="DIR",
    )
    head: str = option(
        "crf",
        "What turns token vectors into entities: `crf` and `softmax` tag tokens, the others "
        "score spans; `mrc` is slow.",
        choices=HEADS,
        no_choice=_neck_and_head,
    )
    scheme: SchemeName = option("bios", "Tagging scheme of the heads that tag tokens.")
    encoder: Neck = option("none", "Neck: layers between the pretrained encoder and the head.", flag="neck")
    fusion: Literal["last", "mean", "weighted", "concat"] = option(
        "last",
        "How to combine the last layers of the pretrained encoder: the last one alone, mean, learned weights, "
        "concatenation.",
    )
    fusion_layers: int = option(4, "Number of last layers to fuse.", low=1)
    tap: Literal["feed_forward", "attention"] = option(
        "feed_forward",
        "Where to read the vectors of each block: after the feed-forward norm or after the attention norm.",
    )

    def named_encoder(self) -> str:
        """The value of `pretrained`.

        Raises:
            ConfigError: it is empty.
            CheckpointError: it is neither a folder nor a possible name on the hub.
        """
        if not self.pretrained:
            raise ConfigError(
                "no pretrained encoder: --pretrained DIR, or --pretrained tcm-mini, the small one that comes along"
            )
        named_folder(self.pretrained)
        return self.pretrained

    @property
    def fused(self) -> int:
        """The number of encoder layers that the following layers use."""
        return 1 if self.fusion == "last" else self.fusion_layers


@dataclass(frozen=True)
class SpanConfig:
    """The heads that score spans; heads that tag tokens ignore these options."""

    head_size: int = option(64, "Width of the vectors for the first and the last token of a span.", low=2)
    nesting: Literal["auto", "any", "labels", "none"] = option(
        "auto",
        "Which entities may overlap: any, only those with different labels, or none; `auto` follows the documents.",
    )
    label_descriptions: str = option(
        "",
        "File with what the head `mrc` asks for each label, TOML or `label<TAB>description`; by default the label.",
        metavar="FILE",
    )
    joint_layers: int | Auto = option(
        "auto",
        "Last layers of the encoder that read a text again for each query of `mrc`; `auto`: a quarter of them; 0: all.",
        low=0,
    )


NO_WORDS = ("auto", "none", "")
"""What `lexicon` may say instead of naming words; with `auto` there were no documents to decide by."""


@dataclass(frozen=True)
class WordsConfig:
    """Known words that the network uses."""

    lexicon: str = option(
        "auto",
        "Known words as input beside the encoder's vectors: `train` (entities of the training documents), "
        "`jieba` (its dictionary), a file with one word a line; several with commas. `none`: no words. `auto`: "
        "`train`, if there are documents to train on.",
        metavar="train,jieba,FILE,...",
    )

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of `lexicon`, none for `NO_WORDS`."""
        return () if self.lexicon in NO_WORDS else tuple(part.strip() for part in self.lexicon.split(","))
