"""SentencePiece models without a tokenizer.json: numbered and cut as the converters of transformers do it."""

import json

import pytest
from transformers.convert_slow_tokenizer import CamembertConverter, SpmConverter, XLMRobertaConverter
from transformers.utils import sentencepiece_model_pb2_new as protobuf

from bert4ner.errors import CheckpointError
from bert4ner.text.pieces import open_vocabulary
from bert4ner.text.tokenizer import WordPieceTokenizer

HEAD = [("<unk>", 0.0, 2), ("<s>", 0.0, 3), ("</s>", 0.0, 3)]
LETTERS = "▁abcdehfrtv本品用于气血，。"
JOINED = (
    "th",
    "▁th",
    "▁the",
    "he",
    "fe",
    "ev",
    "er",
    "ever",
    "fever",
    "▁fever",
    "本品",
    "用于",
    "气血",
    "▁本品",
    "品用",
)
SCORED = [*((name, -float(rank), 1) for rank, name in enumerate(JOINED)), *((each, -90.0, 1) for each in LETTERS)]
LINES = ["the fever", "本品用于气血。", "fever the 本品 用于", "thefeverever", "品用本品用", "xyz本 ，a", "the"]


def written(folder, content, **said):
    folder.mkdir()
    (folder / "sentencepiece.bpe.model").write_bytes(content)
    for name, described in said.items():
        (folder / f"{name}.json").write_text(json.dumps(described), encoding="utf-8")
    return open_vocabulary(folder)[0]


def theirs(content):
    proto = protobuf.ModelProto()
    proto.ParseFromString(content)
    return proto


@pytest.mark.parametrize("where", ["tokenizer_config", "config", "bert_config"])
def test_camembert_numbers_its_pieces_as_in_transformers(where, tmp_path, spiece):
    content = spiece([*HEAD, *SCORED])
    key = {"tokenizer_config": "tokenizer_class", "config": "model_type", "bert_config": "family"}[where]
    said = "CamembertTokenizerFast" if where == "tokenizer_config" else "camembert"
    vocabulary = written(tmp_path / "camembert", content, **{where: {key: said}})
    expected = [name for name, _ in CamembertConverter.vocab(None, theirs(content))]
    assert list(vocabulary.tokens) == expected
    named = {part: vocabulary.tokens[getattr(vocabulary, f"{part}_id")] for part in ("cls", "sep", "pad", "unk")}
    assert named == {"cls": "<s>", "sep": "</s>", "pad": "<pad>", "unk": "<unk>"}
    assert (vocabulary.cls_id, vocabulary.pad_id, vocabulary.sep_id, vocabulary.unk_id) == (5, 1, 6, 3)
    ids = WordPieceTokenizer(vocabulary).encode("fever <s>").ids.tolist()
    assert ids[0] == vocabulary.ids["▁fever"] and not {0, 1, 2, 4, 5, 6} & {*ids}


def test_xlm_roberta_numbers_its_pieces_as_in_transformers(tmp_path, spiece):
    content = spiece([*HEAD, *SCORED])
    vocabulary = written(tmp_path / "xlm-r", content, config={"model_type": "xlm-roberta"})
    expected = [name for name, _ in XLMRobertaConverter.vocab(None, theirs(content))]
    assert list(vocabulary.tokens) == expected


def test_pieces_of_the_kind_bpe_are_joined_as_in_transformers(tmp_path, spiece):
    content = spiece([*HEAD, *SCORED], model=2)
    (tmp_path / "spm").mkdir()
    (tmp_path / "spm" / "spm.model").write_bytes(spiece([*HEAD, ("<pad>", 0.0, 3), *SCORED], model=2))
    vocabulary = open_vocabulary(tmp_path / "spm")[0]
    names = {name: number for number, (name, *_) in enumerate([*HEAD, *SCORED])}
    proto = theirs(content)
    proto.normalizer_spec.add_dummy_prefix = proto.normalizer_spec.escape_whitespaces = True
    library = SpmConverter.build_tokenizer_from_spm_proto(proto, names)
    tokens = [
        [vocabulary.tokens[number] for number in found.ids.tolist()]
        for found in WordPieceTokenizer(vocabulary).encode_all(LINES)
    ]
    expected = [library.encode(line, add_special_tokens=False).tokens for line in LINES]
    # The mark of a word put before the first character is left out, as everywhere.
    assert tokens == [each[1:] if each[0] == "▁" else each for each in expected]
    assert tokens[0][0] == "▁the" and "<unk>" in tokens[5]


def test_other_kinds_are_refused_with_a_way_out(tmp_path, spiece):
    with pytest.raises(CheckpointError) as caught:
        written(tmp_path / "words", spiece([*HEAD, *SCORED], model=3))
    assert "type unigram or BPE" in str(caught.value) and "save_pretrained" in str(caught.value)
    with pytest.raises(CheckpointError, match="pieces of at most 256 characters"):
        written(tmp_path / "long", spiece([*HEAD, ("a" * 1_000, 0.0, 1)], model=2))
