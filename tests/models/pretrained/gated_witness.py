"""GTE ("new") and JinaBERT in PyTorch, from their papers and what their published code computes.

Names of parameters are those of the published files. One sentence at a time, without padding: nothing is masked here.
"""

import math
from typing import Any

import torch
from torch import nn
from torch.nn.functional import gelu, layer_norm, relu, silu, softmax

ACTIVATIONS = {"gelu": gelu, "relu": relu, "silu": silu}


class Tree(nn.Module):
    """Parameters under dotted names."""

    def __init__(self, shapes: dict[str, tuple[int, ...]]) -> None:
        super().__init__()
        for name, shape in shapes.items():
            *path, last = name.split(".")
            node: nn.Module = self
            for part in path:
                if part not in node._modules:
                    node.add_module(part, nn.Module())
                node = node._modules[part]
            node.register_parameter(last, nn.Parameter(torch.empty(shape)))


def linear(name: str, inputs: int, outputs: int, *, bias: bool = True) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (outputs, inputs)} | ({f"{name}.bias": (outputs,)} if bias else {})


def norm(name: str, width: int, *, bias: bool = True) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (width,)} | ({f"{name}.bias": (width,)} if bias else {})


class Gated(Tree):
    """What the two have in common.

    Args:
        config: as published.
        base: before the names of the encoder, "new." or "".
    """

    def __init__(self, config: dict[str, Any], base: str = "") -> None:
        self.described, self.base = config, base
        width, found = config["hidden_size"], {}
        found |= {"embeddings.word_embeddings.weight": (config["vocab_size"], width)}
        if config["type_vocab_size"]:
            found |= {"embeddings.token_type_embeddings.weight": (config["type_vocab_size"], width)}
        if config["position_embedding_type"] == "absolute":
            found |= {"embeddings.position_embeddings.weight": (config["max_position_embeddings"], width)}
        found |= norm("embeddings.LayerNorm", width)
        for number in range(config["num_hidden_layers"]):
            parts = self.block(width, config["intermediate_size"])
            found |= {f"encoder.layer.{number}.{name}": shape for name, shape in parts.items()}
        super().__init__({base + name: shape for name, shape in found.items()})

    def block(self, width: int, inner: int) -> dict[str, tuple[int, ...]]:
        raise NotImplementedError

    def layer(self, states: torch.Tensor, stem: str) -> torch.Tensor:
        raise NotImplementedError

    def get(self, name: str) -> torch.Tensor:
        return self.get_parameter(self.base + name)

    def has(self, name: str) -> bool:
        return self.base + name in dict(self.named_parameters())

    def linear(self, given: torch.Tensor, name: str) -> torch.Tensor:
        found = given @ self.get(f"{name}.weight").T
        return found + self.get(f"{name}.bias") if self.has(f"{name}.bias") else found

    def norm(self, given: torch.Tensor, name: str) -> torch.Tensor:
        epsilon = self.described["layer_norm_eps"]
        if not self.has(f"{name}.bias"):  # root of the mean square
            return given / torch.sqrt((given**2).mean(-1, keepdim=True) + epsilon) * self.get(f"{name}.weight")
        return layer_norm(given, given.shape[-1:], self.get(f"{name}.weight"), self.get(f"{name}.bias"), epsilon)

    def heads(self, given: torch.Tensor) -> torch.Tensor:
        """(length, width) to (heads, length, size)."""
        return given.reshape(len(given), self.described["num_attention_heads"], -1).transpose(0, 1)

    def states(self, ids: torch.Tensor) -> list[torch.Tensor]:
        """The output of every block for the ids of one sentence."""
        state = self.get("embeddings.word_embeddings.weight")[ids]
        if self.described["type_vocab_size"]:
            state = state + self.get("embeddings.token_type_embeddings.weight")[0]
        if self.described["position_embedding_type"] == "absolute":
            state = state + self.get("embeddings.position_embeddings.weight")[: len(ids)]
        state, found = self.norm(state, "embeddings.LayerNorm"), []
        for number in range(self.described["num_hidden_layers"]):
            state = self.layer(state, f"encoder.layer.{number}")
            found.append(state)
        return found


class New(Gated):
    """GTE since 2024."""

    def block(self, width: int, inner: int) -> dict[str, tuple[int, ...]]:
        bias = self.described["layer_norm_type"] == "layer_norm"
        own = {} if self.described["pack_qkv"] else {f"attention.{part}_proj": width for part in "qkv"}
        found: dict[str, tuple[int, ...]] = {}
        for name, outputs in (own or {"attention.qkv_proj": 3 * width}).items():
            found |= linear(name, width, outputs)
        found |= linear("attention.o_proj", width, width) | linear("mlp.up_gate_proj", width, 2 * inner, bias=False)
        found |= linear("mlp.down_proj", inner, width)
        return found | norm("attn_ln", width, bias=bias) | norm("mlp_ln", width, bias=bias)

    def rotate(self, given: torch.Tensor) -> torch.Tensor:
        """(heads, length, size), as complex numbers of the first and the second half."""
        size, scaling = given.shape[-1], self.described["rope_scaling"] or {"factor": 1.0}
        factor, mixed = scaling["factor"], scaling.get("mixed_b")
        pairs, base = torch.arange(size // 2).double(), self.described["rope_theta"]
        if mixed is None:
            rates = 1 / (base * factor) ** (2 * pairs / size) / factor ** (2 / size)
        else:
            slope = math.log(factor) / (size / 2) ** mixed
            rates = 1 / base ** (2 * pairs / size) / torch.exp(slope * (pairs + 1) ** mixed)
        angles = torch.arange(given.shape[1])[:, None] * rates
        turned = torch.complex(given[..., : size // 2].double(), given[..., size // 2 :].double())
        turned = turned * torch.polar(torch.ones_like(angles), angles)
        return torch.cat([turned.real, turned.imag], dim=-1).float()

    def layer(self, states: torch.Tensor, stem: str) -> torch.Tensor:
        own = f"{stem}.attention"
        if self.described["pack_qkv"]:
            parts = self.linear(states, f"{own}.qkv_proj").chunk(3, dim=-1)
        else:
            parts = tuple(self.linear(states, f"{own}.{part}_proj") for part in "qkv")
        query, key, value = map(self.heads, parts)
        if self.described["position_embedding_type"] == "rope":
            query, key = self.rotate(query), self.rotate(key)
        weights = softmax(query @ key.transpose(1, 2) / math.sqrt(query.shape[-1]), dim=-1)
        mixed = self.linear((weights @ value).transpose(0, 1).reshape(states.shape), f"{own}.o_proj")
        states = self.norm(states + mixed, f"{stem}.attn_ln")
        up, gate = self.linear(states, f"{stem}.mlp.up_gate_proj").chunk(2, dim=-1)
        gated = self.linear(ACTIVATIONS[self.described["hidden_act"]](gate) * up, f"{stem}.mlp.down_proj")
        return self.norm(states + gated, f"{stem}.mlp_ln")


class Jina(Gated):
    """The encoders of jina-embeddings-v2; with "query_norm" that for code, whose names differ."""

    def block(self, width: int, inner: int) -> dict[str, tuple[int, ...]]:
        found = linear("attention.output.dense", width, width)
        for part in ("query", "key", "value"):
            found |= linear(f"attention.self.{part}", width, width)
        if not self.described.get("query_norm"):
            found |= linear("mlp.gated_layers", width, 2 * inner, bias=False) | linear("mlp.wo", inner, width)
            return found | norm("attention.output.LayerNorm", width) | norm("mlp.layernorm", width)
        found |= linear("mlp.up_gated_layer", width, 2 * inner, bias=False) | linear("mlp.down_layer", inner, width)
        for name in ("attention.self.layer_norm_q", "attention.self.layer_norm_k", "layer_norm_1", "layer_norm_2"):
            found |= norm(name, width)
        return found

    def slopes(self) -> torch.Tensor:
        """1/2, 1/4, ... 1/256 for eight heads; other numbers than powers of two have some of the next row."""

        def row(count: int) -> list[float]:
            return [2 ** (-8 * (number + 1) / count) for number in range(count)]

        heads = self.described["num_attention_heads"]
        power = 1 << (heads.bit_length() - 1)
        return torch.tensor((row(power) + row(2 * power)[::2])[:heads])

    def layer(self, states: torch.Tensor, stem: str) -> torch.Tensor:
        own, normed = f"{stem}.attention.self", self.described.get("query_norm")
        query, key, value = (self.linear(states, f"{own}.{part}") for part in ("query", "key", "value"))
        if normed:
            query, key = self.norm(query, f"{own}.layer_norm_q"), self.norm(key, f"{own}.layer_norm_k")
        query, key, value = map(self.heads, (query, key, value))
        places = torch.arange(len(states))
        falling = self.slopes()[:, None, None] * (places[:, None] - places).abs()
        weights = softmax(query @ key.transpose(1, 2) / math.sqrt(query.shape[-1]) - falling, dim=-1)
        mixed = self.linear((weights @ value).transpose(0, 1).reshape(states.shape), f"{stem}.attention.output.dense")
        act = {"geglu": gelu, "reglu": relu}[self.described["feed_forward_type"]]
        if normed:
            states = self.norm(states + mixed, f"{stem}.layer_norm_1")
            up, gate = self.linear(states, f"{stem}.mlp.up_gated_layer").chunk(2, dim=-1)
            return self.norm(states + self.linear(up * act(gate), f"{stem}.mlp.down_layer"), f"{stem}.layer_norm_2")
        states = self.norm(states + mixed, f"{stem}.attention.output.LayerNorm")
        gate, plain = self.linear(states, f"{stem}.mlp.gated_layers").chunk(2, dim=-1)
        return self.norm(states + self.linear(act(gate) * plain, f"{stem}.mlp.wo"), f"{stem}.mlp.layernorm")
