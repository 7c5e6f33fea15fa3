"""Train one model: the loop of Keras `fit` with the library's callbacks, resumable after every epoch.

What is held out, where the folder lies in a run and which process does it is decided above.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bert4ner.backend.frameworks import tf
from bert4ner.backend.switches import prepare_process
from bert4ner.config import Config
from bert4ner.entities import Document
from bert4ner.errors import DataError, RunError
from bert4ner.models.ner_model import NERModel
from bert4ner.train.batches import TrainingBatches
from bert4ner.train.callbacks import EpochRecorder, ReplayableRandomness, StopAtNaN
from bert4ner.train.optimizers import compile_for_training
from bert4ner.train.progress import EpochProgress


def fit(
    training: Sequence[Document],
    held_out: Sequence[Document],
    config: Config,
    *,
    labels: Sequence[str],
    folder: str | Path,
) -> list[dict[str, Any]]:
    """Train on some documents, score others after every epoch, keep the best epoch's model; returns the history.

    If `folder` holds the state of the same training, it goes on after the last completed epoch, with the same result
    as if it had never stopped. Sets for the whole process what `backend.switches.prepare_process` says, repeatable and
    with the seed of the configuration.

    Args:
        labels: all labels that the model shall know, including those that occur in held-out documents only.
        folder: receives model/, history.jsonl and state/, which is needed only to go on.

    Raises:
        DataError: no text to train on, no documents held out, or a label to learn that is not among `labels`.
        CheckpointError, ConfigError: see `build_model`.
        RunError: the loss is no number, the memory does not suffice, or the state is damaged.
    """
    if not training or not held_out:
        raise DataError(f"{len(training)} documents to train on and {len(held_out)} held out; both need at least one")
    folder = Path(folder)
    prepare_process(repeatable=True)
    unknown = sorted({entity.label for document in training for entity in document.entities} - set(labels))
    if unknown:
        raise DataError(f"training documents have the labels {', '.join(unknown)}, which are not among those to learn")
    model = NERModel.create(config, labels)
    batches = TrainingBatches(training, model)
    if not len(batches):
        raise DataError(f"the {len(training)} documents to train on hold no text")
    epochs = config.optimization.epochs
    compile_for_training(model, epochs * len(batches))
    recorder = EpochRecorder(model, batches, held_out, folder)
    recorder.set_model(model.network)
    completed = recorder.resume()
    if completed < epochs and not recorder.exhausted:
        _train(model, batches, recorder, completed)
    return recorder.history


def _train(model: NERModel, batches: TrainingBatches, recorder: EpochRecorder, completed: int) -> None:
    config = model.config
    try:
        model.network.fit(
            batches.dataset(completed, config.optimization.epochs),
            initial_epoch=completed,
            epochs=config.optimization.epochs,
            steps_per_epoch=len(batches),
            verbose=0,
            callbacks=[
                ReplayableRandomness(config.run.seed),
                StopAtNaN(batches),
                EpochProgress(len(batches)),  # gone before the recorder reports
                recorder,
            ],
        )
    except (tf.errors.ResourceExhaustedError, MemoryError):
        raise RunError(
            f"out of memory with batch_tokens={config.optimization.batch_tokens} and windows of "
            f"max_length={config.windows.max_length}; lower --batch-tokens"
        ) from None
