"""How long the same documents take to read as bio and as jsonl, CPU seconds, best of three: `benchmarks/reading.py`.

The target: 1.2 million lines of bio in at most three times the time of jsonl.
"""

import argparse
import random
import tempfile
import time
from pathlib import Path

from figures import keep_rows

from bert4ner.data.documents import read_with_report, write_documents
from bert4ner.entities import Document, Entity

LENGTH = 50
LABELS = ("PER", "LOC", "ORG")


def documents(lines: int) -> list[Document]:
    """Texts of 50 characters with two entities each, as long together as there are to be lines."""
    rng = random.Random(0)
    characters = [chr(0x4E00 + number) for number in range(3000)]
    made = []
    for number in range(lines // LENGTH):
        start = rng.randrange(LENGTH - 6)
        entities = (Entity(start, start + 4, rng.choice(LABELS)), Entity(start + 4, start + 6, "TIME"))
        made.append(Document(str(number), "".join(rng.choices(characters, k=LENGTH)), entities))
    return made


def seconds(path: Path, format: str) -> float:
    """CPU time of the quickest of three readings."""
    taken = []
    for _ in range(3):
        before = time.process_time()
        read_with_report(path, format)
        taken.append(time.process_time() - before)
    return min(taken)


def main() -> None:
    """Write, read, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_200_000)
    lines = parser.parse_args().lines
    made = documents(lines)
    with tempfile.TemporaryDirectory() as folder:
        paths = {format: Path(folder) / format for format in ("bio", "jsonl")}
        for format, path in paths.items():
            write_documents(made, path, format)
        found = {format: seconds(path, format) for format, path in paths.items()}
    keep_rows("reading", "reading", {name: {"lines": lines, "seconds": taken} for name, taken in found.items()})
    times = found["bio"] / found["jsonl"]
    print(f"{lines:,} lines: bio {found['bio']:.2f} s, jsonl {found['jsonl']:.2f} s, {times:.1f} times")


if __name__ == "__main__":
    main()
