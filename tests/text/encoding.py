"""Documents encoded with a small vocabulary."""

from bert4ner.config import WindowConfig
from bert4ner.text.encoded import encode_documents
from bert4ner.text.tokenizer import make_tokenizer
from bert4ner.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary(
    [
        "[PAD]",
        "[unused1]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        *"气血两亏月经量少本品用于0123456789，。",
        "fever",
        *"mg",
        "##g",
    ]
)


TOKENIZERS = {kind: make_tokenizer(kind, VOCABULARY) for kind in ("characters", "wordpiece")}


def encoded(documents, *, kind="characters", **options):
    return encode_documents(documents, TOKENIZERS[kind], WindowConfig(tokens=kind, **options))
