"""The migrations of `Config`: what options of older runs and models have to become to mean what they meant.

An option that is new, or means something else than before, gets a migration here, even if it has nothing to do: its
reason then says why the default is what every older file meant. A test compares the options with those recorded for the
version, so none can be forgotten.
"""

from bert4ner.options.versions import Migration


def _queries_through_all_layers(options: dict[str, object]) -> dict[str, object]:
    return options if options.get("head") != "mrc" else {"joint_layers": 0, **options}


CONFIG_MIGRATIONS = (
    Migration(
        "before `joint_layers` all layers read text and query of the head `mrc` together; its default is fewer",
        _queries_through_all_layers,
    ),
    Migration("before `modifiers` there were none, which is its default"),
    Migration("before `schedule` and `layer_decay` rates fell linearly and were the same for all layers: the defaults"),
    Migration(
        "before `seeds` each fold had one model, before `bootstrap`, `repeat_rare`, `keep_empty`, "
        "`replace_mentions` and `swap_mentions` an epoch had every document once, as it is: the defaults"
    ),
)
"""Those of `Config`."""
