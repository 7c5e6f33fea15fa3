"""One recognizer, four threads, texts of any length, for an hour: `make soak`, or a few seconds of it as a test.

Every answer must be that of a single thread, scores included, and resident memory may not grow after a warm-up.
Memory is measured where it can be compared: between rounds, when every text was read once more and no thread works.
"""

import argparse
import gc
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

import bert4ner
from bert4ner.entities import Entity
from bert4ner.recognizing import Recognizer

THREADS = 4
STRANGE = ("😀", "𠮷野家", "e\u0301", "\r\n", "\u3000", "\u202e", "ﬁ", "Aspirin 100 mg ", "\t", "—" * 40)
MIB = 2**20


@dataclass(frozen=True)
class Job:
    """Texts for one call, and what else it is called with."""

    texts: tuple[str, ...]
    batch_tokens: int = 8192
    nbest: int = 1

    def answer(self, recognizer: Recognizer) -> list[list[Entity]]:
        """What the recognizer finds; a single text by `recognize`, as a service would."""
        if len(self.texts) == 1:
            return [recognizer.recognize(self.texts[0], nbest=self.nbest)]
        return list(recognizer.recognize_all(self.texts, batch_tokens=self.batch_tokens, nbest=self.nbest))


def jobs(longest: int, seed: int) -> list[Job]:
    """Single texts of 0 to `longest` characters, most of them short, and lists of short ones."""
    rng = random.Random(seed)
    parts = [*(document.text for document in bert4ner.sample_documents()), *STRANGE]

    def text(length: int) -> str:
        found: list[str] = []
        while sum(map(len, found)) < length:
            found.append(rng.choice(parts))
        return "".join(found)[:length]

    lengths = [0, 1, longest, longest // 2, *(int(longest ** rng.uniform(0.1, 0.9)) for _ in range(24))]
    single = [Job((text(length),), nbest=rng.choice((1, 1, 1, 3))) for length in lengths]
    several = [
        Job(tuple(text(rng.choice((0, 3, 40, 260, 900))) for _ in range(rng.randint(2, 12))), rng.choice((256, 8192)))
        for _ in range(12)
    ]
    return [*single, *several]


def plain(answer: list[list[Entity]]) -> list[list[tuple[int, int, str, float | None]]]:
    """An answer with its scores, which do not count where entities are compared."""
    return [[(each.start, each.end, each.label, each.score) for each in found] for found in answer]


@dataclass
class Memory:
    """Resident memory of this process in MiB: between rounds, and the most at any time."""

    process: psutil.Process = field(default_factory=psutil.Process)
    rests: list[tuple[float, float]] = field(default_factory=list)
    """Seconds since the start, and MiB."""
    highest: float = 0.0

    def now(self) -> float:
        """MiB at this moment."""
        found = self.process.memory_info().rss / MIB
        self.highest = max(self.highest, found)
        return found

    def rest(self, seconds: float) -> float:
        """Measure between two rounds."""
        gc.collect()
        self.rests.append((seconds, self.now()))
        return self.rests[-1][1]

    def growth(self, warm_up: float) -> float:
        """MiB that the last quarter of the rounds after the warm-up has beyond the first quarter, medians of both."""
        after = [mib for seconds, mib in self.rests if seconds >= warm_up]
        quarter = max(1, len(after) // 4)
        return statistics.median(after[-quarter:]) - statistics.median(after[:quarter]) if after else 0.0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """While open, look twice a second."""
        done = threading.Event()

        def watch() -> None:
            while not done.wait(0.5):
                self.now()

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()


@dataclass
class Soak:
    """What came of it."""

    calls: int = 0
    rounds: int = 0
    problems: list[str] = field(default_factory=list)
    memory: Memory = field(default_factory=Memory)


def soak(recognizer: Recognizer, work: Sequence[Job], *, seconds: float, seed: int = 0, told: bool = False) -> Soak:
    """Give all jobs to four threads, round after round in another order; compare answers with a single thread's.

    Ends with the round in which the time is over; there are two at least.
    """
    expected = [plain(job.answer(recognizer)) for job in work]
    order, rng, result = list(range(len(work))), random.Random(seed), Soak()

    def one(place: int) -> str | None:
        try:
            found = plain(work[place].answer(recognizer))
        except Exception as error:  # whatever a race makes of it
            return f"job {place}: {type(error).__name__}: {error}"
        if found == expected[place]:
            return None
        return f"job {place}: another answer than that of a single thread"

    started = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool, result.memory.watched():
        while result.rounds < 2 or time.monotonic() - started < seconds:
            rng.shuffle(order)
            result.problems += [problem for problem in pool.map(one, order) if problem is not None]
            result.calls += len(order)
            result.rounds += 1
            passed = time.monotonic() - started
            mib = result.memory.rest(passed)
            if told:
                print(f"{passed:7.0f} s  round {result.rounds}  {mib:8.1f} MiB at rest", flush=True)
    return result


def trained() -> Recognizer:
    """A recognizer of the bundled encoder, trained on the sample for two epochs, which takes a minute or two."""
    config = bert4ner.Config(pretrained="tcm-mini", epochs=2)
    with tempfile.TemporaryDirectory() as folder:
        bert4ner.train_model(bert4ner.sample_documents(), config, output=Path(folder) / "run", verbose=0)
        return bert4ner.load_recognizer(Path(folder) / "run")


def main() -> int:
    """Run it, say what was found, and give 1 for a wrong answer or for growth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--warm-up", type=float, default=5, help="minutes after which memory may not grow")
    parser.add_argument("--tolerance", type=float, default=16, help="MiB that do not count as growth")
    parser.add_argument("--longest", type=int, default=100_000, help="characters of the longest text")
    parser.add_argument("--run", type=Path, help="a run to use; by default one is trained")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    recognizer = trained() if options.run is None else bert4ner.load_recognizer(options.run)
    work = jobs(options.longest, options.seed)
    print(f"{recognizer!r}: {len(work)} jobs, {sum(len(text) for job in work for text in job.texts)} characters")
    result = soak(recognizer, work, seconds=60 * options.minutes, seed=options.seed, told=True)
    growth = result.memory.growth(60 * options.warm_up)
    if growth > options.tolerance:
        result.problems.append(f"resident memory grew by {growth:.1f} MiB")
    for problem in result.problems:
        print(problem)
    print(
        f"{result.calls} calls in {result.rounds} rounds by {THREADS} threads: {len(result.problems)} problems; at "
        f"rest {result.memory.rests[-1][1]:.0f} MiB, {growth:+.1f} MiB since minute {options.warm_up:g} (medians of "
        f"the first and last quarter of the rounds), at most {result.memory.highest:.0f} MiB"
    )
    return bool(result.problems)


if __name__ == "__main__":
    sys.exit(main())
