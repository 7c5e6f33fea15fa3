"""Files of the corpus, damaged at random and read: `make fuzz`, or a slice of it as a test.

Each input is read by what `auto` finds and by a format at random. It must be read or refused with an error of the
library, in a bounded line, within a second and 50 times its size in memory; and where only the name of a key changed or
things were added, entities that were there may not be gone without a count. Some inputs are tens of thousands of bytes
of tiny records.
"""

import argparse
import io
import json
import logging
import random
import re
import resource
import shutil
import sys
import tempfile
import time
import tracemalloc
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bert4ner.data.documents import ReadResult, read_with_report, write_documents
from bert4ner.entities import Document, Entity
from bert4ner.errors import Bert4NERError
from bert4ner.registry import FORMATS
from tests.tiny_records import TINY

CORPUS = Path(__file__).parent / "data" / "formats"
SECONDS, LONGEST_ERROR, TIMES_SIZE = 1.0, 1000, 50
SPARE = 1 << 16  # bytes that an input of any size may take: the buffer of a file, patterns and caches
LINES_OF_ERROR = 21  # brat reports the first twenty annotations that it cannot read
MEASURED = 100  # one input in so many is read with its memory measured, which takes ten times as long
TINY_RECORDS = 400  # one input in so many has very many tiny records; its memory is always measured
TINY_SIZE = (20_000, 60_000)
KEYS = (
    *("text", "entities", "spans", "ents", "label", "labels", "ner_tags", "tokens", "annotations", "data", "id"),
    *("start", "end", "type", "result_list", "content", "originalText", "ner", "sentence", "mention", "answer", "foo"),
)
HOSTILE = (
    *(None, True, 0, -1, 10**30, 0.5, float("nan"), float("-inf"), "", " ", "\ud800", "\x00", "O", "B-PER", "😀"),
    *([], {}, [[]], [0, 1], [0, 1, "A"], {"start": 0, "end": 1, "label": "A"}, ["王", "A"], "[" * 2000, "x" * 5000),
)
BYTES = (b"\x00", b"\xff", b"\xed\xa0\x80", b"\r", b"\n", b"\t", b'"', b"[", b"{", b",", "\ufeff".encode(), b"1" * 5000)


@dataclass(frozen=True)
class Input:
    """What is to be read: the name of its file, its bytes, how it came about, and whether it may have lost entities."""

    name: str
    content: bytes
    how: str
    may_lose: bool = True
    partner: tuple[str, bytes] | None = None
    """The other file of a brat pair."""
    measured: bool = False
    """Whether the memory of reading it is measured in any case."""


def corpus() -> list[tuple[str, bytes]]:
    """The files of the corpus, and one of every format that can be written to one."""
    files = [path for path in sorted(CORPUS.rglob("*")) if path.is_file() and path.name != "expected.json"]
    found = [(path.name, path.read_bytes()) for path in files]
    text = "王小明在青山镇，李华在北京大学。"
    documents = [Document("a", text, (Entity(0, 3, "PER"), Entity(4, 7, "LOC"))), Document("b", text[8:])]
    with tempfile.TemporaryDirectory() as folder:
        for name, format in FORMATS.items():
            path = Path(folder) / f"{name}.out"
            if format.write is None or name == "brat":
                continue
            try:
                write_documents(documents, path, name)
            except Bert4NERError:  # a package that it needs is not installed
                continue
            content = path.read_bytes()
            found.append((path.name, without_times(content) if zipfile.is_zipfile(path) else content))
    return found


def without_times(workbook: bytes) -> bytes:
    """A workbook that does not say when it was written, so that the same seed gives the same inputs at any time."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"1980-01-01T00:00:00Z", old.read(name))
            new.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def damaged_bytes(content: bytes, rng: random.Random) -> bytes:
    """Some bytes changed, taken away, doubled or put in."""
    place = rng.randrange(len(content) + 1)
    end = min(len(content), place + rng.choice((1, 1, 3, 20, 200)))
    kind = rng.randrange(4)
    if kind == 0:
        return content[:place] + bytes(rng.randrange(256) for _ in range(end - place)) + content[end:]
    if kind == 1:
        return content[:place] + content[end:]
    if kind == 2:
        return content[:place] + content[place:end] * rng.choice((2, 50)) + content[end:]
    return content[:place] + rng.choice(BYTES) + content[place:]


def damaged_lines(content: bytes, rng: random.Random) -> bytes:
    """A line taken away, doubled, moved, cut or joined to the next."""
    lines = content.split(b"\n")
    place, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    kind = rng.randrange(5)
    if kind == 0:
        del lines[place]
    elif kind == 1:
        lines.insert(other, lines[place])
    elif kind == 2:
        lines[place], lines[other] = lines[other], lines[place]
    elif kind == 3:
        lines[place] = lines[place][: rng.randrange(len(lines[place]) + 1)]
    else:
        lines[place : place + 2] = [b"".join(lines[place : place + 2])]
    return b"\n".join(lines)


def loaded(content: bytes) -> tuple[object, bool] | None:
    """The values of a JSON file, and whether they stand one a line; None where it is no JSON."""
    try:
        return json.loads(content), False
    except (ValueError, RecursionError):
        pass
    try:
        return [json.loads(line) for line in content.splitlines() if line.strip()], True
    except (ValueError, RecursionError):
        return None


def dumped(value: object, *, lines: bool) -> bytes:
    """JSON of the same frame."""
    values = value if lines and isinstance(value, list) else [value]
    return "\n".join(json.dumps(each) for each in values).encode("utf-8", "surrogatepass") + b"\n"


def nodes(value: object) -> Iterator[dict | list]:
    """All objects and lists with something in them."""
    if isinstance(value, dict | list) and value:
        yield value
        for each in value.values() if isinstance(value, dict) else value:
            yield from nodes(each)


def damaged_json(content: bytes, rng: random.Random) -> Input | None:
    """A value replaced or taken away, a key renamed or added."""
    found = loaded(content)
    if found is None:
        return None
    value, lines = found
    places = list(nodes(value))
    if not places:
        return None
    node = rng.choice(places)
    key = rng.choice(list(node)) if isinstance(node, dict) else rng.randrange(len(node))
    kind = rng.randrange(4)
    if kind == 0:
        node[key] = rng.choice(HOSTILE)
    elif kind == 1:
        del node[key]
    elif kind == 2 and isinstance(node, dict):
        renamed = rng.choice(KEYS)
        if renamed not in node:
            node[renamed] = node.pop(key)
            return Input("", dumped(value, lines=lines), f"key {key!r} renamed to {renamed!r}", may_lose=False)
    elif isinstance(node, dict):
        node.setdefault(rng.choice(KEYS), rng.choice(HOSTILE))
        return Input("", dumped(value, lines=lines), "key added", may_lose=False)
    return Input("", dumped(value, lines=lines), "JSON value changed")


def inputs(count: int, seed: int) -> Iterator[tuple[Input, bytes]]:
    """So many damaged inputs, each with the bytes that it was made of."""
    rng = random.Random(seed)
    files = corpus()
    pairs = {Path(name).stem for name, _ in files if name.endswith(".ann")}
    contents = dict(files)
    partners = {}
    for stem in pairs & {Path(name).stem for name in contents if name.endswith(".txt")}:
        for one, other in ((".ann", ".txt"), (".txt", ".ann")):
            partners[stem + one] = (stem + other, contents[stem + other])
    for _ in range(count):
        if rng.random() < 1 / TINY_RECORDS:
            yield tiny_records(rng)
            continue
        name, content = rng.choice(files)
        made = damaged_json(content, rng) if rng.random() < 0.5 else None
        if made is None:
            damage: Callable[[bytes, random.Random], bytes] = rng.choice((damaged_bytes, damaged_lines))
            made = Input(name, damage(content, rng), damage.__name__)
            if rng.random() < 0.3:
                made = Input(name, damaged_bytes(made.content, rng), "damaged twice")
        yield Input(name, made.content, made.how, made.may_lose, partners.get(name)), content


def tiny_records(rng: random.Random) -> tuple[Input, bytes]:
    """Very many tiny records, whole or damaged."""
    name = rng.choice(list(TINY))
    content = TINY[name].content(rng.randrange(*TINY_SIZE))
    damage: Callable[[bytes, random.Random], bytes] = rng.choice((lambda whole, _: whole, damaged_bytes, damaged_lines))
    partner = ("tiny.txt", b"a") if TINY[name].suffix == ".ann" else None
    made = Input(
        f"tiny{TINY[name].suffix}", damage(content, rng), f"tiny records: {name}", True, partner, measured=True
    )
    return made, content


class Findings:
    """Reads inputs, and keeps what went wrong with them."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.rng = folder, random.Random(seed + 1)
        self.problems: list[str] = []
        self.outcomes: Counter[str] = Counter()
        self.slowest = self.largest = 0.0
        self.originals: dict[bytes, int] = {}

    def read(self, name: str, content: bytes, format: str, *, measured: bool = False) -> ReadResult | None:
        """The documents of an input, None if it is refused."""
        path = self.folder / name
        path.write_bytes(content)
        start = time.process_time()
        if measured:
            tracemalloc.start()
        try:
            return read_with_report(path, format)
        except Bert4NERError as error:
            message = str(error)
            if len(message) > LONGEST_ERROR * (message.count("\n") + 1) or message.count("\n") > LINES_OF_ERROR:
                self.problems.append(f"{name} as {format}: an error of {len(message)} characters: {message[:200]}")
            return None
        except Exception as error:
            self.problems.append(f"{name} as {format}: {type(error).__name__}: {str(error)[:200]}")
            return None
        finally:
            if measured:
                peak = tracemalloc.get_traced_memory()[1]
                tracemalloc.stop()
                size = sum(each.stat().st_size for each in self.folder.glob(f"{path.stem}.*"))  # brat reads two files
                self.largest = max(self.largest, (peak - SPARE) / max(size, 1))
                if peak > TIMES_SIZE * size + SPARE:
                    self.problems.append(f"{name} as {format}: {peak} bytes for {size}")
            else:
                took = time.process_time() - start
                self.slowest = max(self.slowest, took)
                if took > SECONDS and len(content) < 100_000:
                    self.problems.append(f"{name} as {format}: {took:.1f} s")

    def try_one(self, given: Input, original: bytes) -> None:
        """Read one input by what `auto` finds, and by a format at random."""
        for path in self.folder.iterdir():
            path.unlink()
        if given.partner is not None:
            (self.folder / given.partner[0]).write_bytes(given.partner[1])
        before = len(self.problems)
        measured = given.measured or self.rng.random() < 1 / MEASURED
        result = self.read(given.name, given.content, "auto", measured=measured)
        self.outcomes["read" if result else "refused"] += 1
        if not given.may_lose and result is not None and not result.repairs:
            if original not in self.originals:
                self.originals[original] = entities(self.read(given.name, original, "auto"))
            if entities(result) < self.originals[original]:
                found = f"{entities(result)} of {self.originals[original]} entities, read as {result.format}"
                self.problems.append(f"{given.name}: {given.how}: {found}")
        readable = [name for name, format in FORMATS.items() if format.read is not None]
        self.read(given.name, given.content, self.rng.choice(readable))
        for number in range(before, len(self.problems)):
            kept = self.folder.parent / "fuzz-failures" / f"{len(self.problems)}-{given.name}"
            kept.parent.mkdir(exist_ok=True)
            kept.write_bytes(given.content)
            self.problems[number] += f" ({given.how}; kept as {kept})"


def entities(result: ReadResult | None) -> int:
    """How many entities were read."""
    return 0 if result is None else sum(len(document.entities) for document in result.documents)


def fuzz(count: int, seed: int, *, most: int = 20) -> Findings:
    """Read so many inputs, or until so many problems were found."""
    logging.disable(logging.CRITICAL)
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    findings = Findings(folder, seed)
    try:
        for name, content in corpus():  # imports and caches of the first use are not the memory of an input
            findings.read(name, content, "auto")
        for given, original in inputs(count, seed):
            findings.try_one(given, original)
            if len(findings.problems) >= most:
                break
    finally:
        shutil.rmtree(folder)
        logging.disable(logging.NOTSET)
    return findings


def main() -> int:
    """Run it, say what was found, and give 1 for problems."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", action="store_true", help="files of runs, models and pretrained folders instead")
    options = parser.parse_args()
    if options.runs:
        from tests import fuzz_runs  # deferred: TensorFlow

        return fuzz_runs.main(options.inputs, options.seed)
    started = time.time()
    findings = fuzz(options.inputs, options.seed)
    for problem in findings.problems:
        print(problem)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{findings.outcomes.total()} inputs in {time.time() - started:.0f} s (seed {options.seed}): "
        f"{findings.outcomes['read']} read, {findings.outcomes['refused']} refused, {len(findings.problems)} problems; "
        f"the slowest took {findings.slowest:.2f} s, the largest {findings.largest:.1f} times its size in memory, "
        f"the process at most {memory:.0f} MiB"
    )
    return bool(findings.problems)


if __name__ == "__main__":
    sys.exit(main())
