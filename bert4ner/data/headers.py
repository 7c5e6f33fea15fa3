"""The words that name columns, in English and Chinese, and the roles that they can mean. Reads no file."""

from collections.abc import Iterable, Sequence

from bert4ner.errors import shown

WORDS = {
    "text": "text sentence content document context raw passage 文本 句子 原文 内容 正文 文档 语句 原始文本 "
    "文本内容 句子内容 原句 微博内容 评论内容 微博 评论",
    "entities": "entities entity entitylist labels label annotations annotation spans ents ner "
    "tags nertag nertags wordlabels 实体 实体列表 标注 标签",
    "start": "start begin startoffset startidx startpos startindex startposition startchar beginoffset "
    "起始 开始 起始位置 开始位置 起点 起始下标 开始下标",
    "end": "end stop endoffset endidx endpos endindex endposition endchar "
    "结束 终止 结束位置 终止位置 终点 结束下标 终止下标",
    "label": "label type entitytype category class tag entitylabel ner 标签 类型 类别 实体类型 实体类别 标签类型 "
    "标签名 类别名 实体标签 种类 分类",
    "mention": "mention entity entitytext span surface word value entityname "
    "实体 实体名 实体名称 实体文本 实体内容 实体词 实体原文 提及 片段 词语",
    "score": "score",
    "token": "token word char character tokens words chars 字 词 字符 汉字 单字 词语 单词",
    "tag": "tag label ner nertag nertags tags labels bio iob netag 标签 标记 实体标签 序列标签 标注",
    "sentence": "sentence sentence# sentenceid sentid sid sentenceno sentencenumber senid doc docid id "
    "句子 句子编号 句编号 句号 句子id 句子序号 序号 编号",
    "id": "id docid documentid textid sampleid uid index "
    "sentence# sentenceid sentid sid sentenceno sentencenumber senid "
    "编号 序号 文档编号 文本编号 句子编号 句编号 句子id 句子序号",
}
UNSURE = frozenset("微博 评论 种类 分类 词语".split())
"""Words that may name something beside the annotation: they have a role only where no other column has it."""
NEEDED = (
    "the header needs text,mention,label (文本,实体,标签), text,start,end,label (文本,开始,结束,标签), text,entities "
    "or a token and a tag column"
)
"""For messages."""
MENTION_ROW = {"text": "文本", "mention": "实体", "label": "标签"}
"""The columns of a table with one row an entity, without offsets, and a Chinese word for each."""
ENTITY_ROW = {"start": "开始", "end": "结束", "text": "文本", "label": "实体类型"}
"""The same with offsets."""
FOREIGN = "，；、|"
"""What stands between the columns of files that are no tables yet."""
WIDTH = 256  # columns that are examined
NAMED = 8  # columns in a message
_MEANINGS = {role: frozenset(words.split()) for role, words in WORDS.items()}
_ALL = frozenset().union(*_MEANINGS.values()) | {"pos", "postag", "chunk", "词性"}


def _plain(cell: str) -> str:
    return "".join(character for character in cell.casefold() if character not in " _-\t\u3000\"'")


def shown_cells(cells: Sequence[str]) -> str:
    """The first cells of a row, shortened; empty ones at its end are not shown."""
    cells = cells[: max((place for place, cell in enumerate(cells, start=1) if cell), default=0)]
    named = ",".join(cell if len(cell) <= 20 else cell[:20] + "…" for cell in cells[:8])
    return named + (f" and {len(cells) - 8} more" if len(cells) > 8 else "")


def is_header(cells: Sequence[str]) -> bool:
    """Whether all cells are words that name columns.

    Example:
        >>> is_header(["Sentence #", "Word", "POS", "Tag"]), is_header(["王", "B-PER"])
        (True, False)
    """
    named = [_plain(cell) for cell in cells if cell.strip()]
    return len(named) > 1 and all(name in _ALL for name in named)


def find_roles(cells: Sequence[str], roles: Iterable[str]) -> dict[str, int]:
    """The column of each role, in the requested order: each column has one role, each role the first word that fits.

    Example:
        >>> find_roles(["序号", "文本", "标签"], ["text", "label", "id", "start"])
        {'text': 1, 'label': 2, 'id': 0}
    """
    found: dict[str, int] = {}
    for role in roles:
        column = next((each for each in columns_named(cells, role) if each not in found.values()), None)
        if column is not None:
            found[role] = column
    return found


def columns_named(cells: Sequence[str], role: str) -> list[int]:
    """All columns whose word can mean a role, those under an unsure word last."""
    columns = [column for column, cell in enumerate(cells[:WIDTH]) if _plain(cell) in _MEANINGS[role]]
    return sorted(columns, key=lambda column: _plain(cells[column]) in UNSURE)


def missing_columns(cells: Sequence[str]) -> str:
    """What a header lacks to have one row an entity, in a phrase; "" if that is not what it is about.

    Where one column is missing and one has an unknown word, the two are likely the same.

    Example:
        >>> missing_columns(["文本", "起始", "实体类型"]), missing_columns(["句子", "实体"])
        ('column end (结束) is missing', 'column label (标签) is missing: a row names one entity and its label')
    """
    found = find_roles(cells, (*ENTITY_ROW, "mention"))
    offsets = {"start", "end"} & found.keys()
    if len(found) < 2 or not (offsets or {"token", "tag"} - find_roles(cells, ("token", "tag")).keys()):
        return ""
    if not offsets and "mention" not in found:
        return "column mention (实体), for words of the text, is missing, or columns start (开始) and end (结束)"
    wanted = ENTITY_ROW if offsets else MENTION_ROW
    missing = [f"{role} ({word})" for role, word in wanted.items() if role not in found]
    if len(missing) == 1:
        unknown = _unknown(cells)
        cure = ""
        if len(unknown) == 1:
            cure = f": rename {unknown[0]} if it is that"
        elif not offsets and "label" not in found:
            cure = ": a row names one entity and its label"
        return f"column {missing[0]} is missing{cure}"
    return f"columns {' and '.join(missing)} are missing" if missing else ""


def header_cure(cells: Sequence[str], otherwise: str) -> str:
    """What a refused header was understood as, and what to do about it; `otherwise` if nothing special is wrong.

    Example:
        >>> header_cure(["文本，开始，结束，标签"], "")
        'the separator is the full-width ，: save as CSV with ,'
        >>> header_cure(["句子", "实体", "种类名"], "").split("; ")[1:]
        ["'种类名' is not recognized", "column label (标签) is missing: rename '种类名' if it is that"]
    """
    sign = foreign_sign(cells)
    if sign:
        return f"the separator is {'the full-width ' * (not sign.isascii())}{sign}: save as CSV with ,"
    parts = (*_understood(cells), missing_columns(cells) or _misfit(cells) or otherwise)
    return "; ".join(part for part in parts if part)


def foreign_sign(cells: Sequence[str]) -> str:
    """The sign between the columns of a header that is no comma; "" if there is none."""
    line = ",".join(cells)
    return next((each for each in FOREIGN if _names_columns(line.split(each))), "")


def _understood(cells: Sequence[str]) -> tuple[str, str]:
    """Two phrases: the role of each column whose word is known, and the columns whose word is not."""
    roles = find_roles(cells, (*MENTION_ROW, "start", "end", "id", "score", "entities", "token", "tag"))
    known = [f"{shown(cells[column])[1:-1]} as {role}" for role, column in roles.items()]
    unknown = _unknown(cells)
    more = f" and {len(unknown) - NAMED} more" if len(unknown) > NAMED else ""
    are = "is" if len(unknown) == 1 else "are"
    return (
        f"understood {', '.join(known)}" if known else "",
        f"{', '.join(unknown[:NAMED])}{more} {are} not recognized" if unknown else "",
    )


def _unknown(cells: Sequence[str]) -> list[str]:
    return [shown(cell) for cell in cells if cell.strip() and _plain(cell) not in _ALL]


def _misfit(cells: Sequence[str]) -> str:
    """What is wrong below a header that names all columns of a table, in a phrase: it was refused for its cells."""
    for roles, wrong in (
        (MENTION_ROW, "most words under {mention} do not stand in the text of their row"),
        (("token", "tag"), "the cells under {tag} are no tags (O, B-X, I-X)"),
        (("text", "entities"), "the cells under {entities} hold neither lists of entities nor tags"),
    ):
        found = {role: shown(cells[column]) for role, column in find_roles(cells, roles).items()}
        if len(found) == len(roles):
            return wrong.format(**found)
    return ""


def _names_columns(cells: Sequence[str]) -> bool:
    return is_header(cells) or len(find_roles(cells, ENTITY_ROW)) > 2
