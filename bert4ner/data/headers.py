"""The words that name columns, in English and Chinese, and the roles that they can mean. Reads no file."""

from collections.abc import Iterable, Sequence

WORDS = {
    "text": "text sentence content document context raw passage 文本 句子 原文 内容 正文 文档 语句 原始文本",
    "entities": "entities entity entitylist labels label annotations annotation spans ents ner "
    "tags nertag nertags wordlabels 实体 实体列表 标注 标签",
    "start": "start begin startoffset startidx startpos startindex startposition startchar beginoffset "
    "起始 开始 起始位置 开始位置 起点 起始下标 开始下标",
    "end": "end stop endoffset endidx endpos endindex endposition endchar "
    "结束 终止 结束位置 终止位置 终点 结束下标 终止下标",
    "label": "label type entitytype category class tag entitylabel ner 标签 类型 类别 实体类型 实体类别 标签类型",
    "mention": "mention entity entitytext span surface word value entityname "
    "实体 实体名 实体名称 实体文本 实体内容 实体词 实体原文 提及 片段",
    "score": "score",
    "token": "token word char character tokens words chars 字 词 字符 汉字 单字 词语 单词",
    "tag": "tag label ner nertag nertags tags labels bio iob netag 标签 标记 实体标签 序列标签 标注",
    "sentence": "sentence sentence# sentenceid sentid sid sentenceno sentencenumber senid doc docid id "
    "句子 句子编号 句编号 句号 句子id 句子序号 序号 编号",
    "id": "id docid documentid textid sampleid uid index "
    "sentence# sentenceid sentid sid sentenceno sentencenumber senid "
    "编号 序号 文档编号 文本编号 句子编号 句编号 句子id 句子序号",
}
NEEDED = "the header needs text,start,end,label (or 文本,开始,结束,标签), text,entities or a token and a tag column"
"""For messages."""
ENTITY_ROW = {"start": "开始", "end": "结束", "text": "文本", "label": "实体类型"}
"""The columns of a table with one row an entity, and a Chinese word for each."""
FOREIGN = "，；、|"
"""What stands between the columns of files that are no tables yet."""
WIDTH = 256  # columns that are examined
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
    """All columns whose word can mean a role."""
    return [column for column, cell in enumerate(cells[:WIDTH]) if _plain(cell) in _MEANINGS[role]]


def missing_columns(cells: Sequence[str]) -> str:
    """What a header lacks to have one row an entity, in a phrase; "" if that is not what it is about.

    Example:
        >>> missing_columns(["文本", "起始", "实体类型"]), missing_columns(["word", "tag"])
        ('column end (结束) is missing', '')
    """
    found = find_roles(cells, ENTITY_ROW)
    missing = [f"{role} ({word})" for role, word in ENTITY_ROW.items() if role not in found]
    offsets = {"start", "end"} & found.keys()
    if not missing or len(found) < 2 or not (offsets or {"token", "tag"} - find_roles(cells, ("token", "tag")).keys()):
        return ""
    if len(missing) == 1:
        return f"column {missing[0]} is missing"
    instead = "" if offsets else ", or a column mention (实体) whose words stand in the text"
    return f"columns {' and '.join(missing)} are missing{instead}"


def header_cure(cells: Sequence[str]) -> str:
    """What to do about a header that names no table: its separator is no comma, or columns are missing; else "".

    Example:
        >>> header_cure(["文本，开始，结束，标签"])
        'the separator is the full-width ，: save as CSV with ,'
    """
    line = ",".join(cells)
    sign = next((each for each in FOREIGN if _names_columns(line.split(each))), "")
    if not sign:
        return missing_columns(cells)
    return f"the separator is {'the full-width ' * (not sign.isascii())}{sign}: save as CSV with ,"


def _names_columns(cells: Sequence[str]) -> bool:
    return is_header(cells) or len(find_roles(cells, ENTITY_ROW)) > 2
