"""What bert4keras' examples read, in small: data in each data set's own format, vocabularies, configurations, images.

Every text here is made up. Paths are those that the examples name; `legacy_examples.py` puts them below one folder.
"""

import json
import struct
import zlib
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

TEXTS = (
    "青山镇的早晨很安静，河边有人在钓鱼。",
    "王小明在青山镇的书店买了三本书。",
    "这本书的内容很好看，价格也不贵。",
    "酒店的房间太小了，服务也不好。",
    "手机的电池可以用两天，屏幕很清楚。",
    "李红在白河大学学习音乐，后来去了南方。",
    "昨天下了大雨，山路不好走。",
    "这个软件可以听歌，也可以看电影。",
)
WORDS = ("青山镇 的 早晨 很 安静", "王小明 买 了 三 本 书", "山路 不 好 走", "李红 学习 音乐")
PREDICATES = ("出生地", "毕业院校", "作者")
CAPTIONS = ("a red square on a white wall .", "a small picture of the sky .")
MOVES = "h2e2h9g7h0g2i9h9g0e2b9c7"  # of Chinese chess, two ends of two characters each
IFLYTEK_CLASSES = 119
VOCABULARY = 700  # one of the examples ends its texts at token 511
NETWORK = {
    "attention_probs_dropout_prob": 0.1,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "hidden_size": 16,
    "initializer_range": 0.02,
    "intermediate_size": 32,
    "max_position_embeddings": 512,
    "num_attention_heads": 2,
    "num_hidden_layers": 12,  # some examples ask for the output of the twelfth, one for a quarter of them
    "type_vocab_size": 2,
    "vocab_size": VOCABULARY,
}
CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "bert": {},
    "shallow_bert": {"num_hidden_layers": 3},
    "albert": {"embedding_size": 8},
    "gpt2_ml": {},
    "gpt2": {"num_hidden_layers": 3, "max_position_embeddings": 1024},
    "mt5": {"num_hidden_layers": 3, "attention_head_size": 8, "relative_attention_num_buckets": 32},
}
"""What the configuration of each network of `legacy_networks.py` says beside `NETWORK`."""
PLACES = {
    "bert": [
        (f"{home}/{name}", "bert_config.json", "bert_model.ckpt")
        for home, names in {
            "root/kg/bert": (
                "chinese_L-12_H-768_A-12",
                "chinese_simbert_L-12_H-768_A-12",
                "uncased_L-12_H-768_A-12",
            ),
            "home/spaces_ac_cn": ("chinese_L-12_H-768_A-12",),
        }.items()
        for name in names
    ]
    + [("root/kg/bert/chinese_nezha_gpt_L-12_H-768_A-12", "config.json", "gpt.ckpt")],
    "shallow_bert": [
        (f"root/kg/bert/{name}", "bert_config.json", "bert_model.ckpt")
        for name in (
            "chinese_wwm_L-12_H-768_A-12",
            "chinese_roberta_wwm_ext_L-12_H-768_A-12",
            "uer/mixed_corpus_bert_base_model",
        )
    ],
    "albert": [("root/kg/bert/albert_small_zh_google", "albert_config.json", "albert_model.ckpt")],
    "gpt2_ml": [("root/kg/bert/gpt2_ml", "config.json", "model.ckpt-100000")],
    "gpt2": [("root/kg/bert/CPM_LM_2.6B_TF", "config.json", "model.ckpt")],
    "mt5": [("root/kg/bert/mt5/mt5_base", "mt5_base_config.json", "model.ckpt-1000000")],
}
"""Where the examples look for each network: folder, name of the configuration, prefix of the checkpoint."""
SENTENCEPIECE = {
    "root/kg/bert/CPM_LM_2.6B_TF/chinese_vocab": "--user_defined_symbols=<cls> --pad_id=4",  # token 3, as there
    "root/kg/bert/mt5/sentencepiece_cn": "--pad_id=0 --eos_id=1 --unk_id=2 --bos_id=-1",
}


def make_inputs(folder: Path) -> None:
    """Everything but the checkpoints."""
    for name, content in (*_texts(), *_question_files(), *_sequence_files()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="gbk" if "金庸" in name else "utf-8")
    for number in range(2):
        for part in ("train", "val"):
            path = folder / f"root/caption/coco/{part}2014/COCO_{part}2014_{number:012}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_picture(40 + 20 * number, 50))
    vocabulary = "\n".join(_vocabulary()) + "\n"
    (folder / "gs/xxxx/bert4keras/saved_model").mkdir(parents=True, exist_ok=True)
    for name, more in CONFIGURATIONS.items():
        for place, config, _ in (*PLACES[name], (f"networks/{name}", "config.json", "")):
            (folder / place).mkdir(parents=True, exist_ok=True)
            (folder / place / config).write_text(json.dumps({**NETWORK, **more}), encoding="utf-8")
            (folder / place / "vocab.txt").write_text(vocabulary, encoding="utf-8")
    if find_spec("sentencepiece"):  # without it the examples that need it say so
        _sentencepiece(folder)


def link_checkpoints(folder: Path) -> None:
    """Show the checkpoints that `legacy_networks.py` wrote under the names that the examples use."""
    for name, places in PLACES.items():
        for place, _, prefix in places:
            for file in (folder / "networks" / name).glob("model.ckpt.*"):
                link = folder / place / (prefix + file.name.removeprefix("model.ckpt"))
                link.unlink(missing_ok=True)
                link.symlink_to(file)


def _lines(rows: Iterable[Any]) -> str:
    return "".join((row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)) + "\n" for row in rows)


def _texts() -> Iterator[tuple[str, str]]:
    """Files of classification and labelling. Each text comes with each label: some prediction is always right."""
    both = [f"{text}\t{label}" for text in TEXTS for label in (0, 1)]
    for part, times in (("train", 20), ("valid", 1), ("test", 1)):  # one example trains on a hundredth
        yield f"datasets/sentiment/sentiment.{part}.data", _lines(both * times)
        yield f"datasets/lcqmc/lcqmc.{part}.data", _lines(f"{TEXTS[0]}\t{line}" for line in both)
    for part in ("train", "dev", "test"):
        labels = [{"id": label, "label": str(label), "sentence": TEXTS[0]} for label in range(IFLYTEK_CLASSES)]
        yield f"root/CLUE-master/baselines/CLUEdataset/iflytek/{part}.json", _lines(labels)
        tagged = (
            f"{character} {'B-PER' if character == '王' else 'I-PER' if character in '小明' else 'O'}\n"
            for character in TEXTS[1]
        )
        yield f"root/ner/china-people-daily-ner-corpus/example.{part}", ("".join(tagged) + "\n") * 6
    yield "root/icwb2-data/training/pku_training.utf8", _lines("  ".join(words.split()) for words in WORDS * 500)


def _question_files() -> Iterator[tuple[str, str]]:
    """Files of reading comprehension and relation extraction."""
    asked = [
        {
            "id": f"Q{number}",
            "question": "谁在书店买了书？",
            "passages": [{"passage": TEXTS[1], "answer": "王小明"}, {"passage": text, "answer": ""}],
        }
        for number, text in enumerate(TEXTS)
    ]
    for name in ("WebQA", "SogouQA"):
        yield f"root/qa_datasets/{name}.json", json.dumps(asked, ensure_ascii=False)
    related = {"text": TEXTS[5], "spo_list": [{"subject": "李红", "predicate": PREDICATES[1], "object": "白河大学"}]}
    for part in ("train", "dev"):
        yield f"root/kg/datasets/{part}_data.json", _lines([related] * 6)
    yield "root/kg/datasets/all_50_schemas", _lines({"predicate": name} for name in PREDICATES)


def _sequence_files() -> Iterator[tuple[str, str]]:
    """Files of text generation and pre-training."""
    for number, text in enumerate(TEXTS):
        yield f"root/thuctc/THUCNews/生活/{number}.txt", f"{text[:6]}\n{text}{TEXTS[0]}"
        yield f"root/金庸/小说/{number}.txt", "　　" + "　　".join(TEXTS)
        yield f"home/spaces_ac_cn/corpus/a/b/{number}", _lines({"text": "".join(TEXTS)} for _ in range(4))
    for part in ("train", "val", "test"):
        yield f"root/csl/{part}.tsv", _lines(f"{text[:6]}\t{text}" for text in TEXTS)
    for part in ("train", "valid", "test"):
        problems = [
            {"id": str(number), "original_text": f"小明有{number}本书，又买了3本，有几本？", "ans": str(number + 3)}
            | {"equation": f"x=({number}+3)"}
            for number in range(8)
        ]
        yield f"root/ape210k/{part}.ape.json", _lines(problems)
    yield "root/qipu.json", _lines([{"fen": None, "items": {"棋局结果": "2"}, "iccs": MOVES}] * 8)
    for part in ("train", "val"):
        images = [
            {"id": number, "file_name": f"COCO_{part}2014_{number:012}.jpg", "coco_url": "http://images.invalid/"}
            for number in range(2)
        ]
        captions = [{"image_id": number, "caption": caption} for number, caption in enumerate(CAPTIONS)]
        described = {"images": images, "annotations": captions}
        yield f"root/caption/coco/annotations/captions_{part}2014.json", json.dumps(described)


def _vocabulary() -> list[str]:
    """Tokens as in Google's vocabularies: special ones, spare ones, characters, endings of English words."""
    ascii_tokens = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
    characters = sorted(set("".join((*TEXTS, *WORDS))) - {" "})
    words = sorted(
        {word for caption in CAPTIONS for word in caption.split() if len(word) > 1} | {"welcome", "to", "be"}
    )
    endings = [f"##{token}" for token in ascii_tokens if token.isalnum()]
    known = ["[UNK]", "[CLS]", "[SEP]", "[MASK]", *ascii_tokens, *words, *endings, *characters]
    return ["[PAD]", *known, *(f"[unused{number}]" for number in range(1, VOCABULARY - len(known)))]


def _picture(height: int, width: int) -> bytes:
    """A PNG of one colour; who reads pictures looks at what is in them, not at their names."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\xc0\x40\x40" * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _sentencepiece(folder: Path) -> None:
    import sentencepiece  # deferred: two of the examples need it, nothing else does

    corpus = folder / "networks" / "corpus.txt"
    corpus.write_text(_lines([*TEXTS, *WORDS]), encoding="utf-8")
    for place, options in SENTENCEPIECE.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        sentencepiece.SentencePieceTrainer.Train(
            f"--input={corpus} --model_prefix={folder / place} --vocab_size=80 --hard_vocab_limit=false "
            f"--model_type=char --minloglevel=2 {options}"
        )
    size = sentencepiece.SentencePieceProcessor(f"{folder / place}.model").get_piece_size()
    (folder / f"{place}_keep_tokens.json").write_text(json.dumps(list(range(size))), encoding="utf-8")
