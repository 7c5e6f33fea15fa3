"""The public names whose examples make or train networks, in an order in which each finds what it needs."""

import bert4ner

ORDER = (
    "build_model training_batches compile_for_training callbacks train_model cross_validate NamedEntityRecognizer "
    "load_recognizer combine_runs pseudo_label self_train pretrain compat"
).split()
PLACES = {name: bert4ner._LAZY[name] for name in ORDER}
