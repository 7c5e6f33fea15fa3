"""Random small models in many shapes and forms of files, and what must hold of each: states, and conversion."""

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import transformers
from safetensors.numpy import load_file, save_file

from bert4ner.backend.frameworks import keras
from bert4ner.config import ModelConfig
from bert4ner.models.backbone import build_backbone
from bert4ner.models.pretrained import Weights, open_folder, open_store
from bert4ner.models.pretrained.convert import convert_checkpoint, target_sources, write_folder
from bert4ner.models.pretrained.stored import Stored

VOCABULARY, LENGTHS = 41, (37, 5, 22)
SIZES = {
    "vocab_size": VOCABULARY,
    "hidden_size": 8,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 12,
}
"""Of a shape that does not say otherwise, in the words of most families."""
LEFT_OUT = (
    *("cls.predictions.decoder", "lm_head.decoder", "decoder.weight", "vocab_projector.weight", "classifier"),
    *("predictions.decoder", "generator_predictions", "generator_lm_head", "roformer.encoder.embed_positions"),
    *("lm_loss.weight", "sequence_summary", "logits_proj", "qa_outputs", "start_logits", "end_logits", "answer_class"),
    *("encoder.embed_tokens", "decoder.embed_tokens", "classification_head", "multiple_choice_head", "score"),
)
"""Copies of tied weights, heads of fine-tuned models and of a generator, a table of sines."""


@dataclass(frozen=True)
class Shape:
    """What differs in a model, which class of transformers it is of, and how its file is written.

    Attributes:
        prefix: before the names of the encoder's variables; None: what transformers writes.
    """

    changes: dict[str, Any] = field(default_factory=dict)
    suffix: str = "Model"
    form: str = "safetensors"
    prefix: str | None = None


def token_ids(pad: int) -> np.ndarray:
    """Ids (batch, length), rows of `LENGTHS`, the rest padding."""
    ids = np.random.default_rng(4).integers(0, VOCABULARY, (len(LENGTHS), max(LENGTHS)))
    ids = np.where(ids == pad, (pad + 1) % VOCABULARY, ids)
    for row, length in enumerate(LENGTHS):
        ids[row, length:] = pad
    return ids


def randomize(model: Any) -> None:
    """Weights large enough that every part of the model matters."""
    generator = torch.Generator().manual_seed(6)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.normal_(0, 0.3, generator=generator)
            parameter.add_(float("norm" in name.lower() and name.endswith("weight")))


def write_weights(tensors: dict[str, torch.Tensor], folder: Any, form: str) -> None:
    """`pytorch_model.bin`, `model.safetensors` or shards; "fp16" keeps what 16 bits hold."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: (value.half() if form == "fp16" else value).clone() for name, value in tensors.items()}
    if form == "bin":
        torch.save(tensors, folder / "pytorch_model.bin")
        return
    arrays = {name: np.ascontiguousarray(value.numpy()) for name, value in tensors.items()}
    if form != "sharded":
        save_file(arrays, folder / "model.safetensors")
        return
    files = {name: f"model-0000{number % 2 + 1}-of-00002.safetensors" for number, name in enumerate(sorted(arrays))}
    for file in set(files.values()):
        save_file({name: arrays[name] for name in arrays if files[name] == file}, folder / file)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": files}), encoding="utf-8")


def write_tokens(folder: Any, pad: int, size: int = VOCABULARY) -> None:
    """A vocabulary in which padding is where the model has it."""
    tokens = ["[UNK]", "[CLS]", "[SEP]", *(chr(0x4E00 + place) for place in range(size - 4))]
    tokens.insert(pad, "[PAD]")
    (folder / "vocab.txt").write_text("\n".join(tokens) + "\n", encoding="utf-8")


def make_model(shape: Shape, name: str, sizes: dict[str, Any]) -> Any:
    """A model of transformers with random weights."""
    config = getattr(transformers, f"{name}Config")(**{**sizes, **shape.changes})
    model = getattr(transformers, name + shape.suffix)(config).eval()
    randomize(model)
    model.tie_weights()
    model.config.architectures = [type(model).__name__]
    return model


def encoder_of(model: Any) -> Any:
    """The part of a model of transformers that gives hidden states."""
    return model.get_encoder() if model.config.is_encoder_decoder else model.base_model


def renamed(name: str, base: str, prefix: str) -> str:
    """The name of a variable with another prefix, if `base` is before it now."""
    return prefix + name.removeprefix(base) if name.startswith(base) else name


def save_model(model: Any, shape: Shape, folder: Any) -> dict[str, torch.Tensor]:
    """Writes a model of transformers to a folder; returns its variables under the names that they have there."""
    if shape.form == "fp16":
        model.half().float()
    base = "" if model is model.base_model else f"{model.base_model_prefix}."
    prefix = base if shape.prefix is None else shape.prefix
    weights = {renamed(name, base, prefix): value for name, value in model.state_dict().items()}
    write_weights(weights, folder, shape.form)
    model.config.save_pretrained(folder)
    write_tokens(folder, shape.changes.get("pad_token_id", model.config.pad_token_id or 0))
    return weights


def save_shape(shape: Shape, name: str, sizes: dict[str, Any], folder: Any) -> tuple[Any, dict[str, torch.Tensor]]:
    """A model of transformers in a folder; returns its encoder and its variables."""
    model = make_model(shape, name, sizes)
    return encoder_of(model), save_model(model, shape, folder)


def transformers_states(encoder: Any, ids: np.ndarray, pad: int, segments: Any = None) -> list[np.ndarray]:
    """The output of every block, by transformers."""
    with torch.no_grad():
        given = torch.tensor(ids)
        more = {} if segments is None else {"token_type_ids": torch.tensor(segments)}
        found = encoder(input_ids=given, attention_mask=(given != pad).long(), output_hidden_states=True, **more)
    return [state.numpy() for state in found.hidden_states[1:]]


class Blocks:
    """Our network for the configuration of a folder, which gives the output of every block.

    Weights are read from that folder or from another of the same configuration.
    """

    def __init__(self, folder: Any, length: int = max(LENGTHS)) -> None:
        found = open_folder(folder)
        options = ModelConfig(fusion="concat", fusion_layers=found.config.num_hidden_layers)
        self.backbone = build_backbone(found.config, options, dropout=0.0, max_length=length)
        outputs = [*self.backbone.blocks, self.backbone.blocks[-1]]  # of one output Keras makes no list
        self.network = keras.Model(self.backbone.inputs, outputs)

    def states(self, folder: Any, ids: np.ndarray, segments: Any = None) -> list[np.ndarray]:
        """The output of every block by the weights of a folder; what was there before is wiped."""
        for weight in self.network.trainable_weights:
            weight.assign(np.zeros(weight.shape, "float32"))
        self.backbone.load(open_folder(folder).checkpoint)
        given = [ids, np.zeros_like(ids) if segments is None else segments]
        return [state.numpy() for state in self.network(given[: len(self.backbone.inputs)])[:-1]]


def our_blocks(folder: Any, ids: np.ndarray) -> list[np.ndarray]:
    """The output of every block, from a folder."""
    return Blocks(folder).states(folder, ids)


def assert_near(found: list[np.ndarray], expected: list[np.ndarray], real: np.ndarray) -> None:
    """All blocks agree where tokens are no padding, and do something."""
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one[real], other[real], atol=1e-4, rtol=0)
    assert np.abs(expected[-1][real]).max() > 0.1


def weights_of(folder: Any) -> Weights:
    """What can be read of the weights of a folder."""
    found = open_folder(folder)
    return Weights(open_store(found.checkpoint), found.family, found.config)


def rewrite(source: Any, target: Any, to: str) -> None:
    """What `convert_checkpoint` writes, without the comparison of hidden states, for which it builds two networks."""
    found, weights = open_folder(source), weights_of(source)
    kept = {layer: each for layer, each in target_sources(found, to).items() if weights.has(layer)}
    target.mkdir()
    read = lambda layer, number: weights.read(weights.sources[layer][number])  # noqa: E731
    write_folder(target, found, Stored(read, kept, where="here"), to)


def assert_there_and_back(
    folder: Any, tmp_path: Any, weights: dict[str, torch.Tensor] | None = None, *, whole: bool = False
) -> None:
    """From Hugging Face's layout to TensorFlow's and back: the bits of what was there and is not left out.

    Where the bits and the configuration return, the hidden states do; `whole` compares them too, as the command does.

    Args:
        folder: the published one.
        tmp_path: for the other two.
        weights: those of `folder`; None: what its model.safetensors holds.
        whole: convert with the command's own checks, which build four networks.
    """
    if whole:
        assert convert_checkpoint(folder, tmp_path / "there").target == "tensorflow"
        convert_checkpoint(tmp_path / "there", tmp_path / "back")
    else:
        rewrite(folder, tmp_path / "there", "tensorflow")
        rewrite(tmp_path / "there", tmp_path / "back", "huggingface")
    configs = [open_folder(each).config for each in (folder, tmp_path / "there", tmp_path / "back")]
    assert configs[0] == configs[1] == configs[2]
    given = load_file(folder / "model.safetensors") if weights is None else weights
    canonical, after = weights_of(folder).layout.canonical, load_file(tmp_path / "back" / "model.safetensors")
    before = {canonical(name): np.asarray(value) for name, value in given.items()}
    assert all(np.array_equal(array, before[name]) for name, array in after.items())
    rest = [name for name in before if name not in after and not name.startswith(LEFT_OUT)]
    assert not rest, rest
