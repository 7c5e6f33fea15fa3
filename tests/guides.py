"""What the pages of the documentation hold (blocks, commands, links), and a folder in which their blocks run."""

import itertools
import json
import re
import shlex
import shutil
from pathlib import Path
from typing import NamedTuple

from bert4ner.cli.main import _passed_on
from bert4ner.cli.parameters import Signature, read_signature
from bert4ner.cli.parsing import parse
from bert4ner.data.documents import read_documents, write_documents
from bert4ner.other_names import ADVICE, usual_names
from bert4ner.registry import COMMANDS
from tests.conftest import ROOT

SHORT = 48
"""Documents of the sample: that commands work is tested here, what they find on all of it by `make demo`."""
CHECKPOINT = "chinese_roberta_wwm_ext_L-12_H-768_A-12"
SMALL = {
    "vocab_size": 5261,
    "hidden_size": 16,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "hidden_act": "gelu",
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
}
_FENCE = re.compile(r"(?:^<!-- ([^\n]*) -->\n)?^```(\S*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?!https?:|mailto:)([^)\s]+)\)|!\[[^\]]*\]\((?!https?:)([^)\s]+)\)")


class Block(NamedTuple):
    """A fenced block: its language, its text, and the comment in the line before it."""

    language: str
    text: str
    comment: str

    @property
    def not_run(self) -> str:
        """The reason why it is not run, from ``<!-- not run: REASON -->``; else empty."""
        return self.comment.removeprefix("not run: ") if self.comment.startswith("not run: ") else ""

    @property
    def file(self) -> str:
        """The file that it stands for, from ``<!-- file: NAME -->``; else empty."""
        return self.comment.removeprefix("file: ") if self.comment.startswith("file: ") else ""


def text_of(page: str) -> str:
    """The source of a page, named from the root of the repository."""
    return (ROOT / page).read_text(encoding="utf-8")


def all_blocks(page: str) -> list[Block]:
    """Its fenced blocks in their order."""
    return [Block(language, text, comment) for comment, language, text in _FENCE.findall(text_of(page))]


def blocks(page: str, language: str) -> list[str]:
    """The texts of its blocks in one language."""
    return [each.text for each in all_blocks(page) if each.language == language]


def commands_of(block: str) -> list[str]:
    """The lines of a shell block, continued ones joined, without comments."""
    lines = block.replace("\\\n", " ").splitlines()
    return [" ".join(line.split()) for line in lines if line.strip() and not line.lstrip().startswith("#")]


def commands(page: str) -> list[str]:
    """All lines of its shell blocks."""
    return [line for block in blocks(page, "bash") for line in commands_of(block)]


def links(page: str) -> list[str]:
    """The local links of a page, images too, as they stand."""
    prose = _CODE.sub("", _FENCE.sub("", text_of(page)))
    return [link or image for link, image in _LINK.findall(prose)]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ +(.*)$", _FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip() for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


def inline_code(page: str) -> list[str]:
    """What stands in back-ticks in its prose, line breaks as spaces."""
    return [" ".join(each.split()) for each in _CODE.findall(_FENCE.sub("", text_of(page)))]


def signature_of(command: str) -> Signature:
    """What a command takes."""
    return read_signature(COMMANDS.get(command).load())


def flags_of(command: str) -> set[str]:
    """Its options, ``--help`` included."""
    own = (flag for each in signature_of(command).all() if not each.positional for flag in each.flags)
    return {*own, "--help", "-h"}


def unknown_in(code: str) -> list[str]:
    """Commands and options in a piece of inline code that there are none of; metavars stand for values there."""
    words = code.split()
    if words[:1] == ["bert4ner"] and len(words) > 1 and not words[1].startswith("-"):
        if words[1] not in (*COMMANDS, "COMMAND"):
            return [words[1]]
        known = flags_of(words[1]) if words[1] != "COMMAND" else {"--help"}
        known = known if words[1] == "COMMAND" or not COMMANDS.get(words[1]).runner else {*known, *words}
    elif words[0].startswith("--"):
        known = {"--version", *ADVICE}.union(*map(flags_of, COMMANDS.own()))
    else:
        return []
    flags = [word.partition("=")[0] for word in usual_names(words, known)]
    return [flag for flag in flags if re.fullmatch(r"--[a-z][\w-]*", flag) and flag not in known]


def words_of(line: str) -> list[str]:
    """A line's words without comments and without the variables that it sets (``CUDA_VISIBLE_DEVICES=1``)."""
    return list(itertools.dropwhile(re.compile(r"[A-Z_]+=").match, shlex.split(line, comments=True)))


def parsed(line: str) -> tuple[str, dict[str, object]]:
    """The command and the values of a line ``bert4ner COMMAND ...``; raises the errors of the command line.

    A file of options that is not there, because another command of the page would write it, is left out.
    """
    _, name, *arguments = words_of(line)
    if "--config" in arguments:
        place = arguments.index("--config")
        if not Path(arguments[place + 1]).exists():
            del arguments[place : place + 2]
    command = COMMANDS.get(name)
    given = _passed_on(command.load(), arguments) if command.runner else arguments
    return name, parse(command.load(), given, prog=f"bert4ner {name}") or {}


def stand_in(folder: Path, layers: int) -> None:
    """Describe a small RoBERTa of so many layers: fewer are traced in less time."""
    described = json.dumps({**SMALL, "num_hidden_layers": layers, "random_weights": True})
    (folder / CHECKPOINT / "bert_config.json").write_text(described, encoding="utf-8")


def users_folder(folder: Path, encoder: Path, documents: int = SHORT) -> Path:
    """What the pages find: some of the sample, an encoder, the user's data and a stand-in for RoBERTa."""
    shutil.copytree(encoder, folder / "pretrained/tcm-mini")
    shutil.copytree(ROOT / "examples", folder / "examples")
    sample = folder / "examples/data/leaflets.jsonl"
    write_documents(read_documents(sample)[:documents], sample, "jsonl")
    annotated = read_documents(sample)[:12]
    write_documents(annotated, folder / "train.json", "deepner")
    write_documents(annotated[:3], folder / "test.txt", "text")
    (folder / CHECKPOINT).mkdir()
    shutil.copy(ROOT / "pretrained/tcm-mini/vocab.txt", folder / CHECKPOINT)
    return folder
