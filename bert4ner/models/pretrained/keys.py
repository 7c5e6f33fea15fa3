"""The effect of each key of a published configuration: used, restricted to some values, or without effect.

A family lists the keys that it uses and those that it ignores, each with the reason. A key that changes results in some
published network is refused unless the family uses it; an unknown key gives a warning.
"""

import reprlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from bert4ner.errors import CheckpointError

HEEDED = ("model_type", "architectures", "auto_map", "family", "random_weights", "pad_token_id")
"""Keys that all families use: for the family, random weights, and padding without a vocabulary."""

_NAMES = "_name_or_path name_or_path transformers_version dtype torch_dtype adapter_config model_name type"
_RESULTS = (
    "output_attentions output_hidden_states output_past return_dict return_dict_in_generate output_scores torchscript "
    "use_cache use_past use_return_dict use_bfloat16 tf_legacy_loss"
)
_HEADS = (
    "id2label label2id num_labels problem_type finetuning_task task_specific_params prefix classifier_dropout "
    "classifier_dropout_prob summary_type summary_use_proj summary_activation summary_last_dropout "
    "summary_first_dropout summary_proj_to_labels start_n_top end_n_top pooler_fc_size pooler_num_attention_heads "
    "pooler_num_fc_layers pooler_size_per_head pooler_type pooler_dropout directionality tie_word_embeddings "
    "tie_encoder_decoder sentence_transformers"
)
_GENERATING = (
    "bos_token_id eos_token_id sep_token_id cls_token_id mask_token_id unk_token_id decoder_start_token_id max_length "
    "min_length do_sample early_stopping num_beams num_beam_groups diversity_penalty temperature top_k top_p typical_p "
    "repetition_penalty length_penalty no_repeat_ngram_size encoder_no_repeat_ngram_size bad_words_ids "
    "num_return_sequences forced_bos_token_id forced_eos_token_id remove_invalid_values suppress_tokens "
    "begin_suppress_tokens exponential_decay_length_penalty"
)
_TRAINING = "initializer_range initializer_factor gradient_checkpointing layerdrop"
_SPEED = (
    "chunk_size_feed_forward attn_implementation _attn_implementation _attn_implementation_autoset "
    "_attn_implementation_internal _flash_attn_2_enabled use_flash_attn use_memory_efficient_attention unpad_inputs"
)


def because(reason: str, keys: str) -> dict[str, str]:
    """Each of these keys, separated by spaces, with the reason why it changes nothing."""
    return dict.fromkeys(keys.split(), reason)


IGNORED = {
    **because("a name, or how numbers are stored", _NAMES),
    **because("what transformers returns", _RESULTS),
    **because("of a head on top", _HEADS),
    **because("of generating text", _GENERATING),
    **because("of training from nothing", _TRAINING),
    **because("how fast the same is computed", _SPEED),
    **because(
        "which class of tokenizers reads the vocabulary, whose files say it all", "tokenizer_class tokenizer_type"
    ),
}
"""Keys that never change hidden states, with the reason."""

_NO: tuple[Any, ...] = (False, None)
_NONE: tuple[Any, ...] = (None,)
REQUIRED: dict[str, tuple[Any, ...]] = {
    "is_decoder": _NO,
    "is_encoder_decoder": _NO,
    "add_cross_attention": _NO,
    "cross_attention_hidden_size": _NONE,
    "position_embedding_type": ("absolute", None),
    "use_relative_position": _NO,
    "use_task_id": _NO,
    "feed_forward_type": ("original", None),
    "rotary_value": _NONE,  # of RoFormer, false as well
    "max_relative_position": _NONE,
    "num_hidden_groups": (1, None),
    "inner_group_num": (1, 0, None),
    "ln_type": ("postln", None),
    "pruned_heads": ({}, [], None),
    "quantization_config": _NONE,
    "rope_theta": _NONE,
    "rope_scaling": _NONE,
    "rope_parameters": _NONE,
    "logn_attention_scale": _NO,
    "logn_attention_clip1": _NO,
    "alibi_starting_size": _NONE,
    "relative_attention": _NO,
    "glyph_embedding_dim": _NONE,
    "num_hidden_word_layers": _NONE,
    "conv_kernel_size": (0, None),
    "sliding_window": _NONE,
    "local_attention": _NONE,
    "attention_window": _NONE,
    "mup": _NO,
}
"""Keys that change hidden states in some network, with the values that do not."""


@dataclass(frozen=True)
class Keys:
    """The keys of one family's configurations, in addition to `HEEDED`, `IGNORED` and `REQUIRED`.

    Attributes:
        heeded: keys that `Family.options` reads besides the options of the family's configuration class.
        required: the permitted values by key; takes precedence over `REQUIRED`.
        ignored: the reason why a key changes nothing; takes precedence over `REQUIRED`.
    """

    heeded: Collection[str] = ()
    required: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    ignored: Mapping[str, str] = field(default_factory=dict)

    def check(self, described: Mapping[str, Any], options: Collection[str]) -> None:
        """Refuse values that mean another network.

        Args:
            described: the configuration.
            options: names that are used besides `heeded`.

        Raises:
            CheckpointError: naming key, value and what was expected.
        """
        allowed = {**REQUIRED, **self.required}
        for key, value in described.items():
            heeded = key not in self.required and self._heeds(key, options)
            if heeded or key not in allowed or key in self.ignored:
                continue
            if not any(type(value) is type(each) and value == each for each in allowed[key]):
                wanted = " or ".join(map(repr, allowed[key]))
                raise CheckpointError(f"{key}={reprlib.repr(value)}: expected {wanted}; this is another network")

    def unknown(self, described: Mapping[str, Any], options: Collection[str]) -> list[str]:
        """The keys of a configuration whose effect is unknown."""
        known = {*HEEDED, *IGNORED, *REQUIRED, *self.heeded, *self.required, *self.ignored, *options}
        return [key for key in described if key not in known]

    def left_out(self, described: Mapping[str, Any], options: Collection[str]) -> dict[str, str]:
        """The keys of a configuration that change nothing, with the reason."""
        reasons = {**IGNORED, **self.ignored}
        return {key: reasons[key] for key in described if key in reasons and not self._heeds(key, options)}

    def _heeds(self, key: str, options: Collection[str]) -> bool:
        return key in self.heeded or key in options
