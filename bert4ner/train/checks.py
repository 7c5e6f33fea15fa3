"""What can be known to be wrong with a training before a folder is made or a process started."""

from collections import Counter
from collections.abc import Iterable, Sequence

from bert4ner.config import Config
from bert4ner.entities import Document, check_text, sorted_labels
from bert4ner.errors import ConfigError, DataError
from bert4ner.registry import HEADS
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
    """Refuse documents and options that a training would fail with.

    Args:
        documents: those to train on.
        config: how to train.
        valid: validation documents, if they are given apart.
        more: what to train on, too.

    Raises:
        DataError: no documents, no entities, ids that repeat, names that the files of a run cannot hold.
        ConfigError, CheckpointError: see `build_model` and `compile_for_training`; or `valid` beside documents that are
            drawn; or unsure spans with a head that cannot leave them open.
    """
    if valid is not None and config.sampling.bootstrap:
        raise ConfigError("bootstrap scores models on the documents that are not drawn; leave out valid, or bootstrap")
    check_documents(documents, "training")
    _check_taught(documents, more.pseudo, config)
    _check_network(config, sorted_labels([*documents, *(valid or ())]))
    if valid is not None:
        check_documents(valid, "validation")
    warn_of_idle(documents, config)


def _check_network(config: Config, labels: Sequence[str]) -> None:
    """Refuse what does not suit the pretrained encoder, or one another."""
    from bert4ner.models.backbone import check_fresh, check_size  # deferred: bad data is told without TensorFlow
    from bert4ner.models.blueprint import Blueprint
    from bert4ner.models.builder import open_encoder, open_reading
    from bert4ner.train.compiling import checked_modifiers
    from bert4ner.train.losses import check_losses
    from bert4ner.train.rates import check_rates

    pretrained = open_encoder(config)
    check_size(pretrained.config, config.model, max_length=config.windows.max_length)
    open_reading(Blueprint.of(config, labels, pretrained.config, pretrained.vocabulary))
    check_losses(config, labels)
    checked_modifiers(config, pretrained.config)
    check_rates(config, pretrained.config)
    check_fresh(pretrained.config, config.regularization.reinitialise_layers)


def _check_taught(documents: Sequence[Document], pseudo: Sequence[PseudoLabelled], config: Config) -> None:
    ramp = config.pseudo.pseudo_ramp
    if ramp and not pseudo:
        raise ConfigError(
            f"pseudo_ramp={ramp} does nothing without pseudo-labelled documents; give some or leave it out"
        )
    taught = [*documents, *(each.document for each in pseudo)]
    unsure = next((document for document in taught if document.unsure), None)
    if unsure is not None and not HEADS.get(config.model.head).leaves_open:
        able = ", ".join(head for head in HEADS.own() if HEADS.get(head).leaves_open)
        raise ConfigError(
            f"document {unsure.id!r} has unsure spans, which the head {config.model.head!r} cannot leave open; others "
            f"can: {able}"
        )


def check_documents(documents: Sequence[Document], what: str) -> None:
    """Refuse documents that cannot be trained on.

    Args:
        documents: annotated ones.
        what: what they are for, in messages.

    Raises:
        DataError: see `check_training`.
    """
    if not documents:
        raise DataError(f"empty data set: no {what} documents")
    counts = Counter(document.id for document in documents)
    repeated = [id for id, count in counts.items() if count > 1]
    if repeated:
        raise DataError(f"ids of {what} documents must differ, {repeated[0]!r} occurs {counts[repeated[0]]} times")
    labels = sorted_labels(list(documents))
    if not labels:
        raise DataError(f"no {what} document has an entity; is the format right, are the annotations there?")
    _check_writable(counts, labels)


def _check_writable(ids: Iterable[str], labels: Iterable[str]) -> None:
    """Refuse names that the files of a run cannot hold: what is written after hours must be readable again."""
    for id in ids:
        if not isinstance(id, str) or not id:
            raise DataError(f"a document has the id {id!r}; expected a string that is not empty")
        check_text(id, where=f"document id {id!r}")
    for label in labels:
        if label.strip() != label or len(label.splitlines()) != 1:
            raise DataError(f"the label {label!r} has a line break, or white space at an end; rename it")
