"""Writes the table of families, from the registry and the names of tests, into its two pages.

`make docs-index` calls it. A row says how a family is called, which layouts of its files are read, and which tests
compare its outputs. Nothing is checked here; tests/models/pretrained/test_table_of_families.py does.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bert4ner.models.pretrained import get_family  # noqa: E402
from bert4ner.models.pretrained.family import Family  # noqa: E402
from bert4ner.registry import FAMILIES  # noqa: E402
from tests.models.pretrained.conftest import HUGGING, ORIGINAL  # noqa: E402
from tests.models.pretrained.test_shapes import KINDS  # noqa: E402

PAGES = ("docs/pretrained-encoders.md", "docs/zh/pretrained-encoders.md")
TESTS = ROOT / "tests/models/pretrained"
HEADS = {
    "en": "| family | name | layouts | outputs compared in `tests/models/pretrained/`, in `test_families.py` if no "
    "file is named |",
    "zh": "| 家族 | 名称 | 布局 | 在 `tests/models/pretrained/` 中对比输出的测试，未写文件名的在 `test_families.py` |",
}
IN_ANOTHER = {
    "gpt2_ml": "test_gpt.py",
    "nezha_gen": "test_gpt.py",
    "gte": "test_gated.py",
    "jina_bert": "test_gated.py",
}
CHINESE = {
    "albert": "ALBERT（Google）、albert_zh（Google 命名）",
    "albert_early": "albert_zh 早期版本（`layer_shared`、`word_embeddings_2`）",
    "ernie": "ERNIE 1.0 至 3.0（nano 至 xbase）",
    "deberta": "DeBERTa v2 和 v3、mDeBERTa v3、Erlangshen-DeBERTa-v2",
    "gte": "2024 年起的 GTE（`new`）：gte-multilingual-base、gte-base-en-v1.5、gte-large-en-v1.5",
    "jina_bert": "JinaBERT（jina-embeddings-v2-base-zh 等）",
    "roberta": "RoBERTa，词表也可以是 BERT 的（guwenbert）",
    "t5": "T5（1.0、1.1）、mT5",
    "xlnet": "XLNet、中文 XLNet（HFL）",
}
"""Titles that hold more than names."""


def rows(language: str) -> list[str]:
    """One for each of our families by their names, decoders last."""
    families = [get_family(name, where="here") for name in sorted(FAMILIES.own())]
    return [_row(family, language) for family in sorted(families, key=lambda family: family.decoder)]


def _row(family: Family, language: str) -> str:
    names = [{"huggingface": "Hugging Face"}.get(layout.name, "TensorFlow") for layout in family.layouts]
    layouts, title = ", ".join(dict.fromkeys(names)), family.title
    if language == "zh":
        layouts, title = _punctuated(layouts), CHINESE.get(family.name, _punctuated(title))
    kind = "" if not family.decoder else ", a decoder" if language == "en" else "，解码器"
    return f"| {title}{kind} | `{family.name}` | {layouts} | {tests_of(family.name, language)} |\n"


def _punctuated(names: str) -> str:
    """Names as they stand in Chinese text."""
    return names.replace(", ", "、").replace(" (", "（").replace(")", "）")


def tests_of(name: str, language: str) -> str:
    """Where the outputs of a family are compared: a file of its own, or the names of cases."""
    if name in IN_ANOTHER:
        return f"`{IN_ANOTHER[name]}`{': ' if language == 'en' else '：'}`[{name}]`"
    if (TESTS / f"test_{name}.py").is_file():
        return f"all of `test_{name}.py`" if language == "en" else f"`test_{name}.py` 全部"
    cases = [case for case in (*HUGGING, *ORIGINAL) if re.match(rf"{name}\b(?!_)", case)]
    several = ["`" + ", ".join(f"[{case}]" for case in cases) + "`", *(["`test_shapes.py`"] if name in KINDS else [])]
    return (", " if language == "en" else "、").join(several)


def written(text: str) -> str:
    """A page with the table anew; one without a table stays as it is."""
    for language, head in HEADS.items():
        table = f"{head}\n|---|---|---|---|\n{''.join(rows(language))}"
        text = re.sub(rf"^{re.escape(head)}\n(\|.*\n)*", lambda _, table=table: table, text, flags=re.MULTILINE)
    return text


if __name__ == "__main__":
    for page in map(ROOT.joinpath, PAGES):
        page.write_text(written(page.read_text(encoding="utf-8")), encoding="utf-8")
