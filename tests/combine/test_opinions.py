"""Opinions of runs: each model on its own, only about documents that it did not see, about all that is annotated."""

from dataclasses import replace

import numpy as np
import pytest

from bert4ner.combine.opinions import ask_runs
from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError, RunError
from bert4ner.models.prediction import predict_documents

pytestmark = pytest.mark.tensorflow

TWO = ("crf", "biaffine")


@pytest.fixture(scope="module")
def asked(runs, gold):
    return ask_runs([runs[name] for name in TWO], gold, nbest=5)


def test_each_document_gets_the_opinions_of_its_out_of_fold_models(asked, models, gold):
    assert [each.document for each in asked] == gold
    for number, each in enumerate(asked):
        out_of_fold = [models[name][number % 2] for name in TWO]
        bare = Document(each.document.id, each.document.text)
        for row, probabilities, model in zip(each.found, each.scores, out_of_fold, strict=True):
            (alone,) = predict_documents([model], [bare])
            assert {e for e, said in zip(each.candidates, row, strict=True) if said} == set(alone.entities)
            given = dict(zip(each.candidates, probabilities, strict=True))
            (thought,) = predict_documents([model], [bare], nbest=5)
            for entity in (*alone.entities, *thought.entities):
                assert given[entity] == pytest.approx(entity.score, abs=1e-4)
        assert set(each.document.entities) <= set(each.candidates) and len(set(each.candidates)) == len(each.candidates)
    assert any(len(each.candidates) > len(each.document.entities) for each in asked)


def test_without_more_paths_candidates_are_what_is_annotated_or_found(asked, runs, gold):
    fewer = ask_runs([runs[name] for name in TWO], gold, nbest=1)
    for few, many in zip(fewer, asked, strict=True):
        found = {entity for entity, said in zip(few.candidates, few.found.any(axis=0), strict=True) if said}
        assert set(few.candidates) == {*few.document.entities, *found} <= set(many.candidates)


def test_what_a_head_could_not_learn_has_no_probability_by_it(runs, gold, caplog):
    place = next(n for n, each in enumerate(gold) for e in each.entities if e.end - e.start > 1)
    outer = next(e for e in gold[place].entities if e.end - e.start > 1)
    inner = Entity(outer.start, outer.start + 1, outer.label)
    nested = [*gold]
    nested[place] = replace(gold[place], entities=(*gold[place].entities, inner))
    said = ask_runs([runs[name] for name in TWO], nested)[place]
    flat, spans = said.scores[:, said.candidates.index(inner)]
    assert np.isnan(flat) and 0 <= spans <= 1
    assert not np.isnan(said.scores[:, said.candidates.index(outer)]).any()
    assert caplog.text.count("was made from other annotation, other documents or another order") == 2


def test_documents_keep_their_ids_where_the_run_calls_them_otherwise(runs, gold):
    """Another export may number the same texts so that an id of the run means another text."""
    one_further = [replace(each, id=gold[(number + 1) % len(gold)].id) for number, each in enumerate(gold)]
    said = ask_runs([runs["crf"]], one_further, nbest=1)
    assert [each.document for each in said] == one_further
    for one, other in zip(said, ask_runs([runs["crf"]], gold, nbest=1), strict=True):
        assert one.candidates == other.candidates and np.array_equal(one.scores, other.scores)


def test_documents_without_an_out_of_fold_model_are_reported(runs, gold, caplog):
    assert len(ask_runs([runs["crf"]], [*gold, Document("new", "人参。")])) == len(gold)
    assert "1 of 17 documents, e.g. 'new', were learned by every model, or by none" in caplog.text


def test_what_does_not_belong_to_the_runs_is_refused(runs, gold):
    with pytest.raises(DataError, match="gold lacks 1 of the 16 documents"):
        ask_runs([runs["crf"]], gold[1:])
    foreign = [replace(gold[0], entities=(Entity(0, 1, "FOREIGN"),)), *gold[1:]]
    with pytest.raises(DataError, match="labels that the runs do not know: FOREIGN"):
        ask_runs([runs["crf"]], foreign)
    with pytest.raises(RunError, match="given twice"):
        ask_runs([runs["crf"], runs["crf"]], gold)
