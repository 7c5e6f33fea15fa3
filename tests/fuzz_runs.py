"""Files of runs, models and pretrained folders, damaged at random and read: `python -m tests.fuzz --runs`, or a slice.

Each input is one file of a folder of `tests.fuzz_folders`; all of the folder is then read through the public doors.
It must be read, with legal values only, or refused with an error of the library in one bounded line that names the
file, within ten seconds and a gigabyte; and nothing may be run, fetched or written meanwhile.
"""

import contextlib
import json
import logging
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bert4ner.errors import Bert4NERError
from tests.fuzz import HOSTILE, damaged_bytes, damaged_lines, nodes
from tests.fuzz_folders import Kind, files_of, kinds

SECONDS, WAITING, MEBIBYTES, LONGEST_ERROR = 10, 60, 1024, 1000  # seconds of the processor, and by the clock
VALUES = (
    *HOSTILE,
    *(-1, 0, 1, 2, 7, 2**31, 2**53, 2**60, 2**64, 10**400, 1e38, 1e300, -0.5, 1.5, "NaN", "auto", "../..", "*"),
    *({}, [], [1, 2], [None], {"": {}}, [[0, 1], [1, 2]], "DRUG", "F32", "9" * 300),
)
RAW = (
    *(
        "NaN",
        "Infinity",
        "-Infinity",
        "1e999",
        "9" * 5000,
        "9" * 4000,
        '"\\ud800"',
        "00",
        "'a'",
        "1_000",
        "0x10",
        "nan",
    ),
    *(depth * "[" + depth * "]" for depth in (50, 900, 1000, 100_000)),
    *(50_000 * '{"a":', "[" * 100_000, "{" * 100_000, "a." * 50_000 + "a", '{"a": 1, "a": 2}', "1979-05-27", "inf"),
)
"""Values as they are written, valid or not."""
WATCHED = {
    *("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "subprocess.Popen", "socket.connect"),
    *("pickle.find_class", "os.remove", "shutil.rmtree", "urllib.Request", "ctypes.dlopen"),
}
"""What an audit hook may not see while a file is read."""


def marked(value: Any, rng: random.Random) -> bool:
    """Put a mark in place of some value within another; False if it has none."""
    places = list(nodes(value))
    if not places:
        return False
    node = rng.choice(places)
    key = rng.choice(list(node)) if isinstance(node, dict) else rng.randrange(len(node))
    node[key] = "@here@"
    return True


def changed(value: Any, rng: random.Random) -> bytes:
    """JSON of a value, changed: one within it replaced, taken away, moved, repeated, renamed or added to."""
    places = list(nodes(value))
    if not places or rng.random() < 0.05:
        return json.dumps(rng.choice(VALUES)).encode("utf-8", "surrogatepass")
    kind = rng.randrange(7)
    if kind == 0 and marked(value, rng):
        return json.dumps(value).replace('"@here@"', rng.choice(RAW)).encode("utf-8", "surrogatepass")
    node = rng.choice(places)
    key = rng.choice(list(node)) if isinstance(node, dict) else rng.randrange(len(node))
    if kind == 1:
        del node[key]
    elif kind == 2:
        other = rng.choice(places)
        node[key] = other if other is not node and len(json.dumps(other)) < 5000 else None
        if any(each is node for each in nodes(node[key])):
            node[key] = []  # no value is in itself
    elif kind == 3 and isinstance(node, dict):
        node[rng.choice(("", "foo", "format", "\ud800", "x" * 5000, *map(str, node)))] = rng.choice(VALUES)
    elif kind == 4 and isinstance(node, dict):
        text = json.dumps(node[key])
        node[key] = "@here@"
        repeated = f"{text}, {json.dumps(key)}: {text}"
        return json.dumps(value).replace('"@here@"', repeated).encode("utf-8", "surrogatepass")
    elif kind == 5 and isinstance(node[key], int | float):
        node[key] = rng.choice(
            (-node[key], node[key] + 1, node[key] * 1000, node[key] / 7, str(node[key]), [node[key]])
        )
    else:
        node[key] = rng.choice(VALUES)
    return json.dumps(value).encode("utf-8", "surrogatepass")


def changed_json(content: bytes, rng: random.Random) -> bytes | None:
    """A JSON file with something changed in it, or in one of its lines; None where it is no JSON."""
    with contextlib.suppress(ValueError):
        return changed(json.loads(content), rng)
    lines = content.split(b"\n")
    number = rng.randrange(len(lines))
    try:
        lines[number] = changed(json.loads(lines[number]), rng)
    except ValueError:
        return None
    return b"\n".join(lines)


def changed_header(content: bytes, rng: random.Random) -> bytes:
    """A safetensors file whose header is changed, or its length, and the history in it."""
    size = int.from_bytes(content[:8], "little")
    header, data = content[8 : 8 + size], content[8 + size :]
    kind = rng.randrange(10)
    if kind == 0:
        return rng.choice((0, 1, 2, size - 1, size + 1, 2**31, 2**60, 2**64 - 1)).to_bytes(8, "little") + header + data
    described = json.loads(header)
    history = described.get("__metadata__", {}).get("history")
    if kind == 1 and history:
        described["__metadata__"]["history"] = changed(json.loads(history), rng).decode("utf-8", "replace")
        header = json.dumps(described).encode()
    elif kind == 2:
        entry = described[rng.choice([name for name in described if name != "__metadata__"])]
        entry["data_offsets"] = [rng.choice((0, 8, 2**40, -8)), rng.choice((8, 72, len(data), 2**62))]
        header = json.dumps(described).encode()
    else:
        header = changed(described, rng)
    return len(header).to_bytes(8, "little") + header + data


def changed_toml(content: bytes, rng: random.Random) -> bytes:
    """A TOML file with another value, a value more, or a table more."""
    lines = content.split(b"\n")
    places = [number for number, line in enumerate(lines) if b"=" in line]
    number = rng.choice(places)
    name = lines[number].split(b"=", 1)[0]
    other = (rng.choice(RAW) if rng.random() < 0.5 else json.dumps(rng.choice(VALUES))).encode("utf-8", "replace")
    kind = rng.randrange(4)
    if kind == 0:
        lines.insert(number, rng.choice((b"foo", name, b"a." * 30_000 + b"a", b'""')) + b"= " + other)
    elif kind == 1:
        lines.insert(number, rng.choice((b"[foo]", b"[run]", b"[[run]]", b"[" * 100_000, b"[" + b"a." * 9000 + b"a]")))
    elif kind == 2:
        lines[number] = name + b"=" + lines[rng.choice(places)].split(b"=", 1)[1]
    else:
        lines[number] = name + b"= " + other
    return b"\n".join(lines)


def damaged(name: str, content: bytes, rng: random.Random) -> tuple[bytes, str]:
    """A file damaged in some way, and in which."""
    roll = rng.random()
    if roll < 0.55:
        made: bytes | None = None
        if name.endswith(".safetensors"):
            made = changed_header(content, rng)
        elif name.endswith(".toml"):
            made = changed_toml(content, rng)
        elif b"{" in content[:200]:
            made = changed_json(content, rng)
        if made is not None:
            return made, "values changed"
    if roll < 0.62:
        return content[: rng.randrange(len(content) + 1)], "truncated"
    if roll < 0.8:
        return damaged_lines(content, rng), "lines changed"
    if roll < 0.96:
        return damaged_bytes(content, rng), "bytes changed"
    whole = (
        b"",
        b"\x00" * 100,
        b"\xff\xfe",
        b"[" * 100_000,
        b"{}",
        b"[]",
        b"null",
        b"\xef\xbb\xbf" + content,
        content * 2,
    )
    return rng.choice(whole), "replaced"


class Watch:
    """Notes what is run, fetched or taken away while it is switched on; the hook of a process stays for good."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.on = False
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.on and event in WATCHED:
            self.seen.append(f"{event} {str(arguments)[:100]}")


WATCH = Watch()


class Late(BaseException):
    """It takes too long."""


def _late(*_: object) -> None:
    raise Late


def _peak() -> float:
    """MiB that the process took at most since `_forget_peak`."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


class FolderFuzz:
    """Damages one file at a time in a copy of a folder, and keeps what went wrong."""

    def __init__(self, name: str, kind: Kind, root: Path, seed: int) -> None:
        self.name, self.kind, self.rng = name, kind, random.Random(f"{seed} {name}")
        self.folder = root / name.replace(" ", "-") / "folder"
        self.folder.parent.mkdir(parents=True)
        kind.make(self.folder)
        kind.read(self.folder)  # whole, it is read
        self.contents = {each: (self.folder / each).read_bytes() for each in files_of(self.folder)}
        self.problems: list[str] = []
        self.outcomes: Counter[str] = Counter()
        self.slowest = self.largest = 0.0

    def try_one(self) -> None:
        """Damage a file, read the folder, and mend the file."""
        name = self.rng.choice(sorted(self.contents))
        path = self.folder / name
        if self.rng.random() < 0.01:
            how = self._no_file(path)
        else:
            content, how = damaged(name, self.contents[name], self.rng)
            path.write_bytes(content)
        message = self.read(name)
        if message:
            kept = self.folder.parent.parent / "failures" / f"{len(self.problems)}-{self.name}-{path.name}"
            kept.parent.mkdir(exist_ok=True)
            if path.is_file():
                shutil.copyfile(path, kept)
            self.problems.append(f"{self.name}: {name}, {how}: {message} (kept as {kept})")
        if path.is_symlink() or path.is_fifo():
            path.unlink()
        elif path.is_dir():
            path.rmdir()
        path.write_bytes(self.contents[name])

    def _no_file(self, path: Path) -> str:
        """Something else in a file's place."""
        path.unlink()
        kind = self.rng.randrange(5)
        if kind == 0:
            path.mkdir()
        elif kind == 1:
            path.symlink_to(path.name)
        elif kind == 2:
            path.symlink_to("/dev/zero")
        elif kind == 3 and not self.kind.pipes:
            os.mkfifo(path)
        return ("a folder", "a link to itself", "a device", "a pipe", "missing")[kind]

    def read(self, name: str) -> str:
        """Read the folder with the damaged file; says what went wrong."""
        _forget_peak()
        before, begun = _peak(), time.process_time()
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        signal.setitimer(signal.ITIMER_REAL, WAITING)
        WATCH.seen, WATCH.on = [], True
        message, outcome = "", "read"
        try:
            self.kind.read(self.folder)
        except Bert4NERError as error:
            outcome, message = "refused", self._judged(str(error), Path(name))
        except Late:
            message = f"more than {SECONDS} s"
        except BaseException as error:  # the library tokenizers panics in a way of its own
            if isinstance(error, KeyboardInterrupt):
                raise
            message = f"{type(error).__name__}: {str(error)[:300]}"
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
            WATCH.on = False
        self.outcomes[outcome] += 1
        took, grew = time.process_time() - begun, _peak() - before
        self.slowest, self.largest = max(self.slowest, took), max(self.largest, grew)
        if grew > MEBIBYTES:
            message = message or f"{grew:.0f} MiB"
        return message or (f"while it was read: {WATCH.seen[0]}" if WATCH.seen else "")

    def _judged(self, said: str, name: Path) -> str:
        """What is wrong with an error."""
        plain = said.replace(str(self.folder), "FOLDER")
        if len(plain) > LONGEST_ERROR or "\n" in plain:
            return f"an error of {len(plain)} characters: {plain[:200]}"
        stem = re.split(r"[.-]", name.name)[0]
        return "" if stem in plain or "FOLDER" in plain else f"an error that names no file: {plain[:300]}"


def fuzz_folders(count: int, seed: int, *, keras: bool, most: int = 20) -> Iterator[FolderFuzz]:
    """Damage so many files, as many of each kind of folder; each kind's findings, once it is done."""
    logging.disable(logging.CRITICAL)
    root = Path(tempfile.mkdtemp(prefix="fuzz-"))
    before = {each: signal.signal(each, _late) for each in (signal.SIGALRM, signal.SIGPROF)}
    problems = 0
    try:
        chosen = kinds(keras=keras)
        for name, kind in chosen.items():
            found = FolderFuzz(name, kind, root, seed)
            for _ in range(-(-count // len(chosen))):
                found.try_one()
                if len(found.problems) >= most:
                    break
            problems += len(found.problems)
            yield found
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        logging.disable(logging.NOTSET)
        if not problems:
            shutil.rmtree(root)


def main(count: int, seed: int) -> int:
    """Run it, say what was found, and give 1 for problems."""
    started, problems, inputs = time.time(), 0, 0
    for found in fuzz_folders(count, seed, keras=True):
        for problem in found.problems:
            print(problem)
        problems, inputs = problems + len(found.problems), inputs + found.outcomes.total()
        print(
            f"{found.name}: {found.outcomes.total()} inputs, {found.outcomes['read']} read, "
            f"{found.outcomes['refused']} refused, {len(found.problems)} problems; the slowest took "
            f"{found.slowest:.2f} s, the largest {found.largest:.0f} MiB",
            flush=True,
        )
    print(f"{inputs} inputs in {time.time() - started:.0f} s (seed {seed}): {problems} problems")
    return int(problems > 0)
