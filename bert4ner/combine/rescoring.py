"""Gives candidates a new probability, from members, from the rest of the document and from the annotated texts.

A few small networks over a hundred numbers for each candidate, averaged, fitted out of fold. The caller makes sure that
candidates come from out-of-fold models; what the annotated documents say about a candidate is counted here without its
own.
"""

from collections.abc import Sequence

import numpy as np

from bert4ner.combine import context
from bert4ner.combine.candidates import Evidence
from bert4ner.combine.features import NUMBERS, Columns, active, common_neighbours, feature_names, features
from bert4ner.combine.learning import BoolArray, FloatArray, check_learnable
from bert4ner.decode.activations import logistic
from bert4ner.entities import Document, Entity, sorted_labels
from bert4ner.errors import ConfigError
from bert4ner.runs.rescorer import Rescorer
from bert4ner.text.gazetteer import Gazetteer

_GROUPS = 5  # of documents, whose annotated texts are counted without those of their own group
_NETWORKS, _UNITS, _EPOCHS = 4, 64, 20
_STEPS = 64  # at least, in an epoch: few candidates need smaller batches


def known_words(gazetteer: Gazetteer, text: str) -> set[Entity]:
    """Every occurrence of an annotated text, with every label that it was annotated with."""
    annotated = gazetteer.counts.annotated
    return {
        Entity(start, end, gazetteer.labels[column])
        for start, end, number in gazetteer.finder.find(text)
        for column in np.flatnonzero(annotated[number]).tolist()
    }


def propose(
    documents: Sequence[Document], found: Sequence[set[Entity]], gazetteers: Sequence[Gazetteer] | None
) -> tuple[list[set[Entity]], list[list[Entity]]]:
    """For each document what members propose, and all its candidates, sorted.

    Members propose what they find; if there are gazetteers, also the same text elsewhere in the document. The texts of
    the document's gazetteer are then candidates, too.
    """
    if gazetteers is None:
        return list(found), [sorted(entities) for entities in found]
    proposed = [context.repeated(document, sorted(own)) for document, own in zip(documents, found, strict=True)]
    known = [known_words(words, document.text) for words, document in zip(gazetteers, documents, strict=True)]
    return proposed, [sorted(own | more) for own, more in zip(proposed, known, strict=True)]


def words_of_other_folds(gold: Sequence[Document], folds: Sequence[int], others: Sequence[Document]) -> list[Gazetteer]:
    """For each document the annotated texts of the other folds, and of `others`."""
    whole = Gazetteer.of([*gold, *others], sorted_labels([*gold, *others]))
    without = {
        fold: whole.without_texts({each.text for each, own in zip(gold, folds, strict=True) if own == fold})
        for fold in set(folds)
    }
    return [without[fold] for fold in folds]


def fit_rescorer(
    gold: Sequence[Document], evidence: Sequence[Evidence], right: Sequence[BoolArray], others: Sequence[Document] = ()
) -> Rescorer:
    """Fit the networks to these documents; the same documents give the same ones.

    Args:
        gold: the annotated documents.
        evidence: of each, what out-of-fold models found.
        right: of each, which candidates are gold, bool (candidates,).
        others: more annotated documents, whose mentions count as known.

    Raises:
        DataError: all candidates are right, or none is.

    References:
        Stacking: Wolpert 1992. Non-local features of repeated mentions: Krishnan and Manning 2006, An effective
        two-stage model for exploiting non-local dependencies in named entity recognition.
    """
    labels = sorted_labels([*gold, *others, *(each.document for each in evidence)])
    whole = Gazetteer.of([*gold, *others], labels)
    columns = Columns(NUMBERS, *common_neighbours(evidence))
    table, target = _taught(gold, evidence, right, whole, columns)
    check_learnable(target, "rescoring")
    centres, scales = table.mean(axis=0), table.std(axis=0)
    scales[scales < 1e-6] = 1.0
    (hidden, output), (hidden_bias, bias) = _learn((table - centres) / scales, target)
    return Rescorer(
        labels=tuple(labels),
        words=whole.to_dict(),
        features=feature_names(len(evidence[0].probabilities), labels, columns),
        centres=tuple(centres.tolist()),
        scales=tuple(scales.tolist()),
        hidden=tuple(map(tuple, hidden.tolist())),
        hidden_bias=tuple(hidden_bias.tolist()),
        output=tuple(output[:, 0].tolist()),
        bias=float(bias[0]),
        before=columns.before,
        after=columns.after,
    )


def _learn(table: FloatArray, target: BoolArray) -> tuple[list[FloatArray], list[FloatArray]]:
    """Weights and biases of the two layers of a network, from standardized features (candidates, features).

    It gives the mean log-odds of several networks that start from different weights: their units side by side.
    """
    from sklearn.neural_network import MLPClassifier  # deferred: predicting does not need it

    batch = min(max(len(table) // _STEPS, 16), 256, len(table))
    networks = [
        MLPClassifier((_UNITS,), alpha=1.0, batch_size=batch, random_state=number) for number in range(_NETWORKS)
    ]
    for network in networks:
        for _ in range(_EPOCHS):
            network.partial_fit(table, target, classes=[False, True])
    hidden, output = zip(*(network.coefs_ for network in networks), strict=True)
    hidden_bias, bias = zip(*(network.intercepts_ for network in networks), strict=True)
    weights = [np.concatenate(hidden, axis=1), np.concatenate(output) / _NETWORKS]
    return weights, [np.concatenate(hidden_bias), np.mean(bias, axis=0)]


def _taught(
    gold: Sequence[Document],
    evidence: Sequence[Evidence],
    right: Sequence[BoolArray],
    whole: Gazetteer,
    columns: Columns,
) -> tuple[FloatArray, BoolArray]:
    """The features of all candidates (candidates, features), counted without their own group, and which are right."""
    rows, truth = [], []
    for group in range(_GROUPS):
        own = range(group, len(gold), _GROUPS)
        words = whole.without_texts({gold[place].text for place in own})
        for place in own:
            among = active(evidence[place], words)
            rows.append(features(evidence[place], words, columns)[among])
            truth.append(right[place][among])
    return np.concatenate(rows), np.concatenate(truth)


def rescore(rescorer: Rescorer, evidence: Evidence) -> tuple[list[Entity], FloatArray]:
    """The candidates that members found or that occur among the annotated texts, and their probabilities.

    Raises:
        ConfigError: the network wants a number that is unknown here.
    """
    unknown = [name for name in rescorer.numbers if name not in NUMBERS]
    if unknown:
        raise ConfigError(f"rescoring computes no number {unknown[0]!r}; combine the runs again")
    columns = Columns(rescorer.numbers, rescorer.before, rescorer.after)
    among = active(evidence, rescorer.gazetteer)
    entities = [entity for entity, kept in zip(evidence.document.entities, among.tolist(), strict=True) if kept]
    return entities, network_output(rescorer, features(evidence, rescorer.gazetteer, columns)[among])


def network_output(rescorer: Rescorer, table: FloatArray) -> FloatArray:
    """Probabilities (candidates,), from features (candidates, features)."""
    hidden, hidden_bias = rescorer.hidden_layer()
    units = np.maximum((table - np.array(rescorer.centres)) / np.array(rescorer.scales) @ hidden + hidden_bias, 0)
    return logistic(units @ np.array(rescorer.output) + rescorer.bias)
