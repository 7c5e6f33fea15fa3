"""Earlier bert4keras: the names and arguments that one line brings back; `unsupported` knows those that are gone."""

import functools
from collections.abc import Callable, Iterable
from typing import Any

from bert4ner.legacy.unsupported import Unsupported


def mend(module: Any) -> None:
    """Complete one of the modules of bert4keras."""
    _COMPLETED[module.__name__.rpartition(".")[2]](module)


def _backend(backend: Any) -> None:
    current, keras_backend, objects = backend.sequence_masking, backend.K, backend.keras.utils.get_custom_objects()

    @functools.wraps(current)
    def sequence_masking(x: Any, mask: Any = None, value: Any = 0, *args: Any, **kwargs: Any) -> Any:
        mode = kwargs.pop("mode", None)
        if mode is not None:  # 1 was for what a softmax or a maximum follows
            value = "-inf" if mode else 0
        if isinstance(value, str):  # its description still allows both, its code takes numbers only
            infinity = keras_backend.infinity()
            value = {"-inf": -infinity, "inf": infinity}.get(value, value)
        return current(x, mask, value, *args, **kwargs)

    backend.sequence_masking = sequence_masking
    keras_backend.infinity = lambda: objects.get("infinity", 1e12)  # finite: a row that is all masked gives no NaN
    keras_backend.set_infinity = lambda value: objects.update(infinity=value)


def _models(models: Any) -> None:
    models.build_bert_model = _building(models.build_transformer_model)
    models.GPT_OpenAI = models.GPT


def _snippets(snippets: Any) -> None:
    decoder = snippets.AutoRegressiveDecoder
    snippets.groupby = groupby
    decoder.set_rtype = staticmethod(lambda default="probas": decoder.wraps(default_rtype=default))
    snippets.sequence_padding = _renaming(snippets.sequence_padding, {"padding": "value"})


def _tokenizers(tokenizers: Any) -> None:
    base = tokenizers.TokenizerBase
    tokenizers.BasicTokenizer = base
    for name in ("encode", "tokenize"):
        setattr(base, name, _renaming(getattr(base, name), {"max_length": "maxlen"}, ("first_length", "second_length")))
    tokenizers.load_vocab = _renaming(tokenizers.load_vocab, {"startwith": "startswith"})


def groupby(iterable: Iterable[Any], key: Iterable[Any] | None = None) -> list[tuple[Any, list[Any]]]:
    """Neighbours with the same key, as [(key, [item, ...]), ...]; `key` holds one for each item."""
    groups: list[tuple[Any, list[Any]]] = []
    items = list(iterable)
    for each, item in zip(items if key is None else key, items, strict=False):
        if not groups or groups[-1][0] != each:
            groups.append((each, []))
        groups[-1][1].append(item)
    return groups


def _building(build_transformer_model: Callable[..., Any]) -> Callable[..., Any]:
    def build_bert_model(*args: Any, **kwargs: Any) -> Any:
        if kwargs.get("application") == "seq2seq":  # its name before 0.6
            kwargs["application"] = "unilm"
        return build_transformer_model(*args, **kwargs)

    return build_bert_model


def _renaming(original: Callable[..., Any], renamed: dict[str, str], gone: tuple[str, ...] = ()) -> Callable[..., Any]:
    """A function that takes arguments by their old names, too."""

    @functools.wraps(original)
    def called(*args: Any, **kwargs: Any) -> Any:
        for name in gone:
            if kwargs.pop(name, None) is not None:
                raise Unsupported(f"bert4keras.tokenizers.encode({name})")
        return original(*args, **{renamed.get(name, name): value for name, value in kwargs.items()})

    return called


_COMPLETED = {"backend": _backend, "models": _models, "snippets": _snippets, "tokenizers": _tokenizers}
