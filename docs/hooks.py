"""What mkdocs asks while it builds the site: the order of pages, links out of docs/, public names, tables of options.

Everything is found in docs/ and in the package, so that a new guide, decision or option needs no change here. Imports
bert4ner, but never TensorFlow.
"""

import importlib
import inspect
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import bert4ner  # noqa: E402  # of this checkout, wherever another one is installed
from bert4ner.options import Option, Options  # noqa: E402
from tests.public_names import PLACES  # noqa: E402

GUIDES = (
    "first-steps your-data formats pretrained-encoders heads recipe unlabelled combining long-texts notebook "
    "gpu-and-memory errors legacy numbers"
).split()
"""Guides are shown in this order, others after them."""
REFERENCE = ("glossary",)
API = "data training recognizing combining scoring models callbacks compat".split()
FROM_ROOT = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md", "SECURITY.md": "security.md"}
DIRECTIVE = re.compile(r"^::: bert4ner\.(\w+)$", flags=re.MULTILINE)
LINK = re.compile(r"\[([^\]\n]*)\]\(((?:\.\./)+|(?=[A-Z]+\.md))([^)#\s]+)(#[^)\s]*)?\)")


def pages(folder: str = "") -> list[str]:
    """Names of the guides in docs/ or below it, in their order."""
    found = {path.stem for path in (ROOT / "docs" / folder).glob("*.md")}
    guides = found - {"index", "decisions", *REFERENCE}
    return [name for name in GUIDES if name in guides] + sorted(guides - set(GUIDES))


def navigation() -> list[Any]:
    """The whole navigation, as mkdocs.yml would say it."""
    decisions = sorted(path.name for path in (ROOT / "docs/decisions").glob("[0-9]*.md"))
    overview = [
        name
        for name in ("decisions.md", "decisions/index.md", "decisions/README.md")
        if (ROOT / "docs" / name).is_file()
    ]
    return [
        {"English": ["index.md", *(f"{name}.md" for name in pages())]},
        {"中文": ["zh/index.md", *(f"zh/{name}.md" for name in pages("zh")), *_reference("zh/")]},
        {"API": ["api/index.md", *(f"api/{name}.md" for name in API)]},
        {"Decisions": [*overview, *(f"decisions/{name}" for name in decisions)]},
        {"Project": [*_reference(""), *FROM_ROOT.values()]},
    ]


def _reference(folder: str) -> list[str]:
    return [f"{folder}{name}.md" for name in REFERENCE if (ROOT / "docs" / folder / f"{name}.md").is_file()]


def place(name: str) -> str:
    """Where a public name is defined, as mkdocstrings wants it: `bert4ner.module.name`."""
    return PLACES[name].replace(":", ".")


def options_of(name: str) -> type[Options] | None:
    """The class of this public name, if it is one of options."""
    module, _, attribute = place(name).rpartition(".")
    if not (attribute == "Config" or attribute.endswith("Options")):
        return None
    found = getattr(importlib.import_module(module), attribute)
    return found if inspect.isclass(found) and issubclass(found, Options) else None


def options_table(cls: type[Options]) -> str:
    """Every option of a class with its default, what it may be, and its help."""
    lines = []
    for group in cls.groups():
        title = f"`{group.name}`: {group.help}" if group.name else "Options"
        lines += ["", f"**{title}**", "", "| option | default | possible | meaning |", "|---|---|---|---|"]
        lines += [_row(option) for option in group.options]
    return "\n".join([*lines, ""])


def _row(option: Option) -> str:
    limits = str(option.about.range)
    possible = f"{option.expected()}, {limits}" if limits else option.expected()
    cells = (f"`{option.name}`", f"`{option.default!r}`", possible, option.about.help)
    return "| " + " | ".join(cell.replace("|", "\\|").replace("[", "\\[") for cell in cells) + " |"


def directive(match: re.Match[str]) -> str:
    """What stands on an API page for one public name: where it is, under the name that users import."""
    name = match[1]
    if name not in bert4ner.__all__:
        raise ValueError(f"docs/api names bert4ner.{name}, which is not in bert4ner.__all__; correct the page")
    options = options_of(name)
    settings = [
        f"heading: bert4ner.{name}",
        f"toc_label: {name}",
        *(["members: [load, replace, options]"] if options else []),
    ]
    lines = [f"::: {place(name)}", "    options:", *(f"      {each}" for each in settings)]
    return "\n".join(lines) + ("\n" + options_table(options) if options else "")


def link_out_of_docs(match: re.Match[str], source: str) -> str:
    """A link to a file outside docs/: to its page where it has one, otherwise its path, which must exist."""
    text, up, target, anchor = match[1], match[2], match[3], match[4] or ""
    path = ((ROOT / source).parent if source in FROM_ROOT else (ROOT / "docs" / source).parent) / up / target
    inside = path.resolve().relative_to(ROOT).as_posix()
    depth = "" if source in FROM_ROOT else "../" * source.count("/")
    if inside.startswith("docs/"):
        return match[0] if source not in FROM_ROOT else f"[{text}]({inside.removeprefix('docs/')}{anchor})"
    if inside in FROM_ROOT:
        return f"[{text}]({depth}{FROM_ROOT[inside]}{anchor})"
    if not path.exists():
        return match[0]  # which mkdocs reports
    return f"{text} (`{inside}`)" if text.strip("`") != inside else f"`{inside}`"


def on_config(config: Any) -> Any:
    """Put in the navigation, and anchors that keep Chinese characters."""
    from markdown.extensions.toc import slugify_unicode

    config.nav = navigation()
    config.mdx_configs["toc"]["slugify"] = slugify_unicode
    return config


def on_files(files: Any, *, config: Any) -> Any:
    """Add the pages that stand at the root of the repository."""
    from mkdocs.structure.files import File

    for name, page in FROM_ROOT.items():
        files.append(File.generated(config, page, content=(ROOT / name).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Resolve links out of docs/ and the names of API pages."""
    written = page.file.src_uri
    source = {target: name for name, target in FROM_ROOT.items()}.get(written, written)
    if written.startswith("api/"):
        markdown = DIRECTIVE.sub(directive, markdown)
    pattern = LINK if source not in FROM_ROOT else re.compile(r"\[([^\]\n]*)\]\(()((?!https?:|#)[^)#\s]+)(#[^)\s]*)?\)")
    return pattern.sub(lambda match: link_out_of_docs(match, source), markdown)


def on_post_page(output: str, *, page: Any, **_: Any) -> str:
    """Say that Chinese pages are in Chinese."""
    return output.replace('<html lang="en"', '<html lang="zh-CN"', 1) if page.file.src_uri.startswith("zh/") else output
