"""The migrations of `Config`: turn the options of older runs and models into options with the same meaning today.

A new option, or one that changes its meaning, needs a migration here, even one that changes nothing: its reason then
says why the default means the same as every older file. A test compares the options with those recorded for the
version, so that no migration is forgotten.
"""

from bert4ner.options.versions import Migration


def _queries_through_all_layers(options: dict[str, object]) -> dict[str, object]:
    return options if options.get("head") != "mrc" else {"joint_layers": 0, **options}


_HEEDLESS = ("crf", "softmax", "global_pointer", "efficient_global_pointer", "biaffine", "w2ner", "mrc")


def _unheeded_losses_left_out(options: dict[str, object]) -> dict[str, object]:
    if options.get("head", "crf") not in _HEEDLESS:
        return options
    return {name: value for name, value in options.items() if name not in ("label_smoothing", "focal")}


def _no_lexicon(options: dict[str, object]) -> dict[str, object]:
    return {**options, "lexicon": options.get("lexicon") or "none"}


CONFIG_MIGRATIONS = (
    Migration(
        "before `joint_layers` all layers read text and query of the head `mrc` together; its default is fewer",
        _queries_through_all_layers,
    ),
    Migration("before `modifiers` there were none, which is its default"),
    Migration("before `schedule` and `layer_decay` rates fell linearly and were the same for all layers: the defaults"),
    Migration("before `lexicon` networks used no lists of words, the default until `auto`"),
    Migration(
        "before the group `losses`, `label_smoothing` and `focal` were in the group `spans` and only the head `span` "
        "used them; now other heads use or refuse them. The group's other options did not exist: the defaults",
        _unheeded_losses_left_out,
        moved={"spans": ("label_smoothing", "focal")},
    ),
    Migration(
        "before `dropout_samples`, `head_l1` and `head_l2` dropout was drawn once and nothing penalized: the defaults"
    ),
    Migration("before `neck_learning_rate` and `transition_learning_rate` all layers on top had one rate: the default"),
    Migration("before `reinitialise_layers` all layers started with their pretrained weights, which is its default"),
    Migration("before `recompute` all inner values were kept, which is its default; results are the same"),
    Migration(
        "before `seeds` each fold had one model; before `bootstrap`, `repeat_rare`, `keep_empty`, "
        "`replace_mentions` and `swap_mentions` an epoch had every document once, unchanged: the defaults"
    ),
    Migration("before `pseudo_ramp` documents had the same weight in all epochs, which is its default"),
    Migration("before `auto` no lexicon was the default of `lexicon`, and empty", _no_lexicon),
)
"""The migrations of `Config`."""
