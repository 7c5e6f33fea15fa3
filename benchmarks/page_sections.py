"""The sections of `docs/numbers.md`, and the tables that are kept row by row."""

from dataclasses import dataclass

from page_tables import Table, code, number, percent, percents, significant

SCORES = (("P", "precision", percent), ("R", "recall", percent), ("F1", "f1", percent))
COMBINED = (*SCORES, ("weighted F1", "weighted_f1", percent), ("F1 out of fold", "out_of_fold_f1", percent))
BY_LABEL = (("gold", "gold", number(0)), *SCORES)
ARMS = (
    ("published recipe", "recipe", significant),
    ("PyTorch", "pytorch", significant),
    ("bert4ner", "bert4ner", significant),
)
SCALING = (
    ("encoding, s", "encoding_seconds", number(2)),
    ("s", "seconds", number(2)),
    ("peak MiB", "peak_mib", number(0)),
)


@dataclass(frozen=True)
class Section:
    """A topic: its tables, those of trainings kept line by line first ("heads", "tricks")."""

    title: str
    tables: tuple[Table, ...]
    lanes: str = ""


SECTIONS = (
    Section(
        "Accuracy",
        (
            Table(
                "accuracy",
                "sample",
                "Bundled sample: all heads, out of fold",
                "python examples/HEAD_baseline.py",
                (("micro F1", "f1", percent),),
                "note on the sample",
                "head",
            ),
            Table(
                "accuracy",
                "tcm",
                "tcm: without lexicon, by label",
                "make bench-accuracy",
                BY_LABEL,
                "note on accuracy",
                "label",
            ),
            Table(
                "accuracy",
                "resume",
                "resume: without lexicon, by label",
                "make bench-accuracy",
                BY_LABEL,
                "note on accuracy",
                "label",
            ),
            Table(
                "accuracy",
                "tcm-crossval",
                "tcm: 5-fold cross-validation of train.json, out of fold",
                "python benchmarks/accuracy.py --crossval",
                BY_LABEL,
                "note on cross-validation",
                "label",
            ),
            Table(
                "accuracy",
                "tcm-crossval-dev",
                "tcm: the five models averaged, on dev.json",
                "python benchmarks/accuracy.py --crossval",
                BY_LABEL,
                "",
                "label",
            ),
            Table(
                "accuracy",
                "arithmetic",
                "tcm: bfloat16 and float32",
                "python benchmarks/accuracy.py --float32",
                (
                    *SCORES,
                    ("F1 of each seed", "f1_by_seed", percents),
                    ("held out, each seed", "held_out_f1_by_seed", percents),
                ),
                "note on arithmetic",
                "--precision",
            ),
            Table(
                "accuracy",
                "published",
                "Figures to compare with",
                "",
                (
                    ("data", "set", significant),
                    ("micro F1", "f1", percent),
                    ("weighted F1", "weighted_f1", percent),
                ),
                "note on published figures",
                "system",
            ),
        ),
        lanes="heads",
    ),
    Section("Training tricks", (), lanes="tricks"),
    Section(
        "Combining and recall",
        (
            Table(
                "combine",
                "combine",
                "tcm: three heads, five folds each, combined",
                "make bench-combine",
                COMBINED,
                "note on combining",
                "on dev.json",
            ),
            Table(
                "combine",
                "rescoring",
                "tcm: models rescored",
                "python benchmarks/rescoring.py",
                COMBINED,
                "note on rescoring",
                "on dev.json",
            ),
            Table(
                "combine",
                "loop",
                "tcm: the whole loop of a competition",
                "python benchmarks/whole_loop.py",
                COMBINED,
                "note on the loop",
                "on dev.json",
            ),
            Table(
                "combine",
                "thresholds",
                "tcm: thresholds for one model",
                "bert4ner combine RUN --gold train.json --nbest 5",
                (("micro F1 without", "f1_without", percent), ("micro F1 with", "f1", percent)),
                "note on thresholds",
                "head",
            ),
        ),
    ),
    Section(
        "Unlabelled text and doubtful labels",
        (
            Table(
                "unlabelled",
                "denoising",
                "Planted annotation errors found by audit",
                "python benchmarks/denoising.py",
                (("errors", "errors", number(0)), ("found, %", "share", percent)),
                "note on planted errors",
            ),
            Table(
                "unlabelled",
                "pretraining",
                "Pre-training on TCM's texts",
                "python benchmarks/unlabelled.py",
                (
                    ("epochs", "epochs", number(0)),
                    ("held-out perplexity", "perplexity", significant),
                    ("minutes", "minutes", number(0)),
                ),
                "note on pre-training",
                "encoder",
            ),
            Table(
                "unlabelled",
                "arms",
                "tcm: what unlabelled text and denoising add to a recipe",
                "python benchmarks/unlabelled.py",
                COMBINED,
                "note on arms",
                "on dev.json",
            ),
        ),
    ),
    Section(
        "Speed and memory",
        (
            Table(
                "speed",
                "speed",
                "tcm: beside the published recipe and PyTorch",
                "make bench-speed",
                ARMS,
                "note on speed",
            ),
            Table(
                "speed",
                "profile",
                "Where the time goes: 16 × 256 tokens, CRF",
                "python benchmarks/profile_ops.py",
                (("training step, ms", "training_ms", number(1)), ("forward pass, ms", "forward_ms", number(1))),
                "note on the profile",
                "operation",
            ),
            Table(
                "speed",
                "modifiers",
                "Time of a training step with modifiers",
                "python benchmarks/modifiers.py",
                (("times a plain step", "time", number(1)),),
                "",
                "modifier",
            ),
            Table(
                "speed",
                "recompute",
                "Memory with --recompute",
                "python benchmarks/modifiers.py --recompute",
                (("plain, GiB", "plain_gib", number(1)), ("--recompute, GiB", "recompute_gib", number(1))),
            ),
            Table(
                "speed",
                "decoding",
                "Decoding: n best paths and exact probabilities",
                "make bench-decoding",
                (("batch × length × tags", "shape", significant), ("ms", "ms", number(1))),
                "",
                "what",
            ),
            Table(
                "speed",
                "scaling-train",
                "Scaling: a training epoch by number of documents",
                "make bench-scaling",
                SCALING,
                "note on scaling",
                "documents",
            ),
            Table(
                "speed",
                "scaling-predict",
                "Scaling: recognition by number of documents",
                "make bench-scaling",
                SCALING[1:],
                "note on scaling",
                "documents",
            ),
            Table(
                "speed",
                "scaling-length",
                "Scaling: recognition of one text by its length",
                "make bench-scaling",
                SCALING[1:],
                "",
                "characters",
            ),
        ),
    ),
    Section(
        "Reading",
        (
            Table(
                "reading",
                "reading",
                "The same documents as bio and as jsonl",
                "python benchmarks/reading.py",
                (("lines", "lines", number(0)), ("CPU seconds", "seconds", number(2))),
                "",
                "format",
            ),
        ),
    ),
    Section(
        "Legacy scripts",
        (
            Table(
                "legacy",
                "legacy",
                "A placeholder-era script beside this library",
                "python benchmarks/legacy.py",
                (("F1", "f1", percent), ("seconds", "seconds", number(0))),
                "note on legacy",
            ),
            Table(
                "legacy_examples",
                "examples",
                "bert4keras' own examples",
                "python benchmarks/legacy_examples.py FOLDER",
                (
                    ("result", "result", significant),
                    ("seconds", "seconds", number(0)),
                    ("version", "version", code),
                    ("its line", "line", code),
                ),
                "note on legacy examples",
                "script",
            ),
        ),
    ),
)
