"""Known families that are not supported: a folder of one is refused by name instead of being taken for BERT.

To add a family, remove its line here.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class MissingFamily:
    """The name of an unsupported family, and how to recognise its folders.

    Attributes:
        title: in messages.
        model_types: of its config.json.
        architectures: prefixes of the names of its classes.
        why: the reason, for messages.
    """

    title: str
    model_types: tuple[str, ...]
    architectures: tuple[str, ...]
    why: str = "which is not read yet"


CHINESE_BERT = MissingFamily(
    "ChineseBERT",
    ("chinese_bert", "chinesebert"),
    ("ChineseBert", "GlyceBert"),
    "which needs tables of pinyin and glyphs that do not come with its weights; take BERT or RoBERTa-wwm instead",
)
MISSING = (
    MissingFamily("ERNIE-M", ("ernie_m",), ("ErnieM",)),
    MissingFamily("XLM-RoBERTa-XL", ("xlm-roberta-xl",), ("XLMRobertaXL",)),
    MissingFamily("DeBERTa", ("deberta",), ("Deberta",)),
    CHINESE_BERT,
    MissingFamily("Nomic BERT", ("nomic_bert",), ("NomicBert",)),
    MissingFamily("MPNet", ("mpnet",), ("MPNet",)),
    MissingFamily("XLM", ("xlm", "flaubert"), ("XLM", "Flaubert")),
    MissingFamily("RemBERT", ("rembert",), ("RemBert",)),
    MissingFamily("RoCBert", ("roc_bert",), ("RoCBert",)),
    MissingFamily("BertGeneration", ("bert-generation",), ("BertGeneration",)),
    MissingFamily("ConvBERT", ("convbert",), ("ConvBert",)),
    MissingFamily("MobileBERT", ("mobilebert",), ("MobileBert",)),
    MissingFamily("SqueezeBERT", ("squeezebert",), ("SqueezeBert",)),
    MissingFamily("I-BERT", ("ibert",), ("IBert",)),
    MissingFamily("BigBird", ("big_bird",), ("BigBird",)),
    MissingFamily("Longformer", ("longformer",), ("Longformer",)),
    MissingFamily("Funnel", ("funnel",), ("Funnel",)),
    MissingFamily("LayoutLM", ("layoutlm", "lilt"), ("LayoutLM", "Lilt")),
    MissingFamily("BART", ("bart", "mbart"), ("Bart", "MBart")),
    MissingFamily("GPT-2", ("gpt2",), ("GPT2",)),
    MissingFamily("Llama", ("llama",), ("Llama",)),
    MissingFamily("Qwen", ("qwen2", "qwen3"), ("Qwen2", "Qwen3")),
)
"""All of them, the most used first."""
