"""Lines of text to cut: published ones, and the bundled leaflets with all that text may hold put in at random."""

import json
import random
import unicodedata
from collections.abc import Iterator
from pathlib import Path

LEAFLETS = Path(__file__).resolve().parents[2] / "examples" / "data" / "leaflets.jsonl"
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "<s>", "<pad>", "</s>", "<unk>", "<mask>")
WORDS = "The fever|of the|Café|naïve|Ångström|don't|I'll|we've|3.14|1,000|https://a.b/c?d=e&f|@某人|#话题#|H₂O|x²"
SCRIPTS = "İstanbul|ß|ẞ|Σίσυφος|ǆ|ŉ|ǰ|ΐ|Ω|한국어|\u1112\u1161\u11ab|がぎ|か\u3099|カﾞ|ｶﾞ|हिन्दी|नि|ไทย|ש\u05c1|اَ"
WIDTHS = "ＡＢＣ１２３|，|。|①|㎡|ﬁ|㈱|½|豈|——|……|“热”|~`^$+<=>"
ASTRAL = "😀|🤒|👨\u200d👩\u200d👧|🇨🇳|❤\ufe0f|𠮷|𝒳|𝟛|\U000e0061|\U000e0100"
MARKS = "cafe\u0301|a\u0300\u0301\u0302|\u0301| \u0301|\u20dd|\u0e31"
SPACES = " |  |   |\t|\n|\r\n|\u3000|\u00a0|\u2003|\u2028|\u0085|\u1680|\x1c"
CONTROLS = "\u200b|\u200c|\u2060|\ufeff|\u00ad|\x00|\x01|\x7f|\u202e|\ufffd|\ue000|\u0378|\ufdd0"
OURS = "▁|Ġ|Ċ|##|##s|" + "x" * 101
PUT_IN = tuple("|".join((WORDS, SCRIPTS, WIDTHS, ASTRAL, MARKS, SPACES, CONTROLS, OURS)).split("|"))


def generated_lines(count: int = 10_000, seed: int = 1) -> list[str]:
    """Pieces of the bundled leaflets, with other text put in, in other normal forms and cases."""
    rng = random.Random(seed)
    texts = [json.loads(line)["text"] for line in LEAFLETS.read_text(encoding="utf-8").splitlines()]
    return [_mutated(rng.choice(texts), rng) for _ in range(count)]


def _mutated(text: str, rng: random.Random) -> str:
    start = rng.randrange(len(text))
    parts = list(text[start : start + rng.randrange(1, 24)])
    for _ in range(rng.choice((0, 1, 1, 2, 4))):
        put_in = PUT_IN if rng.random() < 0.95 else SPECIAL
        parts.insert(rng.randrange(len(parts) + 1), rng.choice(put_in))
    if rng.random() < 0.2:
        form = rng.choice(("NFC", "NFD", "NFKC", "NFKD"))
        parts = [unicodedata.normalize(form, part.swapcase()) for part in parts]
    return "".join(parts)


def published_lines(data: Path) -> Iterator[str]:
    """Some ten thousand lines: leaflets, by sentences too, posts, and the English of a guide."""
    for name in ("train.json", "dev.json", "test.json"):
        for record in json.loads((data / "tcm" / name).read_text(encoding="utf-8")):
            yield record["text"]
            yield from record["text"].split("。")
    for name in ("train", "dev", "test"):
        posts = (data / "weibo" / f"weiboNER_2nd_conll.{name}").read_text(encoding="utf-8").split("\n\n")
        yield from ("".join(line.split("\t")[0][:-1] for line in post.splitlines()) for post in posts)
    yield from (data / "weibo" / "SOURCE-README.md").read_text(encoding="utf-8").splitlines()


def some_published_lines(data: Path) -> list[str]:
    """10,000 and more lines of all three kinds that hold anything."""
    lines = [line for line in published_lines(data) if line.strip()]
    return [*lines[:9_000], *lines[-1_900:], *[line for line in lines if line.isascii()] * 20]
