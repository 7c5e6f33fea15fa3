"""Pretrained folders made to hang, to fill the memory, to run code or to mislead, and a process that opens each.

As a program it makes them one by one, opens each as ``info --pretrained`` and loading do, and prints what came of it.
"""

import contextlib
import io
import json
import os
import pickle
import resource
import shutil
import signal
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bert4ner.errors import Bert4NERError

Content = bytes | None | Callable[[Path], object]
"""What a file holds; None takes it away, a function makes what is in its place."""
TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghij"]
CONFIG: dict[str, Any] = {
    "model_type": "bert",
    "vocab_size": len(TOKENS),
    "hidden_size": 8,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "hidden_act": "gelu",
    "max_position_embeddings": 32,
    "type_vocab_size": 2,
}
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
DEEP = b"[" * 100_000
CONFIGURATION, WORDS, WEIGHTS, FAST = "config.json", "vocab.txt", "model.safetensors", "tokenizer.json"
INDEX, TORCH, SPIECE = "model.safetensors.index.json", "pytorch_model.bin", "spiece.model"
STORE = "bert_model.ckpt"


def arrays() -> dict[str, np.ndarray]:
    """The weights of the one layer that `CONFIG` describes."""
    tables = {"word": len(TOKENS), "position": 32, "token_type": 2}
    found = {f"bert.embeddings.{name}_embeddings.weight": np.ones((rows, 8)) for name, rows in tables.items()}
    stem = "bert.encoder.layer.0."
    dense = {f"attention.self.{name}": (8, 8) for name in ("query", "key", "value")}
    dense |= {"attention.output.dense": (8, 8), "intermediate.dense": (16, 8), "output.dense": (8, 16)}
    for name, shape in dense.items():
        found |= {f"{stem}{name}.weight": np.ones(shape), f"{stem}{name}.bias": np.ones(shape[0])}
    for norm in ("bert.embeddings", f"{stem}attention.output", f"{stem}output"):
        found |= {f"{norm}.LayerNorm.weight": np.ones(8), f"{norm}.LayerNorm.bias": np.ones(8)}
    return {name: array.astype("float32") for name, array in found.items()}


def tensors(change: Callable[[dict[str, Any]], object] = lambda header: None, *, cut: int = 0) -> bytes:
    """A safetensors file of them, its header changed, some bytes cut from its end."""
    header: dict[str, Any] = {}
    data = b""
    for name, array in arrays().items():
        begin, data = len(data), data + array.tobytes()
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [begin, len(data)]}
    change(header)
    content = headed(json.dumps(header).encode()) + data
    return content[: len(content) - cut]


def headed(header: bytes, size: int | None = None) -> bytes:
    """A header and the length that stands before it, or another."""
    return (len(header) if size is None else size).to_bytes(8, "little") + header


def entry(**changes: Any) -> bytes:
    """A safetensors file whose first variable is described in another way."""
    return tensors(lambda header: next(iter(header.values())).update(changes))


def config(**changes: Any) -> bytes:
    return json.dumps({**CONFIG, **changes}).encode()


def raw(key: str, value: str) -> bytes:
    """A configuration with a value as it is written, valid JSON or not."""
    return config(**{key: "HERE"}).replace(b'"HERE"', value.encode())


def words(*tokens: str) -> bytes:
    return "".join(f"{token}\n" for token in tokens).encode()


def fast(**model: Any) -> dict[str, Content]:
    """A folder whose vocabulary is this model in a tokenizer.json."""
    return {FAST: json.dumps({"version": "1.0", "model": model, "added_tokens": []}).encode(), WORDS: None}


def piece(**changes: Any) -> dict[str, Content]:
    pieces = [[name, 0.0] for name in ("<s>", "<pad>", "</s>", "<unk>", "▁", *"abcdefghij")]
    return fast(**{"type": "Unigram", "unk_id": 3, "vocab": pieces, **changes})


def pairs(**changes: Any) -> dict[str, Content]:
    names = ("<s>", "<pad>", "</s>", "<unk>", *"abcdefghi", "ab", "abc")
    vocabulary = {name: number for number, name in enumerate(names)}
    return fast(**{"type": "BPE", "vocab": vocabulary, "merges": [["a", "b"], ["ab", "c"]], **changes})


def wordpiece(**changes: Any) -> dict[str, Content]:
    vocabulary = {name: number for number, name in enumerate(TOKENS)}
    return fast(**{"type": "WordPiece", "unk_token": "[UNK]", "vocab": vocabulary, **changes})


def beside(name: str, content: Content) -> dict[str, Content]:
    """A folder whose file of weights is this one."""
    return {name: content, WEIGHTS: None}


def listed(files: object) -> dict[str, Content]:
    """A folder whose weights are those that an index lists."""
    return beside(INDEX, json.dumps({"weight_map": files}).encode())


def pickled(*steps: bytes) -> bytes:
    return b"\x80\x02" + b"".join(steps) + b"."


def zipped(content: bytes, compression: int = zipfile.ZIP_STORED) -> bytes:
    """What PyTorch writes: an archive with a pickle in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr("archive/data.pkl", content)
        archive.writestr("archive/data/0", bytes(24))
    return file.getvalue()


def early(content: bytes) -> bytes:
    """What PyTorch wrote before 1.6."""
    return b"".join(pickle.dumps(each, 2) for each in (0x1950A86A20F9469CFC6C, 1001, {})) + content


class Evil:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.path}",)


def code(wrapped: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    """A file of weights whose pickle makes a file beside the folder when it is loaded."""
    return lambda path: path.write_bytes(wrapped(pickle.dumps({"w": Evil(canary(path.parent.parent))}, 2)))


def canary(root: Path) -> Path:
    return root / "canary"


def link(target: str) -> Callable[[Path], object]:
    return lambda path: path.symlink_to(target)


def checkpoint(spoil: Callable[[Path], object]) -> dict[str, Content]:
    """A folder with a TensorFlow checkpoint of one variable, and what is done to it."""

    def make(path: Path) -> None:
        from bert4ner.models.pretrained.weight_writing import write_tensorflow  # deferred: TensorFlow

        write_tensorflow(str(path), {"bert/embeddings/word_embeddings": np.ones((len(TOKENS), 8), "float32")})
        spoil(path.parent)

    return {STORE: make, WEIGHTS: None}


def data_file(folder: Path) -> Path:
    return next(folder.glob(f"{STORE}.data-*"))


def instead(content: bytes) -> Callable[[Path], object]:
    """The folder replaced by a file."""

    def make(folder: Path) -> None:
        shutil.rmtree(folder)
        folder.write_bytes(content)

    return make


def looping(folder: Path) -> None:
    """The folder replaced by a link to itself."""
    shutil.rmtree(folder)
    folder.symlink_to(folder.name)


CONFIGURATIONS: dict[str, dict[str, Content]] = {
    "empty": {CONFIGURATION: b""},
    "no JSON": {CONFIGURATION: b"hidden_size = 8"},
    "a list": {CONFIGURATION: b"[8]"},
    "not UTF-8": {CONFIGURATION: b'{"hidden_size": "\xff"}'},
    "UTF-16": {CONFIGURATION: config().decode().encode("utf-16")},
    "nested": {CONFIGURATION: raw("id2label", DEEP.decode())},
    "nested and closed": {CONFIGURATION: raw("id2label", "[" * 100_000 + "]" * 100_000)},
    "a number of 5,000 digits": {CONFIGURATION: raw("num_hidden_layers", "9" * 5_000)},
    "a number of 4,000 digits": {CONFIGURATION: raw("num_hidden_layers", "9" * 4_000)},
    "NaN": {CONFIGURATION: raw("layer_norm_eps", "NaN")},
    "infinity": {CONFIGURATION: raw("hidden_dropout_prob", "1e999")},
    "NaN for a size": {CONFIGURATION: raw("hidden_size", "NaN")},
    "a list for a number": {CONFIGURATION: config(hidden_size=[8])},
    "an object for a number": {CONFIGURATION: config(num_hidden_layers={"value": 1})},
    "a broken number of layers": {CONFIGURATION: config(num_hidden_layers=1.5)},
    "no layers": {CONFIGURATION: config(num_hidden_layers=0)},
    "negative width": {CONFIGURATION: config(hidden_size=-8)},
    "no positions": {CONFIGURATION: config(max_position_embeddings=0)},
    "heads that do not divide": {CONFIGURATION: config(num_attention_heads=3)},
    "unknown activation": {CONFIGURATION: config(hidden_act="os.system")},
    "a list for an activation": {CONFIGURATION: config(hidden_act=["gelu"])},
    "a list for the type": {CONFIGURATION: config(model_type=["bert"])},
    "a type of 100,000 letters": {CONFIGURATION: config(model_type="b" * 100_000)},
    "a family of 100,000 letters": {CONFIGURATION: config(model_type=None, family="b" * 100_000)},
    "lines in a class": {CONFIGURATION: config(auto_map={"AutoModel": "code.Bad\n\x1b[31mModel" * 1000})},
    "a class of 100,000 letters": {CONFIGURATION: config(architectures=["Roberta" + "A" * 100_000])},
    "an unread class of 100,000 letters": {CONFIGURATION: config(architectures=["Llama" + "A" * 100_000])},
    "a long value of a key": {CONFIGURATION: config(position_embedding_type="x\n" * 100_000)},
    "a key twice": {CONFIGURATION: raw("hidden_size", '16, "hidden_size": 8')},
    "6 MB of blanks": {CONFIGURATION: config() + b" " * 6_000_000},
    "5 MB of lists": {CONFIGURATION: raw("id2label", "[" + "[]," * 1_600_000 + "[]]")},
    "an endless configuration": {CONFIGURATION: link("/dev/zero")},
    "a pipe as configuration": {CONFIGURATION: os.mkfifo},
    "a folder as configuration": {CONFIGURATION: Path.mkdir},
    "a link to itself as configuration": {CONFIGURATION: link(CONFIGURATION)},
    "a link to nothing as configuration": {CONFIGURATION: link("nothing")},
    "an unreadable configuration": {CONFIGURATION: link("/proc/self/mem")},
    "a pointer as configuration": {CONFIGURATION: LFS},
}
VOCABULARIES: dict[str, dict[str, Content]] = {
    "no words": {WORDS: b""},
    "NUL": {WORDS: bytes(1000)},
    "words not UTF-8": {WORDS: words(*TOKENS) + b"\xff\xfe\n"},
    "a word twice": {WORDS: words(*TOKENS, "a")},
    "a long word twice": {WORDS: words(*TOKENS, "a" * 100_000, "a" * 100_000)},
    "an empty line": {WORDS: words(*TOKENS, "", "k")},
    "one line of 100 MB": {WORDS: lambda path: path.write_bytes(b"a" * 10**8)},
    "no special words": {WORDS: words(*"abcdefghijklmno")},
    "too many words": {WORDS: words(*TOKENS, "k")},
    "20 million words": {WORDS: lambda path: path.write_bytes(words(*TOKENS) + b"a\n" * 20_000_000)},
    "endless words": {WORDS: link("/dev/zero")},
    "a pipe of words": {WORDS: os.mkfifo},
    "a folder of words": {WORDS: Path.mkdir},
    "a link to itself as words": {WORDS: link(WORDS)},
    "unreadable words": {WORDS: link("/proc/self/mem")},
    "a pointer as words": {WORDS: LFS},
    "added tokens nested": {"added_tokens.json": DEEP},
    "added tokens that are a list": {"added_tokens.json": b'["a"]'},
    "an added token with a huge id": {"added_tokens.json": b'{"new": 1099511627776}'},
    "an added token with a wrong id": {"added_tokens.json": b'{"new": [1]}'},
    "added tokens without end": {"added_tokens.json": link("/dev/zero")},
    "settings nested": {"tokenizer_config.json": DEEP},
    "settings with lists": {"tokenizer_config.json": b'{"cls_token": {"content": ["a"]}}'},
    "settings without content": {"tokenizer_config.json": b'{"cls_token": {}}'},
    "special tokens that are a number": {"special_tokens_map.json": b"7"},
    "special tokens in a number": {"special_tokens_map.json": b'{"additional_special_tokens": 7}'},
}
TOKENIZERS: dict[str, dict[str, Content]] = {
    "nested": {FAST: b'{"model": ' + DEEP, WORDS: None},
    "a list": {FAST: b"[]", WORDS: None},
    "no model": {FAST: b"{}", WORDS: None},
    "a model that is a list": {FAST: b'{"model": []}', WORDS: None},
    "a model of another type": fast(type="WordLevel", vocab={}),
    "a type that is a list": fast(type=["BPE"], vocab={}),
    "word pieces with huge ids": wordpiece(vocab={"[PAD]": 0, "a": 2**40}),
    "word pieces with ids that are words": wordpiece(vocab={"[PAD]": "0"}),
    "word pieces in a list": wordpiece(vocab=["[PAD]"]),
    "word pieces with a wrong prefix": wordpiece(continuing_subword_prefix=[1]),
    "word pieces with half a character": wordpiece(vocab={"\ud800": 0, "[PAD]": 1, "[UNK]": 2, "[CLS]": 3, "[SEP]": 4}),
    "word pieces with an empty word": wordpiece(vocab={"": 0}),
    "pairs with huge ids": pairs(vocab={"<pad>": 0, "a": 2**40}),
    "pairs with a negative id": pairs(vocab={"<s>": 0, "<pad>": 1, "</s>": 2, "a": -1}),
    "pairs with ids that are words": pairs(vocab={"a": "b"}),
    "merges of what there is not": pairs(merges=[["x", "y"]]),
    "merges in a circle": pairs(merges=[["abc", "a"], ["a", "abc"]]),
    "merges that are numbers": pairs(merges=[1, 2]),
    "pieces without scores": piece(vocab=["<pad>"]),
    "no pieces": piece(vocab=[]),
    "pieces with a far unknown": piece(unk_id=10**9),
    "pieces with words for scores": piece(vocab=[["<pad>", "x"]]),
    "a token added with a huge id": {
        FAST: json.dumps(
            {"model": {"type": "BPE", "vocab": {}, "merges": []}, "added_tokens": [{"content": "a", "id": 2**40}]}
        ).encode(),
        WORDS: None,
    },
    "90 MB": {
        FAST: lambda path: path.write_bytes(b'{"model": {"type": "BPE", "a": "' + b"a" * 90_000_000),
        WORDS: None,
    },
    "60 MB of lists": {
        FAST: lambda path: path.write_bytes(b'{"model": [' + b"[]," * 20_000_000 + b"[]]}"),
        WORDS: None,
    },
    "a map of characters that is none": {
        FAST: json.dumps(
            {
                "model": {"type": "Unigram", "unk_id": 0, "vocab": [["<pad>", 0.0], ["</s>", 0.0]]},
                "normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAAgAAAAIA="},
            }
        ).encode(),
        WORDS: None,
    },
    "a pipe": {FAST: os.mkfifo, WORDS: None},
    "a pointer": {FAST: LFS, WORDS: None},
    "a model of pieces that is none": {SPIECE: b"\x00" * 1000, WORDS: None},
    "a model of pieces with a far end": {SPIECE: b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", WORDS: None},
    "a model of pieces with a wrong map": {
        SPIECE: b"\x0a\x09\x0a\x05<pad>\x18\x03" + b"\x1a\x08\x12\x06\xff\xff\xff\xffab",
        WORDS: None,
    },
    "a pointer as a model of pieces": {SPIECE: LFS, WORDS: None},
    "merges without words": {"vocab.json": b"[]", "merges.txt": b"a b\n", WORDS: None},
    "merges of three": {"vocab.json": b'{"a": 0, "b": 1}', "merges.txt": b"a b c\n", WORDS: None},
    "merges not UTF-8": {"vocab.json": b'{"a": 0, "b": 1}', "merges.txt": b"\xff\n", WORDS: None},
}
EMPTY = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
FILES_OF_WEIGHTS: dict[str, dict[str, Content]] = {
    "empty": {WEIGHTS: b""},
    "a header of 2^60 bytes": {WEIGHTS: headed(b"{}", 2**60)},
    "a header of 50 MB": {WEIGHTS: lambda path: path.write_bytes(headed(b" " * 50_000_000))},
    "a nested header": {WEIGHTS: headed(DEEP)},
    "a header that is a list": {WEIGHTS: headed(b"[1]")},
    "a header not UTF-8": {WEIGHTS: headed(b'{"a\xff": {}}')},
    "a header of 9 MB of lists": {WEIGHTS: headed(b'{"a": [' + b"[]," * 3_000_000 + b"[]]}")},
    "a header of 60,000 variables": {
        WEIGHTS: tensors(
            lambda header: header.update(
                {
                    f"bert.encoder.layer.{number}.odd": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
                    for number in range(60_000)
                }
            )
        )
    },
    "a number of 5,000 digits in it": {WEIGHTS: headed(b'{"a": ' + b"9" * 5_000 + b"}")},
    "truncated": {WEIGHTS: tensors(cut=100)},
    "a name twice": {WEIGHTS: headed(b'{"a": {}, "a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}1234')},
    "overlapping": {WEIGHTS: entry(data_offsets=[32, 32 + len(TOKENS) * 32])},
    "a variable before the data": {WEIGHTS: entry(data_offsets=[-8, len(TOKENS) * 32 - 8])},
    "ends that are words": {WEIGHTS: entry(data_offsets=["0", "480"])},
    "ends that are not whole": {WEIGHTS: entry(data_offsets=[0.0, 480.0])},
    "three ends": {WEIGHTS: entry(data_offsets=[0, 480, 480])},
    "a negative shape": {WEIGHTS: entry(shape=[-15, -8])},
    "a shape of words": {WEIGHTS: entry(shape=["15", "8"])},
    "a huge shape": {WEIGHTS: entry(shape=[len(TOKENS), 10**12])},
    "a huge shape of nothing": {WEIGHTS: entry(shape=[0, 10**30], data_offsets=[0, 0])},
    "a shape of 10,000 axes": {WEIGHTS: entry(shape=[1] * 10_000)},
    "another shape": {WEIGHTS: entry(shape=[len(TOKENS), 7])},
    "unknown type": {WEIGHTS: entry(dtype="Q4\n" * 10_000)},
    "a list for a type": {WEIGHTS: entry(dtype=["F32"])},
    "lines in a name": {
        WEIGHTS: tensors(lambda header: header.update({"bert.encoder.a\n\x1b[31m" * 900: header.popitem()[1]}))
    },
    "other variables": {WEIGHTS: headed(b'{"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}') + bytes(4)},
    "10^5 layers": {CONFIGURATION: config(num_hidden_layers=10**5)},
    "900 layers": {WEIGHTS: tensors(), CONFIGURATION: config(num_hidden_layers=900, intermediate_size=900_000)},
    "hidden_size 10^6": {CONFIGURATION: config(hidden_size=10**6)},
    "10^9 positions": {CONFIGURATION: config(max_position_embeddings=10**9)},
    "10^9 tokens": {CONFIGURATION: config(vocab_size=10**9)},
    "a pointer": {WEIGHTS: LFS},
    "a pipe": {WEIGHTS: os.mkfifo},
    "a folder": {WEIGHTS: Path.mkdir},
    "a link to itself": {WEIGHTS: link(WEIGHTS)},
    "a device": {WEIGHTS: link("/dev/zero")},
    "unreadable": {WEIGHTS: link("/proc/self/mem")},
    "an index that names itself": listed({"a": INDEX}),
    "an index that names another folder": listed({"a": "../../etc/passwd"}),
    "an index that names a whole path": listed({"a": "/etc/passwd"}),
    "an index that names the configuration": listed({"a": CONFIGURATION}),
    "an index that names a number": listed({"a": 5}),
    "an index that names lists": listed({"a": [1]}),
    "an index that names a long file": listed({"a": "x" * 100_000}),
    "an index that names lines": listed({"a": "x\n\x1b[31m" * 100}),
    "an index that names NUL": listed({"a": "x\0y"}),
    "an index of what is not there": listed({"a": "model-00001-of-00002.safetensors"}),
    "an index of nothing": listed({}),
    "an index that is a list": listed([1]),
    "a nested index": beside(INDEX, DEEP),
    "an index of 60 MB": beside(INDEX, lambda path: path.write_bytes(b'{"weight_map": [' + b"[]," * 20_000_000)),
    "a pointer as index": beside(INDEX, LFS),
    "an adapter": {"adapter_config.json": b"{}"},
    "Paddle's weights": beside("model_state.pdparams", b"weights"),
    "Keras' weights": beside("tf_model.h5", b"\x89HDF\r\n\x1a\n"),
    "half a character in a name": {WEIGHTS: tensors(lambda header: header.update({"bert.encoder.\ud800": EMPTY}))},
    "many files of weights": {**{f"{number:>090}.onnx": b"" for number in range(200)}, WEIGHTS: None},
    "no weights": {WEIGHTS: None},
    "the weights' file for the folder": {"": instead(b"weights")},
    "a folder that links to itself": {"": looping},
}
PICKLES: dict[str, dict[str, Content]] = {
    "empty": beside(TORCH, b""),
    "a page of a web site": beside(TORCH, b"<!DOCTYPE html><html>" * 1000),
    "code": beside(TORCH, code(zipped)),
    "code in an early file": beside(TORCH, code(early)),
    "code before the file": beside(TORCH, code(lambda content: content)),
    "code under a long name": beside(TORCH, zipped(pickled(b"c" + b"a" * 100_000 + b"\n" + b"b" * 100_000 + b"\n"))),
    "code under lines": beside(TORCH, zipped(pickled(b"X\x03\x00\x00\x00a\nbX\x03\x00\x00\x00c\nd\x93"))),
    "a bomb": beside(TORCH, lambda path: path.write_bytes(zipped(bytes(200_000_000), zipfile.ZIP_DEFLATED))),
    "truncated": beside(TORCH, zipped(pickled(b"}" * 1000))[:-40]),
    "nested tuples": beside(TORCH, zipped(pickled(b")" + b"\x85" * 1_000_000))),
    "nested tuples in an early file": beside(TORCH, early(pickled(b")" + b"\x85" * 100_000))),
    "tuples of tuples as a key": beside(TORCH, zipped(pickled(b"})" + b"q\x00h\x00\x86" * 64 + b"K\x01s"))),
    "place 2^28 of the memo": beside(TORCH, zipped(pickled(b"}r\x00\x00\x00\x10"))),
    "a table in itself": beside(TORCH, zipped(pickled(b"}q\x00X\x05\x00\x00\x00modelh\x00s"))),
    "a word of 4 GB": beside(TORCH, zipped(pickled(b"X\xff\xff\xff\xffabc"))),
    "no end": beside(TORCH, zipped(b"\x80\x02" + b"}" * 1_000_000)),
    "a pointer": beside(TORCH, LFS),
    "a pipe": beside(TORCH, os.mkfifo),
}
CHECKPOINTS: dict[str, dict[str, Content]] = {
    "an index without data": checkpoint(lambda folder: data_file(folder).unlink()),
    "data without an index": checkpoint(lambda folder: (folder / f"{STORE}.index").unlink()),
    "an empty index": checkpoint(lambda folder: (folder / f"{STORE}.index").write_bytes(b"")),
    "garbage as index": checkpoint(lambda folder: (folder / f"{STORE}.index").write_bytes(os.urandom(5000))),
    "a pointer as index": checkpoint(lambda folder: (folder / f"{STORE}.index").write_bytes(LFS)),
    "truncated data": checkpoint(lambda folder: data_file(folder).write_bytes(b"\0" * 100)),
    "garbage as data": checkpoint(lambda folder: data_file(folder).write_bytes(os.urandom(len(TOKENS) * 32))),
    "two checkpoints": checkpoint(lambda folder: (folder / "other.index").write_bytes(b"")),
}
HOSTILE = {
    f"{kind}: {name}": files
    for kind, cases in {
        "configuration": CONFIGURATIONS,
        "vocabulary": VOCABULARIES,
        "tokenizer": TOKENIZERS,
        "weights": FILES_OF_WEIGHTS,
        "pickle": PICKLES,
        "checkpoint": CHECKPOINTS,
    }.items()
    for name, files in cases.items()
}
WHOLE = "a whole folder"
COMMANDS = {"convert": [], "prune": ["--keep-tokens", "characters"]}
"""What else some folders go through: options of ``convert-checkpoint``."""


def is_converted(name: str) -> bool:
    """Whether a folder goes through `COMMANDS`, too: the whole one, those with vocabularies, a third of the others.

    Vocabularies are read late, and are cut and copied.
    """
    return name.startswith(("a whole", "vocabulary", "tokenizer")) or [*FOLDERS].index(name) % 3 == 0


FOLDERS: dict[str, dict[str, Content]] = {WHOLE: {}, **HOSTILE}


def make(folder: Path, files: dict[str, Content]) -> None:
    """A whole folder with some files changed."""
    folder.mkdir()
    for name, content in {CONFIGURATION: config(), WORDS: words(*TOKENS), WEIGHTS: tensors(), **files}.items():
        if isinstance(content, bytes):
            (folder / name).write_bytes(content)
        elif content is not None:
            content(folder / name)


def memory(kind: str) -> float:
    """MiB of this process: VmRSS, what it takes now, or VmHWM, the most since that was cleared."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(kind)).split()[1]) / 1024


def measured(action: Callable[[], object]) -> dict[str, Any]:
    """Does something and says how that ended and what it took."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the most is what it takes now
    before, begun, kind, said = memory("VmRSS"), time.process_time(), None, ""
    signal.alarm(8)
    try:
        action()
    except Bert4NERError as error:
        kind, said = "refused", str(error)
    except BaseException as error:  # the library tokenizers panics in a way of its own
        kind, said = type(error).__name__, repr(error)[:2000]
    signal.alarm(0)
    took = {"seconds": time.process_time() - begun, "mib": memory("VmHWM") - before}
    return {"kind": kind, "said": said, **took}


def read_whole(folder: Path) -> None:
    """Opens a folder and reads all of it."""
    from bert4ner.models.pretrained import open_pretrained, open_store  # deferred: TensorFlow

    found = open_pretrained(folder)
    found.vocabulary.library()
    store = open_store(found.checkpoint or "")
    for name in store.shapes:
        store.read(name)


def command(name: str, folder: Path, output: Path) -> dict[str, Any]:
    """Runs one of `COMMANDS` on a folder; what it says, whether it writes, and what it leaves behind besides."""
    from bert4ner.cli.main import main as run  # deferred: the house's order of imports

    errors, code = io.StringIO(), [0]
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
        found = measured(lambda: code.insert(0, run(["convert-checkpoint", str(folder), str(output), *COMMANDS[name]])))
    left = [path.name for path in output.parent.iterdir() if not path.name.startswith(tuple(COMMANDS))]
    written = output.exists()
    return {**found, "code": code[0], "said": found["said"] or errors.getvalue(), "written": written, "left": left}


class Late(BaseException):
    """It takes too long."""


def late(*_: object) -> None:
    raise Late


def main(root: Path) -> None:
    """Makes, opens and removes every folder; a line of JSON each."""
    import bert4ner.models.pretrained  # before the limits: TensorFlow maps what it does not use

    assert bert4ner.models.pretrained
    mapped = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + 2**31, mapped + 2**31))
    signal.signal(signal.SIGALRM, late)
    for number, (name, files) in enumerate(FOLDERS.items()):
        folder = root / f"folder-{number}"
        make(folder, files)
        opened = measured(lambda folder=folder: read_whole(folder))
        output = root / "output"
        output.mkdir()
        converted = {each: command(each, folder, output / each) for each in COMMANDS} if is_converted(name) else {}
        found = {"name": name, "folder": str(folder), **opened, "commands": converted, "canary": canary(root).exists()}
        print(json.dumps(found), flush=True)
        shutil.rmtree(output)
        if folder.is_symlink() or folder.is_file():
            folder.unlink()
        else:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
