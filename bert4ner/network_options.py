"""The groups of `Config` that say what a network is: windows, encoder and head, spans, known words."""

from dataclasses import dataclass
from typing import Literal

from bert4ner.options import option
from bert4ner.registry import HEADS

Auto = Literal["auto"]
SchemeName = Literal["bio", "bios", "bioes"]


@dataclass(frozen=True)
class WindowConfig:
    """How a document becomes pieces that fit the encoder."""

    max_length: int = option(256, "Tokens in one window, [CLS] and [SEP] counted.", low=8, high=100_000)
    overlap: int = option(
        32, "Tokens that neighbouring windows share; of windows too short for the default, a quarter.", low=0
    )
    truncate: Literal["none", "head", "tail", "head_tail"] = option(
        "none", "Keep one piece of a long document only: its head, its tail, or half of each; `none` cuts windows."
    )
    tokens: Literal["characters", "wordpiece"] = option(
        "characters", "One token per character, so that digits and Latin words hide no boundary; or WordPiece."
    )


@dataclass(frozen=True)
class ModelConfig:
    """The network: a pretrained encoder, what is taken from it, what stands on it."""

    pretrained: str = option(
        "",
        "Folder with configuration, vocabulary and weights (TensorFlow or Hugging Face), "
        "or a name on the latter's hub.",
        metavar="DIR",
    )
    head: str = option(
        "crf",
        "What turns token vectors into entities: `crf` and `softmax` tag tokens, the others "
        "score spans; `mrc` is slow.",
        choices=HEADS,
    )
    scheme: SchemeName = option("bios", "Tagging scheme of the heads that tag tokens.")
    encoder: Literal["none", "bilstm", "cnn", "idcnn"] = option(
        "none", "Network between the pretrained encoder and the head."
    )
    fusion: Literal["last", "mean", "weighted", "concat"] = option(
        "last",
        "How the last layers of the pretrained encoder become one: the last alone, mean, learned weights, "
        "side by side.",
    )
    fusion_layers: int = option(4, "How many last layers are fused.", low=1)
    tap: Literal["feed_forward", "attention"] = option(
        "feed_forward",
        "Where in each block its vectors are taken: after the feed-forward norm or after the attention norm.",
    )

    @property
    def fused(self) -> int:
        """How many layers of the encoder what follows it is built on."""
        return 1 if self.fusion == "last" else self.fusion_layers


@dataclass(frozen=True)
class SpanConfig:
    """The heads that score spans; those that tag tokens take no notice."""

    head_size: int = option(64, "Width of the vectors that stand for the first and the last token of a span.", low=2)
    nesting: Literal["auto", "any", "labels", "none"] = option(
        "auto",
        "Which entities may overlap: any, those of unlike labels, or none; `auto` is what those of the documents do.",
    )
    label_descriptions: str = option(
        "",
        "File with what the head `mrc` asks for each label, TOML or `label<TAB>description`; without, it asks by name.",
        metavar="FILE",
    )
    joint_layers: int | Auto = option(
        "auto",
        "Last layers of the encoder that read a text again for each query of `mrc`; `auto`: a quarter of them; 0: all.",
        low=0,
    )


@dataclass(frozen=True)
class WordsConfig:
    """What the network is told of known words."""

    lexicon: str = option(
        "",
        "Known words, told to the network beside the encoder's vectors: `train` (entities of the training documents), "
        "`jieba` (its words), a file of words, one a line; several with commas.",
        metavar="train,jieba,FILE,...",
    )
