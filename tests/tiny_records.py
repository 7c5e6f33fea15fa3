"""Files of very many tiny records, in every format: what is kept of each record then decides the memory of reading.

`python -m tests.tiny_records` prints for each how many times its size reading takes at most, at several sizes.
"""

import argparse
import tempfile
import tracemalloc
from dataclasses import dataclass
from pathlib import Path

from bert4ner.data.documents import read_with_report
from bert4ner.errors import Bert4NERError

PLACE = "§"
"""Stands for a character that differs from record to record."""
WEBANNO = "#FORMAT=WebAnno TSV 3\n#T_SP=NamedEntity|value\n\n"


@dataclass(frozen=True)
class Tiny:
    """A file that repeats one record."""

    suffix: str
    format: str
    record: str
    head: str = ""
    separator: str = ""
    tail: str = ""

    def content(self, size: int) -> bytes:
        """As many records as fit `size` bytes."""
        record = self.record + self.separator
        length = len(record.replace(PLACE, "一").encode())
        number = max(1, (size - len((self.head + self.tail).encode())) // length)
        records = self.separator.join(self.record.replace(PLACE, chr(0x4E00 + each % 20_000)) for each in range(number))
        return (self.head + records + self.tail).encode()

    def peak(self, folder: Path, size: int, *, format: str = "auto") -> float:
        """How many times its size a file of about `size` bytes takes at most while it is read or refused."""
        path = folder / f"tiny{self.suffix}"
        if self.format == "brat":
            path.with_suffix(".txt").write_text("a", encoding="utf-8")
        for content in (self.content(1000), self.content(size)):  # the first fills what Python keeps from then on
            path.write_bytes(content)
            tracemalloc.start()
            try:
                read_with_report(path, format)
            except Bert4NERError:
                pass
            finally:
                found = tracemalloc.get_traced_memory()[1]
                tracemalloc.stop()
        return found / len(content)


def _lines(format: str, record: str, *, suffix: str = ".jsonl") -> Tiny:
    return Tiny(suffix, format, f"{record}\n")


def _listed(format: str, record: str, head: str = "[", tail: str = "]", *, suffix: str = ".json") -> Tiny:
    return Tiny(suffix, format, record, head, ",", tail)


def _table(record: str, header: str, *, suffix: str = ".csv") -> Tiny:
    return Tiny(suffix, suffix[1:], f"{record}\n", f"{header}\n")


TINY = {
    "jsonl": _lines("jsonl", '{"text":"a"}'),
    "jsonl, entities": _lines("jsonl", '{"text":"a","entities":[{"start":0,"end":1,"label":"A"}]}'),
    "jsonl, one text": _listed(
        "jsonl", '{"start":0,"end":1,"label":"A"}', '{"text":"a","entities":[', "]}\n", suffix=".jsonl"
    ),
    "jsonl, wrapped": _listed("jsonl", '{"text":"a"}', '{"data":[', "]}"),
    "deepner": _listed("deepner", '{"text":"a"}'),
    "deepner, one text": _listed("deepner", '["","A",0,1,"a"]', '[{"text":"a","labels":[', "]}]"),
    "numbers": _listed("deepner", "1"),
    "lists": _listed("deepner", "[1]"),
    "objects": _listed("deepner", '{"":0}'),
    "cluener": _lines("cluener", '{"text":"a","label":{"A":{"a":[[0,0]]}}}'),
    "cluener, one text": _listed("cluener", "[0,0]", '{"text":"a","label":{"A":{"a":[', "]}}}\n", suffix=".jsonl"),
    "cmeee": _listed("cmeee", '{"text":"a"}'),
    "cmeee, lines": _lines("cmeee", "a|||0 0 A", suffix=".txt"),
    "cmeee, one line": Tiny(".txt", "cmeee", "|||0 0 A", head="a", tail="\n"),
    "doccano": _lines("doccano", '{"text":"a","label":[]}'),
    "doccano, one text": _listed("doccano", '[0,1,"A"]', '{"text":"a","label":[', "]}\n", suffix=".jsonl"),
    "labelstudio": _listed("labelstudio", '{"data":{"text":"a"}}'),
    "prodigy": _lines("prodigy", '{"text":"a","spans":[]}'),
    "spacy": _listed("spacy", '["a",{}]'),
    "spacy, lines": _lines("spacy", '["a",{}]'),
    "spacy, one text": _listed("spacy", '[0,1,"A"]', '[["a",{"entities":[', "]}]]"),
    "spacy, paragraphs": _listed("spacy", '{"sentences":[]}', '[{"paragraphs":[', "]}]"),
    "huggingface": _lines("huggingface", '{"tokens":["a"],"tags":["O"]}'),
    "gliner": _lines("gliner", '{"tokenized_text":["a"],"ner":[]}'),
    "gliner, one text": _listed("gliner", '[0,0,"A"]', '{"tokenized_text":["a"],"ner":[', "]}\n", suffix=".jsonl"),
    "w2ner": _lines("w2ner", '{"sentence":["a"],"ner":[]}'),
    "ccks": _lines("ccks", '{"originalText":"a","entities":[]}'),
    "uie": _lines("uie", '{"content":"§","result_list":[]}'),
    "mentions": _lines("mentions", '{"text":"a","entities":[["a","A"]]}'),
    "csv, texts": _table("a", "text"),
    "csv, texts and an emoji": _table("a", "text\n😀"),
    "csv, ids": _table(",a", "id,text"),
    "csv, lists": _table("a,[]", "text,entities"),
    "csv, different lists": _table("§,[]", "text,entities"),
    "csv, tags": _table("a,O", "text,entities\na b,B-A O"),
    "csv, tokens": _table("a,S-A", "word,tag"),
    "csv, different tokens": _table("§,S-A", "word,tag"),
    "csv, sentences": _table("a,S-A\n", "word,tag"),
    "csv, entities": _table("a,0,1,A", "text,start,end,label"),
    "csv, different texts": _table("§,0,1,A", "text,start,end,label"),
    "csv, no entities": _table("§,,,", "text,start,end,label"),
    "csv, mentions": _table("a,a,A", "text,mention,label"),
    "tsv": _table("a", "text", suffix=".tsv"),
    "webanno": Tiny(".tsv", "webanno", "1-1\t0-1\ta\tA\n", f"{WEBANNO}#Text=a\n"),
    "inline": _lines("inline", "<A>a</A>", suffix=".txt"),
    "inline, slashes": Tiny(".txt", "inline", "a/A "),
    "text": _lines("text", "a", suffix=".txt"),
    "text, different": _lines("text", "§", suffix=".txt"),
    "text, blank": Tiny(".txt", "text", "\n", head="a\n"),
    "bio": _lines("bio", "a B-A\n", suffix=".txt"),
    "bio, bare": Tiny(".txt", "bio", "a B\n\n", head="b O\n\n"),
    "bio, one sentence": _lines("bio", "a S-A", suffix=".txt"),
    "bio, different": _lines("bio", "§ S-A", suffix=".txt"),
    "bio, different sentences": _lines("bio", "§ O\n", suffix=".txt"),
    "brat": _lines("brat", "T1\tA 0 1\ta", suffix=".ann"),
}


def main() -> None:
    """Print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[20_000, 50_000, 100_000, 1_000_000])
    sizes = parser.parse_args().sizes
    for name, tiny in TINY.items():
        with tempfile.TemporaryDirectory() as folder:
            found = [tiny.peak(Path(folder), size, format=tiny.format) for size in sizes]
        print(f"{name:26}", *(f"{each:6.1f}" for each in found), flush=True)


if __name__ == "__main__":
    main()
