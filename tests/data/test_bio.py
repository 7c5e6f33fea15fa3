"""Columns of characters and tags, with the flaws that published sets have."""

import pytest

from bert4ner.data.bio import read, write
from bert4ner.data.repairs import Repairs
from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError


@pytest.fixture
def read_bio(tmp_path):
    def reader(content):
        path = tmp_path / "set.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        repairs = Repairs()
        return list(read(path, repairs)), repairs

    return reader


def found(document):
    return [(document.mention(entity), entity.label) for entity in document.entities]


@pytest.mark.parametrize(
    "tags",
    [
        "B-A I-A O B-B B-B",
        "B-A I-A O S-B S-B",
        "B-A E-A O S-B S-B",
        "B-A L-A O U-B U-B",
        "B_A E_A O W_B W_B",
    ],
)
@pytest.mark.parametrize("separator", ["\t", " ", "   ", " x y ", "\tx\t"])
def test_all_schemes_and_separators_say_the_same(read_bio, tags, separator):
    content = "".join(f"{token}{separator}{tag}\n" for token, tag in zip("气血的两亏", tags.split(), strict=True))
    documents, repairs = read_bio(content + "\n\n" + content)
    assert [found(document) for document in documents] == [[("气血", "A"), ("两", "B"), ("亏", "B")]] * 2
    assert [document.id for document in documents] == ["set-1", "set-2"]
    assert not repairs


def test_bmes_is_read_by_its_tags(read_bio):
    documents, repairs = read_bio("中 B-ORG\n国 M-ORG\n国 M-ORG\n籍 E-ORG\n人 S-PER\n")
    assert found(documents[0]) == [("中国国籍", "ORG"), ("人", "PER")]
    assert not repairs


def test_entities_cut_by_a_sentence_break_are_kept_and_counted(read_bio):
    documents, repairs = read_bio("圣 B-ORG\n。 M-ORG\n\n彼 M-ORG\n得 E-ORG\n堡 O\n")
    assert [found(document) for document in documents] == [[("圣。", "ORG")], [("彼得", "ORG")]]
    assert repairs == {
        "entities without their end tag closed": 1,
        "I-, M- or E- tags without a beginning opened an entity": 1,
    }
    assert repairs.examples["I-, M- or E- tags without a beginning opened an entity"].endswith("set.txt:4")


@pytest.mark.parametrize("tags", [["O", "I-A", "I-A"], ["B-B", "I-A", "I-A"]])
def test_an_inside_without_a_beginning_opens_an_entity_and_is_counted(read_bio, tags):
    documents, repairs = read_bio("".join(f"{token}\t{tag}\n" for token, tag in zip("气血亏", tags, strict=True)))
    assert found(documents[0])[-1] == ("血亏", "A")
    assert repairs["I-, M- or E- tags without a beginning opened an entity"] == 1


def test_an_end_without_a_beginning_is_one_character(read_bio):
    documents, _ = read_bio("气 E-A\n血 E-A\n亏 I-A\n虚 E-A\n")
    assert found(documents[0]) == [("气", "A"), ("血", "A"), ("亏虚", "A")]


def test_segmentation_digits_are_recognised_over_the_file_and_removed(read_bio):
    documents, repairs = read_bio("科0\tB-A\n技1\tI-A\n30\tO\n11\tO\n\n\ufffd\ufffd0\tO\na10\tO\n")
    assert [document.text for document in documents] == ["科技31", "\ufffd\ufffda"]
    assert found(documents[0]) == [("科技", "A")]
    assert repairs == {"segmentation digits removed from the tokens": 6}


def test_digits_that_only_some_tokens_carry_are_text(read_bio):
    documents, repairs = read_bio("科0 O\n技 O\nB12 O\n")
    assert documents[0].text == "科0技B12"
    assert not repairs


@pytest.mark.parametrize("blank", ["\u3000", "\u00a0", "\t", " "])
@pytest.mark.parametrize("separator", ["\t", " "])
def test_tokens_that_are_white_space_survive(read_bio, blank, separator):
    documents, repairs = read_bio(f"气{separator}B-A\n{blank}{separator}I-A\n血{separator}I-A\n")
    if blank == "\t" and separator == " ":  # not every line then has a tab, the separator is the blank
        assert documents[0].text == "气\t血"
    assert found(documents[0]) == [(f"气{blank}血", "A")]
    assert not repairs


def test_a_lost_token_is_read_as_a_space_and_counted(read_bio):
    documents, repairs = read_bio("气 O\n O\n血 O\n")
    assert documents[0].text == "气 血"
    assert repairs == {"lines without a token read as a space": 1}


def test_lines_of_white_space_alone_end_the_sentence(read_bio):
    documents, repairs = read_bio("气 O\n \t\n血 O\n\u3000\n")
    assert [document.text for document in documents] == ["气", "血"]
    assert repairs == {"lines of white space alone read as the end of a sentence": 2}


def test_emoji_cut_over_two_lines_are_joined(read_bio):
    high, low = (half.encode("utf-8", "surrogatepass") for half in "\ud83d\ude00")
    documents, repairs = read_bio("气\tB-A\n".encode() + high + b"\tI-A\n" + low + b"\tI-A\n" + "血\tO\n".encode())
    assert found(documents[0]) == [("气😀", "A")]
    assert repairs == {"emoji cut over two lines read as one character": 1}
    with pytest.raises(DataError, match="unpaired surrogate"):
        read_bio("气\tO\n".encode() + high + b"\tO\n")


def test_words_are_joined_with_spaces(read_bio):
    sentence = "EU NNP B-NP B-ORG\nrejects VBZ B-VP O\nGerman JJ I-NP B-MISC\n"
    documents, repairs = read_bio("-DOCSTART- -X- O O\n\n" + sentence)
    assert documents[0].text == "EU rejects German"
    assert found(documents[0]) == [("EU", "ORG"), ("German", "MISC")]
    assert repairs == {
        "-DOCSTART- lines left out": 1,
        "spaces put between tokens that are words": 2,
        "further columns of tags left out": 1,
    }


@pytest.mark.parametrize("line", ["血 boo", "血 X-A", "血 B-", "血", "O", "血 o"])
def test_unknown_tags_are_refused_with_their_line(read_bio, line):
    with pytest.raises(DataError, match=r"set\.txt:2: expected a character and a tag") as caught:
        read_bio(f"气 O\n{line}\n")
    assert repr(line.split()[-1]) in str(caught.value)


def test_windows_line_ends_are_no_part_of_the_tag(read_bio):
    documents, repairs = read_bio("气 B-A\r\n血 I-A\r\n\r\n亏 O\r\n")
    assert [found(document) for document in documents] == [[("气血", "A")], []]
    assert repairs == {"Windows line ends (CRLF) removed": 4}


def test_the_default_scheme_is_bio_and_others_can_be_asked_for(tmp_path):
    document = Document("a", "气血亏虚", (Entity(0, 1, "A"), Entity(1, 4, "B")))
    expected = {"bio": "B-A B-B I-B I-B", "bios": "S-A B-B I-B I-B", "bioes": "S-A B-B I-B E-B"}
    for scheme, tags in expected.items():
        path = tmp_path / scheme
        write([document], path, Repairs(), scheme=scheme)
        assert [line.split("\t")[1] for line in path.read_text(encoding="utf-8").splitlines()] == tags.split()
    with pytest.raises(DataError, match="expected one of the schemes"):
        write([document], tmp_path / "x", Repairs(), scheme="iobes")
    assert not (tmp_path / "x").exists()
