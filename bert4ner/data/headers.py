"""The words by which people name columns, in English and Chinese, and what each can mean. Reads no file."""

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
    "mention": "mention entity entitytext span surface word value entityname 实体 实体名 实体名称 实体文本 提及 片段",
    "token": "token word char character tokens words chars 字 词 字符 汉字 单字 词语 单词",
    "tag": "tag label ner nertag nertags tags labels bio iob netag 标签 标记 实体标签 序列标签 标注",
    "sentence": "sentence sentence# sentenceid sentid sid sentenceno sentencenumber senid doc docid id "
    "句子 句子编号 句编号 句号 句子id 句子序号 序号 编号",
    "id": "id docid documentid textid sampleid uid index 编号 序号 文档编号 文本编号",
}
WIDTH = 256  # columns that are looked at
_MEANINGS = {role: frozenset(words.split()) for role, words in WORDS.items()}
_ALL = frozenset().union(*_MEANINGS.values()) | {"pos", "postag", "chunk", "词性"}


def _plain(cell: str) -> str:
    return "".join(character for character in cell.casefold() if character not in " _-\t\u3000\"'")


def is_header(cells: Sequence[str]) -> bool:
    """Whether all cells are words by which columns are named.

    Example:
        >>> is_header(["Sentence #", "Word", "POS", "Tag"]), is_header(["王", "B-PER"])
        (True, False)
    """
    named = [_plain(cell) for cell in cells if cell.strip()]
    return len(named) > 1 and all(name in _ALL for name in named)


def find_roles(cells: Sequence[str], roles: Iterable[str]) -> dict[str, int]:
    """The column of each role, in the order asked for: a column has one role, a role the word named first that fits.

    Example:
        >>> find_roles(["序号", "文本", "标签"], ["text", "label", "id", "start"])
        {'text': 1, 'label': 2, 'id': 0}
    """
    found: dict[str, int] = {}
    named = [_plain(cell) for cell in cells[:WIDTH]]
    for role in roles:
        for column, name in enumerate(named):
            if name in _MEANINGS[role] and column not in found.values():
                found[role] = column
                break
    return found
