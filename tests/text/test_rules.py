"""What the files of a tokenizer say is heeded: the same tokens as the library's own tokenizer of the same files."""

import json
import lzma

import numpy as np
import pytest
import tokenizers
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

from bert4ner.config import WindowConfig
from bert4ner.entities import Document, Entity
from bert4ner.errors import CheckpointError
from bert4ner.schema import Misfit, build
from bert4ner.text.encoded import encode_documents
from bert4ner.text.pieces import open_vocabulary
from bert4ner.text.rules import Rules
from bert4ner.text.token_places import token_span
from bert4ner.text.tokenizer import CharacterTokenizer, WordPieceTokenizer
from tests.text.lines import some_published_lines

WORDS = "The the fever Fever café cafe ##s ##ing a b c A B C ##b 本 品 用 气 血 热 , . ( ) - ， 。 é e \u1112".split()
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
CAPITALS = [*"DEFGHIJKLMNOPQRSTUVWXYZ"]
LINES = [
    "The fevers of the Café, 本品用于 气血 (fever)。",
    "  a b\tc\n\u3000本 品\r\n",
    "Fevering cafe\u0301 é É 한 \u200b本\x00x [SEP] <s>",
    "本品，用！ＡＢ１①㎡……“热”—— ~`",
    "",
    " ",
    "the  the",
]
CORPUS = [*LINES[:4], "本品用于气血两亏引起的月经量少", "fever and the fever of the liver", "清热解毒，用于热毒。"] * 4
TEXTS = st.text(
    st.sampled_from("ab the fever Ca本品用气血，。(é\u0301한😀🤒\u200b\x00 \n\t\u3000\ud800İﬁ①<s>[SEP]▁Ġ"), max_size=30
)


def word_pieces(folder, tokens, **settings):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("".join(f"{token}\n" for token in tokens), encoding="utf-8")
    if settings:
        (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder


def saved(folder, library):
    folder.mkdir(parents=True, exist_ok=True)
    library.save(str(folder / "tokenizer.json"))
    return folder


def byte_pairs(folder, *, files="tokenizer.json"):
    library = tokenizers.Tokenizer(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    letters = pre_tokenizers.ByteLevel.alphabet()
    library.train_from_iterator(
        CORPUS, trainers.BpeTrainer(vocab_size=330, special_tokens=special, initial_alphabet=letters)
    )
    library.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    folder.mkdir(parents=True, exist_ok=True)
    if files == "tokenizer.json":
        return saved(folder, library)
    library.model.save(str(folder))
    return folder


def unigram(folder):
    library = tokenizers.Tokenizer(models.Unigram())
    library.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(tokenizers.Regex(" {2,}"), " ")])
    library.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    library.train_from_iterator(
        CORPUS, trainers.UnigramTrainer(vocab_size=90, special_tokens=special, unk_token="<unk>", show_progress=False)
    )
    return saved(folder, library)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("tokenizers")
    return {
        "uncased": word_pieces(root / "uncased", [*SPECIAL, *WORDS]),
        "cased": word_pieces(root / "cased", [*SPECIAL, *WORDS, *CAPITALS], do_lower_case=False),
        "accents": word_pieces(root / "accents", [*SPECIAL, *WORDS], strip_accents=False, tokenize_chinese_chars=False),
        "pairs": byte_pairs(root / "pairs"),
        "two files": byte_pairs(root / "two", files="vocab.json"),
        "unigram": unigram(root / "unigram"),
    }


KINDS = ["uncased", "cased", "accents", "pairs", "two files", "unigram"]


@pytest.fixture(scope="module")
def opened(folders):
    return {kind: open_vocabulary(folder)[0] for kind, folder in folders.items()}


@pytest.fixture(scope="module")
def tokenizers_of(opened):
    return {kind: WordPieceTokenizer(vocabulary) for kind, vocabulary in opened.items()}


@pytest.fixture(scope="module")
def characters_of(opened):
    return {kind: CharacterTokenizer(vocabulary) for kind, vocabulary in opened.items()}


def theirs(kind, folder):
    """The tokenizer that another tool makes of the same files; special tokens in a text stay text in both."""
    if kind in ("pairs", "unigram"):
        library = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    elif kind == "two files":
        library = tokenizers.ByteLevelBPETokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))
    else:
        lower, accents = kind != "cased", False if kind == "accents" else None
        library = tokenizers.BertWordPieceTokenizer(
            str(folder / "vocab.txt"),
            lowercase=lower,
            strip_accents=accents,
            handle_chinese_chars=kind != "accents",
        )
    return library


def without_mark(ids, space_id):
    return ids[1:] if ids[:1] == [space_id] else ids


@pytest.mark.parametrize("kind", KINDS)
def test_tokens_are_those_of_the_library(kind, folders, opened, tokenizers_of):
    lines = [line.replace("[SEP]", "").replace("<s>", "") for line in LINES if line.strip()]
    for line, found in zip(lines, tokenizers_of[kind].encode_all(lines), strict=True):
        expected = theirs(kind, folders[kind]).encode(line, add_special_tokens=False).ids
        if kind == "unigram" and found.ids.tolist() != expected:
            expected = without_mark(expected, opened[kind].space_id)
        assert found.ids.tolist() == expected, line


def test_case_is_as_the_files_say(tmp_path, opened, tokenizers_of):
    for kind, expected in (("uncased", ["the", "fever"]), ("cased", ["The", "Fever"])):
        ids = tokenizers_of[kind].encode("The Fever").ids
        assert [opened[kind].tokens[number] for number in ids] == expected
    # Without a setting, all 26 capital letters decide.
    folder = word_pieces(tmp_path / "silent", [*SPECIAL, *WORDS, *CAPITALS])
    assert open_vocabulary(folder)[0].rules.normalizer["lowercase"] is False
    # tokenizer_config.json wins over tokenizer.json, as in transformers.
    library = tokenizers.BertWordPieceTokenizer(str(folder / "vocab.txt"), lowercase=True)
    library.save(str(folder / "tokenizer.json"))
    assert open_vocabulary(folder)[0].rules.normalizer["lowercase"] is True
    (folder / "tokenizer_config.json").write_text('{"do_lower_case": false}', encoding="utf-8")
    assert open_vocabulary(folder)[0].rules.normalizer["lowercase"] is False


@pytest.mark.parametrize("kind", KINDS)
@given(text=TEXTS)
@example(text=" \n ")
@example(text="\u200b")
def test_places_are_in_order_and_hold_what_is_seen(kind, text, opened, tokenizers_of, characters_of):
    encoding, vocabulary = tokenizers_of[kind].encode(text), opened[kind]
    assert (encoding.starts < encoding.ends).all() and (np.diff(encoding.starts) >= 0).all()
    assert (np.diff(encoding.ends) >= 0).all() and (encoding.ends <= len(text)).all()
    assert bool(len(encoding.ids)) == bool(text)
    for number, start, end in zip(encoding.ids, encoding.starts, encoding.ends, strict=True):
        covered = text[start:end]
        assert covered.isspace() or not covered[0].isspace()
        assert token_span(encoding, int(start), int(end)) is not None
        token = vocabulary.tokens[number].removeprefix("##").removeprefix("▁").removeprefix("Ġ")
        if covered.isascii() and covered.isalnum() and token.isascii() and number != vocabulary.unk_id:
            assert token.lower() == covered.lower()
    characters = characters_of[kind].encode(text)
    assert characters.starts.tolist() == [*range(len(text))]


def test_a_word_covers_the_space_before_it(tokenizers_of):
    encoding = tokenizers_of["cased"].encode("The fever 本品")
    assert list(zip(encoding.starts.tolist(), encoding.ends.tolist(), strict=True)) == [
        (0, 3),
        (4, 9),
        (10, 11),
        (11, 12),
    ]
    assert token_span(encoding, 0, 9) == (0, 2) and token_span(encoding, 4, 9) == (1, 2)
    assert token_span(encoding, 3, 9) is None


def test_tokens_inside_a_character_have_its_place(tokenizers_of):
    encoding = tokenizers_of["pairs"].encode("a🤒b")
    assert encoding.starts.tolist() == [0, 1, 1, 1, 1, 2] and encoding.ends.tolist() == [1, 2, 2, 2, 2, 3]
    assert token_span(encoding, 1, 2) == (1, 5) and token_span(encoding, 0, 2) == (0, 5)


def test_windows_are_shorter_where_tokens_are_too_many(tokenizers_of):
    text = "🤒" * 40 + "热"
    document = Document("1", text, (Entity(1, 2, "X"), Entity(40, 41, "X")))
    encoded = encode_documents([document, Document("2", "a b")], tokenizers_of["pairs"], WindowConfig(32, 2))
    assert (encoded.lengths <= 32).all() and encoded.lost == []
    covered = {place for window in encoded.bounds[:-1] for place in range(window.start, window.end)}
    assert covered == set(range(len(text)))
    assert encoded.bounds[-1] == (0, 3)


def test_what_a_text_says_about_special_tokens_stays_text(opened, tokenizers_of):
    for kind, name in (("cased", "[SEP]"), ("pairs", "<s>"), ("two files", "</s>"), ("unigram", "<mask>")):
        assert opened[kind].ids[name] not in tokenizers_of[kind].encode(f"a{name}b").ids


def test_no_merge_of_byte_pairs_makes_a_special_token_of_text(tmp_path):
    names = ["<s>", "<pad>", "</s>", "<unk>", "▁", "<", "/", "s", ">", "</", "s>", "a"]
    merges = [("<", "/"), ("s", ">"), ("</", "s>")]
    model = models.BPE({name: number for number, name in enumerate(names)}, merges, unk_token="<unk>")
    library = tokenizers.Tokenizer(model)
    library.pre_tokenizer = pre_tokenizers.Metaspace()
    library.add_special_tokens(names[:4])
    vocabulary, _ = open_vocabulary(saved(tmp_path / "merged", library))
    found = WordPieceTokenizer(vocabulary).encode("a</s>").ids.tolist()
    assert [vocabulary.tokens[number] for number in found] == ["a", "</", "s>"]


def test_the_first_and_last_token_are_those_of_the_files(folders, opened):
    for kind in ("pairs", "two files", "unigram"):
        names = [opened[kind].tokens[number] for number in (opened[kind].cls_id, opened[kind].sep_id)]
        assert names == ["<s>", "</s>"] and opened[kind].pad_id == 1
    path = folders["two files"] / "special_tokens_map.json"
    path.write_text('{"bos_token": "<mask>", "sep_token": {"content": "<unk>"}}', encoding="utf-8")
    named = open_vocabulary(folders["two files"])[0]
    path.unlink()
    assert (named.tokens[named.cls_id], named.tokens[named.sep_id]) == ("<mask>", "<unk>")


def test_added_tokens_are_found_whole(tmp_path):
    folder = word_pieces(tmp_path / "added", [*SPECIAL, *WORDS])
    (folder / "added_tokens.json").write_text(json.dumps({"PD-L1": 5 + len(WORDS)}), encoding="utf-8")
    vocabulary, _ = open_vocabulary(folder)
    ids = WordPieceTokenizer(vocabulary).encode("本PD-L1品").ids
    assert [vocabulary.tokens[number] for number in ids] == ["本", "PD-L1", "品"]


def test_characters_have_the_piece_of_their_normal_form(opened):
    vocabulary = opened["unigram"]
    found = CharacterTokenizer(vocabulary).encode("，Ａ①é本\n").ids
    alone = {text: number for text, led, number in vocabulary.surfaces() if not led}
    led = {text: number for text, led, number in vocabulary.surfaces() if led}
    assert found[0] == alone[","] and found[1] in (alone.get("A"), led.get("A"))
    assert vocabulary.unk_id not in found and found[-1] == vocabulary.space_id
    pairs = opened["pairs"]
    known = CharacterTokenizer(pairs).encode("本a，").ids
    assert pairs.unk_id not in known and known[1] == pairs.ids["a"]


def test_fairseq_counts_pieces_in_its_own_way(tmp_path, spiece):
    pieces = [("<unk>", 0.0, 2), ("<s>", 0.0, 3), ("</s>", 0.0, 3), ("▁", -2.0, 1), ("本", -3.0, 1), ("本品", -3.5, 1)]
    (tmp_path / "sentencepiece.bpe.model").write_bytes(spiece(pieces))
    vocabulary, where = open_vocabulary(tmp_path)
    assert where.name == "sentencepiece.bpe.model"
    assert vocabulary.tokens == ("<s>", "<pad>", "</s>", "<unk>", "▁", "本", "本品", "<mask>")
    assert (vocabulary.cls_id, vocabulary.pad_id, vocabulary.sep_id, vocabulary.unk_id) == (0, 1, 2, 3)
    assert WordPieceTokenizer(vocabulary).encode("本品本").ids.tolist() == [6, 5]


def test_rules_are_kept_as_they_are(opened):
    for vocabulary in opened.values():
        described = json.loads(json.dumps(vocabulary.rules.to_dict()))
        assert build(Rules, described) == vocabulary.rules
    with pytest.raises(Misfit, match="unknown name 'cover'; did you mean 'covered'"):
        build(Rules, {"cover": True})


@pytest.mark.parametrize("name", ["tokenizer_config.json", "special_tokens_map.json", "tokenizer.json"])
def test_damaged_files_are_reported_in_one_line(tmp_path, name):
    folder = word_pieces(tmp_path / "damaged", [*SPECIAL, *WORDS])
    for content in (b"[]", b"{", b"\xff"):
        (folder / name).write_bytes(content)
        with pytest.raises(CheckpointError) as caught:
            open_vocabulary(folder)
        assert str(caught.value).startswith(f"{folder / name}: not a readable {name}") and "\n" not in str(caught.value)


# --- XLM-R's published tokenizer, where there is one ---


@pytest.fixture(scope="module")
def published(shared, tmp_path_factory):
    packed = shared / "pretrained" / "xlmr-tokenizer" / "tokenizer.json.xz"
    if not packed.is_file():
        pytest.skip(f"{packed} is absent")
    folder = tmp_path_factory.mktemp("xlmr")
    (folder / "tokenizer.json").write_bytes(lzma.decompress(packed.read_bytes()))
    return folder


def test_ten_thousand_lines_in_the_pieces_of_xlm_r(published, shared_data):
    vocabulary, _ = open_vocabulary(published)
    assert (vocabulary.cls_id, vocabulary.pad_id, vocabulary.sep_id, vocabulary.unk_id) == (0, 1, 2, 3)
    lines = some_published_lines(shared_data)
    assert len(lines) >= 10_000
    library = tokenizers.Tokenizer.from_file(str(published / "tokenizer.json"))
    expected = library.encode_batch(lines, add_special_tokens=False)
    for line, found, other in zip(lines, WordPieceTokenizer(vocabulary).encode_all(lines), expected, strict=True):
        ids = found.ids.tolist()
        # The mark of a word put before the first character is left out: it stands for nothing of the text.
        assert ids in (other.ids, without_mark(other.ids, vocabulary.space_id)), line


def test_no_punctuation_is_unknown_to_xlm_r(published):
    vocabulary, _ = open_vocabulary(published)
    text = "，。！？；：“”‘’（）《》【】、…—·～￥①㎡％ＡＢ０「」『』〈〉〔〕℃≥≤±×÷－＋＝"
    ids = CharacterTokenizer(vocabulary).encode(text).ids
    assert vocabulary.unk_id not in ids
    assert vocabulary.tokens[ids[0]] == "," and vocabulary.tokens[ids[3]] == "?"
