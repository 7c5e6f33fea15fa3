"""The loop of a search, with scores that are looked up instead of trained."""

import json
from types import SimpleNamespace

import pytest

from bert4ner.config import Config
from bert4ner.entities import Document, Entity
from bert4ner.errors import Bert4NERError, CheckpointError, ConfigError, RunError
from bert4ner.runs.history import write_history
from bert4ner.runs.lock import held
from bert4ner.scoring.metrics import evaluate
from bert4ner.train.callbacks.behind import Others, StopBehind
from bert4ner.tuning import tune as module
from bert4ner.tuning.options import TuningOptions
from bert4ner.tuning.trials import Trial, read_trials, write_trials

GOLD = [
    Document(str(n), "人参当归甘草黄芪", tuple(Entity(p, p + 2, "DRUG") for p in range(0, 8, 2))) for n in range(25)
]
CONFIG = Config(pretrained="tcm-mini", epochs=4)
SEARCH = TuningOptions(trials=8, search=("learning_rate=1e-5..1e-2", "head=crf|w2ner", "batch_tokens=1024..4096"))


class Killed(BaseException):
    pass


class Trainings:
    """Stands for `train_model`: a curve for each configuration, in steps that can be killed."""

    def __init__(self):
        self.configs, self.epochs, self.kill_after, self.failing = [], 0, None, {}
        self.end = Killed()

    def __call__(self, documents, config, *, output, valid=None, executor=None, callbacks=(), verbose=1):
        self.configs.append(config)
        if error := self.failing.get(len(self.configs)):
            raise error
        fold = output / "fold-0"
        path = fold / "history.jsonl"
        lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        stopping = SimpleNamespace(stop_training=False)
        for callback in callbacks:
            callback.model = stopping
        while len(lines) < config.epochs and not stopping.stop_training:
            if self.epochs == self.kill_after:
                raise self.end
            self.epochs += 1
            f1 = self.level(config) * (len(lines) + 1) / config.epochs
            for callback in callbacks:
                callback.on_epoch_end(len(lines), {"f1": f1})
            lines.append({"epoch": len(lines) + 1, "precision": f1, "recall": f1, "f1": f1, "loss": 0.1})
            lines[-1] |= {"seconds": 1.0, "tokens_per_second": 1.0}
            fold.mkdir(parents=True, exist_ok=True)
            write_history(path, lines)
        return scored(round(100 * max(line["f1"] for line in lines)))

    def level(self, config):
        """Of the last epoch, one peak."""
        rate = 1e-3 if config.learning_rate == "auto" else config.learning_rate
        return max(0.05, 0.9 - abs(rate - 2e-3) * 80) - (0.1 if config.head == "crf" else 0)


def scored(hits):
    """Scores with an F1 of so many percent."""
    entities = [entity for document in GOLD for entity in document.entities]
    assert len(entities) == 100
    kept = iter(range(100))
    found = [
        Document(
            each.id,
            each.text,
            tuple(entity if next(kept) < hits else Entity(entity.start, entity.end, "X") for entity in each.entities),
        )
        for each in GOLD
    ]
    return evaluate(GOLD, found)


@pytest.fixture
def trainings(monkeypatch):
    found = Trainings()
    monkeypatch.setattr(module, "train_model", found)
    return found


def run(output, options=SEARCH, config=CONFIG):
    return module.tune(GOLD, config, output=output, options=options, verbose=0)


def timeless(folder):
    return [{**vars(each), "seconds": 0} for each in read_trials(folder)]


def test_the_first_trial_has_the_given_options_and_the_best_is_kept(trainings, tmp_path):
    found = run(tmp_path)
    rate = trainings.configs[0].learning_rate
    assert rate == pytest.approx(1e-3, rel=0.02)  # which is what auto means for this encoder
    assert trainings.configs[0] == CONFIG.replace(learning_rate=rate) and len(trainings.configs) == 8
    assert [each.number for each in found.trials] == list(range(1, 9))
    assert found.trials[0].options == {"batch_tokens": 4096, "head": "crf", "learning_rate": rate}
    complete = [each for each in found.trials if each.state == "complete"]
    assert found.best.f1 == max(each.f1 for each in complete) > found.trials[0].f1
    assert Config.load(found.config) == CONFIG.replace(**found.best.options)
    kept = sorted(path.name for path in tmp_path.glob("trial-*"))
    assert kept == sorted(["trial-1", found.best.name])


def test_all_runs_are_kept_if_wanted(trainings, tmp_path):
    run(tmp_path, SEARCH.replace(keep="all"))
    assert len(list(tmp_path.glob("trial-*"))) == 8


def test_trials_behind_the_median_stop_and_only_those(trainings, tmp_path):
    found = run(tmp_path, SEARCH.replace(trials=16))
    assert [each.state for each in found.trials].count("stopped") > 1
    for number, each in enumerate(found.trials):
        ahead = []
        for epoch in range(2, len(each.epochs) + 1):  # none is compared after the first of four
            others = sorted(max(other.epochs[:epoch]) for other in found.trials[:number])
            middle = (others[(len(others) - 1) // 2] + others[len(others) // 2]) / 2 if others else 0
            ahead.append(len(others) >= 4 and max(each.epochs[:epoch]) < middle)
        assert not any(ahead[:-1])
        assert each.state == ("stopped" if ahead[-1] and len(each.epochs) < 4 else "complete")


def test_a_repeated_last_epoch_counts_once():
    callback = StopBehind(Others(((0.1, 0.2, 0.3, 0.9),) * 4, free=1), (0.1, 0.25, 0.35))
    callback.model = SimpleNamespace(stop_training=False)
    callback.on_epoch_end(2, {"f1": 0.35})
    assert callback.values == [0.1, 0.25, 0.35] and not callback.model.stop_training


def test_nothing_stops_without_prune(trainings, tmp_path):
    found = run(tmp_path, SEARCH.replace(trials=16, prune=False))
    assert {each.state for each in found.trials} == {"complete"} and trainings.epochs == 64


def test_killed_after_any_epoch_the_search_ends_the_same(monkeypatch, tmp_path):
    undisturbed = Trainings()
    monkeypatch.setattr(module, "train_model", undisturbed)
    run(tmp_path / "whole")
    wanted = timeless(tmp_path / "whole")
    for after in range(undisturbed.epochs):
        other, folder = Trainings(), tmp_path / f"killed-{after}"
        other.kill_after = after
        monkeypatch.setattr(module, "train_model", other)
        with pytest.raises(Killed):
            run(folder)
        other.kill_after = None
        run(folder)
        assert timeless(folder) == wanted
        assert (folder / "best.toml").read_text() == (tmp_path / "whole/best.toml").read_text()
        assert sorted(p.name for p in folder.glob("*")) == sorted(p.name for p in (tmp_path / "whole").glob("*"))
        assert other.epochs == undisturbed.epochs  # none is trained twice


def test_killed_before_a_stopped_trial_was_recorded_it_trains_no_further(trainings, tmp_path):
    found = run(tmp_path, SEARCH.replace(trials=16))
    trials = read_trials(tmp_path)
    place = next(number for number, each in enumerate(trials) if each.state == "stopped")
    stopped = found.trials[place]
    write_trials(tmp_path, [*trials[:place], Trial(place + 1, stopped.options, "begun")])
    lines = [
        {"epoch": n, "precision": f1, "recall": f1, "f1": f1, "loss": 0.1, "seconds": 1.0, "tokens_per_second": 1.0}
        for n, f1 in enumerate(stopped.epochs, start=1)
    ]
    write_history(tmp_path / stopped.name / "fold-0/history.jsonl", lines)
    before = trainings.epochs
    again = run(tmp_path, SEARCH.replace(trials=place + 1))
    assert trainings.epochs == before and again.trials[place].epochs == stopped.epochs
    assert again.trials[place].state == "stopped"


def test_more_trials_add_to_a_search(trainings, tmp_path):
    first = run(tmp_path, SEARCH.replace(trials=3))
    more = run(tmp_path, SEARCH.replace(trials=6))
    assert more.trials[:3] == first.trials and len(more.trials) == 6 and len(trainings.configs) == 6


def test_a_search_ends_when_all_was_tried(trainings, tmp_path):
    found = run(tmp_path, TuningOptions(trials=9, search=("head=crf|w2ner",)))
    assert [each.options["head"] for each in found.trials] == ["crf", "w2ner"]


@pytest.mark.parametrize("error", [RunError("out of memory"), ConfigError("they contradict"), CheckpointError("none")])
def test_a_trial_that_fails_is_recorded_and_the_search_goes_on(trainings, tmp_path, caplog, error):
    trainings.failing = {3: error}
    found = run(tmp_path)
    assert [each.number for each in found.trials if each.state == "failed"] == [3]
    assert found.trials[2].reason == str(error) and f"trial 3 of 8 failed: {error}" in caplog.text
    assert run(tmp_path).trials == found.trials


def test_a_first_trial_that_fails_ends_the_search_and_leaves_nothing(trainings, tmp_path):
    trainings.failing = {1: RunError("out of memory with batch_tokens=4096; lower --batch-tokens")}
    with pytest.raises(RunError, match="out of memory"):
        run(tmp_path / "search")
    assert not (tmp_path / "search").exists()
    run(tmp_path / "search", config=CONFIG.replace(batch_tokens=2048))


def test_a_first_trial_that_fails_after_an_epoch_goes_on_later(trainings, tmp_path):
    trainings.kill_after, trainings.end = 2, RunError("no space left")
    with pytest.raises(RunError, match="no space left"):
        run(tmp_path)
    trainings.kill_after = None
    run(tmp_path, SEARCH.replace(trials=2))
    assert trainings.epochs == 8


def test_two_that_fail_in_a_row_end_the_search_and_the_same_command_goes_on(trainings, tmp_path):
    trainings.failing = {3: RunError("no space left"), 4: RunError("no space left"), 5: RunError("no space left")}
    with pytest.raises(RunError, match="trial-4: no space left; the trial before failed, too, so the search ends here"):
        run(tmp_path)
    assert [each.state for each in read_trials(tmp_path)] == ["complete", "complete", "failed", "begun"]
    found = run(tmp_path)  # the fourth fails again, and is left behind
    assert [each.state for each in found.trials].count("failed") == 2


def test_options_that_contradict_each_other_are_not_drawn(trainings, tmp_path):
    found = run(tmp_path, TuningOptions(trials=8, search=("max_length=128|512", "batch_tokens=300..4096")))
    assert {each.state for each in found.trials} <= {"complete", "stopped"}
    assert all(each.options["batch_tokens"] >= each.options["max_length"] for each in found.trials[1:])


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ("pretrained=tcm-mini|nowhere", "search of pretrained=nowhere: "),
        ("modifiers=|emma", "search of modifiers=emma: "),
    ],
)
def test_a_value_that_cannot_be_trained_is_refused_at_once(trainings, tmp_path, search, said):
    with pytest.raises(Bert4NERError, match=said):
        run(tmp_path / "search", TuningOptions(search=(search,)))
    assert not (tmp_path / "search").exists() and not trainings.configs


def test_a_folder_in_the_way_is_not_touched(trainings, tmp_path):
    run(tmp_path, SEARCH.replace(trials=2))
    (tmp_path / "trial-3").mkdir()
    (tmp_path / "trial-3/mine.txt").touch()
    with pytest.raises(RunError, match="trial-3: is in the way of the next trial; move it elsewhere"):
        run(tmp_path)
    assert (tmp_path / "trial-3/mine.txt").exists()


def test_folds_score_every_trial_and_stop_none(monkeypatch, tmp_path):
    asked = []

    def cross_validate(documents, config, *, output, folds, executor, callbacks, verbose):
        asked.append((folds, callbacks))
        return scored(50)

    monkeypatch.setattr(module, "cross_validate", cross_validate)
    found = run(tmp_path, SEARCH.replace(trials=6, folds=3))
    assert asked == [(3, [])] * 6 and {each.f1 for each in found.trials} == {0.5}
    assert {each.epochs for each in found.trials} == {()}


def test_folds_leave_no_place_for_other_documents(tmp_path):
    with pytest.raises(ConfigError, match="leave out valid or folds"):
        module.tune(GOLD, CONFIG, output=tmp_path, valid=GOLD, options=TuningOptions(folds=2))


def test_another_search_in_the_folder_is_refused(trainings, tmp_path):
    run(tmp_path, SEARCH.replace(trials=2))
    with pytest.raises(RunError, match=r"holds another search \(epochs was 4, now 5\)"):
        run(tmp_path, SEARCH.replace(trials=2), CONFIG.replace(epochs=5))
    with held(tmp_path), pytest.raises(RunError, match="trains into this folder"):
        run(tmp_path)


def test_other_documents_to_score_on_are_another_search(trainings, tmp_path):
    options = SEARCH.replace(trials=2)
    module.tune(GOLD[:20], CONFIG, output=tmp_path, valid=GOLD[20:], options=options, verbose=0)
    for documents, valid in ((GOLD, None), (GOLD[:10], GOLD[10:])):
        with pytest.raises(RunError, match="the documents differ"):
            module.tune(documents, CONFIG, output=tmp_path, valid=valid, options=options, verbose=0)


def test_by_default_the_rates_of_the_encoder_are_searched(trainings, tmp_path):
    found = run(tmp_path, TuningOptions(trials=4))
    assert set(found.trials[1].options) == {"learning_rate", "head_learning_rate", "batch_tokens", "modifiers"}
    first, rates = found.trials[0].options, ("learning_rate", "head_learning_rate")
    assert (first["batch_tokens"], first["modifiers"]) == (4096, "")
    assert all(first[name] / 4.1 <= each.options[name] <= first[name] * 4.1 for each in found.trials for name in rates)
    assert run(tmp_path, TuningOptions(trials=4)).trials == found.trials
