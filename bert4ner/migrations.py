"""The migrations of `Config`: what options of older runs and models have to become to mean what they meant.

An option that is new, or means something else than before, gets a migration here, even if it has nothing to do: its
reason then says why the default is what every older file meant. A test compares the options with those recorded for the
version, so none can be forgotten.
"""

from bert4ner.options.versions import Migration


def _queries_through_all_layers(options: dict[str, object]) -> dict[str, object]:
    return options if options.get("head") != "mrc" else {"joint_layers": 0, **options}


_HEEDLESS = ("crf", "softmax", "global_pointer", "efficient_global_pointer", "biaffine", "w2ner", "mrc")


def _unheeded_losses_left_out(options: dict[str, object]) -> dict[str, object]:
    if options.get("head", "crf") not in _HEEDLESS:
        return options
    return {name: value for name, value in options.items() if name not in ("label_smoothing", "focal")}


CONFIG_MIGRATIONS = (
    Migration(
        "before `joint_layers` all layers read text and query of the head `mrc` together; its default is fewer",
        _queries_through_all_layers,
    ),
    Migration("before `modifiers` there were none, which is its default"),
    Migration("before `schedule` and `layer_decay` rates fell linearly and were the same for all layers: the defaults"),
    Migration("before `lexicon` networks were told of no words, which is its default"),
    Migration(
        "before the group `losses`, `label_smoothing` and `focal` stood among the `spans`, and no head but `span` took "
        "notice of them, which others do now, or refuse them; the rest of the group there was not, as by default",
        _unheeded_losses_left_out,
        moved={"spans": ("label_smoothing", "focal")},
    ),
    Migration(
        "before `dropout_samples`, `head_l1` and `head_l2` dropout was drawn once and nothing penalized: the defaults"
    ),
    Migration("before `neck_learning_rate` and `transition_learning_rate` all on top learned at one rate: the default"),
    Migration("before `reinitialise_layers` all layers began as they were pretrained, which is its default"),
    Migration("before `recompute` all inner values were kept, which is its default; results are the same"),
    Migration(
        "before `seeds` each fold had one model, before `bootstrap`, `repeat_rare`, `keep_empty`, "
        "`replace_mentions` and `swap_mentions` an epoch had every document once, as it is: the defaults"
    ),
    Migration("before `pseudo_ramp` documents weighed the same in all epochs, which is its default"),
)
"""Those of `Config`."""
