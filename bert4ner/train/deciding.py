"""Options that are `auto`, decided by the documents to train on."""

import logging
from collections.abc import Sequence

from bert4ner.config import Config
from bert4ner.entities import Document, nesting_of
from bert4ner.registry import HEADS

logger = logging.getLogger(__name__)


def decided_by(documents: Sequence[Document], config: Config) -> dict[str, object]:
    """The values of `auto` options for these documents, which all folds share; see `Config.decide`."""
    nesting = {"nesting": nesting_of(documents)[0]} if HEADS.get(config.model.head).may_nest else {}
    return {"lexicon": "train", **nesting}


def log_nesting(documents: Sequence[Document]) -> None:
    """Say which entities may overlap, and warn of those that break it."""
    nesting, otherwise = nesting_of(documents)
    logger.info("nesting %s, as in the documents", nesting)
    if otherwise:
        logger.warning(
            "%d of %d entities overlap %s and may not be found, as hardly any others do; --nesting any allows it",
            otherwise,
            sum(len(document.entities) for document in documents),
            "others" if nesting == "none" else "others of their label",
        )
