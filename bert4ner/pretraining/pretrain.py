"""Continue the pre-training of an encoder on unlabelled text, and write it as a pretrained checkpoint."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bert4ner.backend.forks import check_process
from bert4ner.backend.switches import prepare_process
from bert4ner.data.failures import named
from bert4ner.errors import ConfigError
from bert4ner.models.pretrained import PretrainedFolder, open_folder, open_pretrained
from bert4ner.models.pretrained.convert import target_sources, write_folder
from bert4ner.pretraining.batches import Batches
from bert4ner.pretraining.distillation import Distillation, begin_from, describe_student
from bert4ner.pretraining.folder import PretrainingFolder
from bert4ner.pretraining.masking import Masking
from bert4ner.pretraining.network import LanguageModel, check_encoder
from bert4ner.pretraining.options import PretrainingOptions
from bert4ner.pretraining.rounds import read_rounds
from bert4ner.pretraining.scratch import describe_encoder, write_scratch
from bert4ner.pretraining.store import Store, open_store, write_store
from bert4ner.pretraining.texts import find_files, iterate_texts
from bert4ner.pretraining.training import Training
from bert4ner.pretraining.words import make_words
from bert4ner.runs.lock import held
from bert4ner.text.pieces import open_vocabulary
from bert4ner.text.tokenizer import make_tokenizer
from bert4ner.text.vocabulary import Vocabulary
from bert4ner.train.console import log_to_console

_LAYOUTS = {"tensorflow": "tensorflow", "hf": "huggingface"}


def pretrain(
    texts: Iterable[str | Path], options: PretrainingOptions, *, output: str | Path, verbose: int = 1
) -> list[dict[str, Any]]:
    """Train an encoder as a masked language model; returns its history: one line before training and after each round.

    If `output` holds the state of the same training, it resumes with the same result as without the stop. For the whole
    process it calls `backend.switches.prepare_process`.

    Args:
        texts: files and folders, of any format and compression; see `pretraining.texts`.
        options: the encoder, and how to train it.
        output: the folder for the new checkpoint.
        verbose: 0 shows no progress.

    Raises:
        CheckpointError: the encoder cannot be read, is of a family without a masked language model, or has no [MASK].
        ConfigError: no encoder is named or described, its windows are too short, or `output` holds something else.
        DataError: the texts cannot be read, or there are too few.
        RunError: see `Training.run` and `PretrainingFolder.begin`.

    Example:
        >>> import bert4ner
        >>> lost = bert4ner.write_documents(bert4ner.sample_documents(), "texts.txt", "text")
        >>> options = bert4ner.PretrainingOptions(pretrained="tcm-mini", epochs=1)
        >>> history = bert4ner.pretrain(["texts.txt"], options, output="medical-encoder", verbose=0)

    References:
        Devlin et al. 2019, BERT; Cui et al. 2021, Pre-training with whole word masking for Chinese BERT; Wang et al.
        2021, MiniLMv2, for `teacher`.
    """
    check_process()
    files = find_files(texts)
    _check(options)
    folder = PretrainingFolder(Path(output))
    with log_to_console(verbose), held(folder.path):
        folder.begin(options)
        if folder.complete:
            return read_rounds(folder.history)
        prepare_process(seed=options.run.seed, repeatable=True)
        found = _open(files, folder, options)
        masking = Masking(open_vocabulary(found.path)[0], options.masks)
        batches = Batches(_read(files, folder, masking.vocabulary, options), masking, options)
        model, objective = _model(found, options)
        training = Training(model, batches, history=folder.history, state=folder.state, objective=objective)
        training.run()
        _write(model, folder, _LAYOUTS[options.layout])
    return training.lines


def _check(options: PretrainingOptions) -> None:
    """Validate everything that can be checked before creating files."""
    given = options.pretrained or options.distillation.teacher
    if options.scratch.architecture:
        found = describe_encoder(options.scratch.architecture)
    elif given:
        Masking(open_pretrained(given).vocabulary, options.masks)
        found = open_folder(given)
    else:
        raise ConfigError("no encoder; name its folder with --pretrained DIR, or describe one with --architecture FILE")
    check_encoder(found, options.texts.window)
    target_sources(found, _LAYOUTS[options.layout])
    if options.distillation.teacher:
        describe_student(found, options.distillation.layers)


def _open(files: list[Path], folder: PretrainingFolder, options: PretrainingOptions) -> PretrainedFolder:
    """The encoder to train, or its teacher; it has a vocabulary."""
    if options.scratch.architecture:
        return write_scratch(folder.scratch, iterate_texts(files), options.scratch)
    return open_folder(options.pretrained or options.distillation.teacher)


def _model(found: PretrainedFolder, options: PretrainingOptions) -> tuple[LanguageModel, Distillation | None]:
    """The model to train, and its loss if it has its own."""
    if not options.distillation.teacher:
        return LanguageModel(found, options), None
    teacher = LanguageModel(found, options)
    student = LanguageModel(describe_student(found, options.distillation.layers), options)
    begin_from(student, teacher)
    return student, Distillation(student, teacher)


def _read(files: list[Path], folder: PretrainingFolder, vocabulary: Vocabulary, options: PretrainingOptions) -> Store:
    source = [[str(file), file.stat().st_size] for file in files]
    store = open_store(folder.texts, source=source)
    if store is not None:
        return store
    return write_store(
        folder.texts,
        iterate_texts(files),
        make_tokenizer(options.texts.tokens, vocabulary),
        make_words(options.masks),
        seed=options.run.seed,
        source=source,
    )


def _write(model: LanguageModel, folder: PretrainingFolder, layout: str) -> None:
    aside = folder.state.parent / "written"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    with named(folder.path, aside):
        write_folder(aside, model.found, model.arrays(layout), layout)
    folder.finish(aside)
