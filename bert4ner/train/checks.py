"""Validates everything that can be checked before creating a run folder or starting a process."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bert4ner.backend.forks import check_process
from bert4ner.config import Config
from bert4ner.entities import Document, check_text, sorted_labels
from bert4ner.errors import ConfigError, DataError, received
from bert4ner.given import check_sequence
from bert4ner.registry import HEADS, MODIFIERS
from bert4ner.runs.pseudo_labels import PseudoLabelled
from bert4ner.train.more_text import MoreText
from bert4ner.train.sampling import warn_of_idle


def check_training(
    documents: Sequence[Document],
    config: Config,
    valid: Sequence[Document] | None = None,
    *,
    more: MoreText = MoreText(),  # noqa: B008  (frozen)
) -> None:
    """Refuse documents and options that would make a training fail.

    Args:
        documents: the documents to train on.
        config: how to train.
        valid: validation documents, if given separately.
        more: other text to learn from.

    Raises:
        DataError: no documents, no entities, repeated ids, names that the files of a run cannot hold, or annotated
            documents with a weight of 0.
        ConfigError, CheckpointError: see `build_model` and `compile_for_training`. Also: `valid` together with
            ``bootstrap``; unsure spans with a head that cannot ignore them; documents without labels but no modifier
            that learns from them; or such a modifier without such documents.
        EnvironmentProblem: the process was forked from one with a model.
    """
    check_process()
    if not isinstance(config, Config):
        raise ConfigError(f"expected a bert4ner.Config, e.g. bert4ner.Config(epochs=3), got {received(config)}")
    if valid is not None and config.sampling.bootstrap:
        raise ConfigError("bootstrap already holds out the documents that are not drawn; leave out valid or bootstrap")
    check_documents(documents, "training")
    _check_taught(documents, more.all, config)
    modifiers = _check_network(config, sorted_labels([*documents, *(valid or ())]))
    _check_unlabelled(modifiers, [each.document for each in more.all if not each.document.weight])
    if valid is not None:
        check_documents(valid, "validation")
    warn_of_idle(documents, config)


def _check_network(config: Config, labels: Sequence[str]) -> Mapping[str, Any]:
    """Refuse options that contradict the pretrained encoder or each other; returns the modifiers of the step."""
    config.model.named_encoder()
    from bert4ner.models.backbone import (
        check_fresh,
        check_size,
    )  # deferred: bad data is reported without TensorFlow
    from bert4ner.models.blueprint import Blueprint
    from bert4ner.models.builder import open_encoder, open_reading
    from bert4ner.train.compiling import checked_modifiers
    from bert4ner.train.losses import check_losses
    from bert4ner.train.rates import check_rates

    pretrained = open_encoder(config)
    check_size(pretrained.config, config.model, max_length=config.windows.max_length)
    open_reading(Blueprint.of(config, labels, pretrained.config, pretrained.vocabulary))
    check_losses(config, labels)
    modifiers = checked_modifiers(config, pretrained.config)
    check_rates(config, pretrained.config)
    check_fresh(pretrained.config, config.regularization.reinitialise_layers)
    return modifiers


def _check_unlabelled(modifiers: Mapping[str, Any], unlabelled: Sequence[Document]) -> None:
    needing = next((name for name, modifier in modifiers.items() if modifier.needs_unlabelled), None)
    if needing and not unlabelled:
        raise ConfigError(
            f"the modifier {needing} does nothing without unlabelled documents; give some (--unlabelled FILE), or "
            "leave it out"
        )
    if unlabelled and not any(modifier.learns_without_labels for modifier in modifiers.values()):
        able = ", ".join(name for name in MODIFIERS.own() if MODIFIERS.get(name).learns_without_labels)
        raise ConfigError(
            f"nothing learns from document {unlabelled[0].id!r}, which has no labels; add one of the modifiers {able}"
        )


def _check_taught(documents: Sequence[Document], pseudo: Sequence[PseudoLabelled], config: Config) -> None:
    ramp, labelled = config.pseudo.pseudo_ramp, [each.document for each in pseudo if each.document.weight]
    if ramp and not labelled:
        raise ConfigError(
            f"pseudo_ramp={ramp} does nothing without pseudo-labelled documents; give some or leave it out"
        )
    taught = [*documents, *(each.document for each in pseudo)]
    both = next((each for each in taught if not each.weight and (each.entities or each.unsure)), None)
    if both is not None:
        raise DataError(
            f"document {both.id!r} has labels but the weight 0, which means no labels; remove the labels or the weight"
        )
    unsure = next((document for document in taught if document.unsure), None)
    if unsure is not None and not HEADS.get(config.model.head).leaves_open:
        able = ", ".join(head for head in HEADS.own() if HEADS.get(head).leaves_open)
        raise ConfigError(
            f"document {unsure.id!r} has unsure spans, which the head {config.model.head!r} cannot leave open; others "
            f"can: {able}"
        )


def check_documents(documents: Sequence[Document], what: str) -> None:
    """Refuse documents that training cannot use.

    Args:
        documents: annotated documents.
        what: their purpose, for messages.

    Raises:
        DataError: see `check_training`.
    """
    check_sequence(documents, Document, f"{what} documents", cure="read the file first: bert4ner.read_documents(path)")
    if not documents:
        raise DataError(f"empty data set: no {what} documents")
    weightless = next((document for document in documents if not document.weight), None)
    if weightless is not None:
        raise DataError(
            f"{what} document {weightless.id!r} has the weight 0, as if it had no labels; leave it out, or give it as "
            "an unlabelled one (--unlabelled FILE)"
        )
    counts = Counter(document.id for document in documents)
    repeated = [id for id, count in counts.items() if count > 1]
    if repeated:
        raise DataError(f"ids of {what} documents must differ, {repeated[0]!r} occurs {counts[repeated[0]]} times")
    labels = sorted_labels(list(documents))
    if not labels:
        raise DataError(f"no {what} document has an entity; check the format and that the annotations are there")
    _check_writable(counts, labels)


def _check_writable(ids: Iterable[str], labels: Iterable[str]) -> None:
    """Refuse names that the files of a run cannot hold: results written after hours must be readable."""
    for id in ids:
        if not isinstance(id, str) or not id:
            raise DataError(f"a document has the id {id!r}; expected a non-empty string")
        check_text(id, where=f"document id {id!r}")
    for label in labels:
        if label.strip() != label or len(label.splitlines()) != 1:
            raise DataError(f"the label {label!r} contains a line break or has white space at an end; rename it")
