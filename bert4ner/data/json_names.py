"""The keys that different makers use in JSON for starts, ends, labels and mentions of entities."""

STARTS = ("start", "start_offset", "start_idx", "start_pos", "start_char", "begin", "beginIndex", "startOffset")
ENDS = ("end", "end_offset", "end_idx", "end_pos", "end_char", "endIndex", "endOffset")
LABELS = (
    "label", "labels", "type", "tag", "label_type", "entity_type", "entity_group", "category", "labelName", "class",
)  # fmt: skip
MENTIONS = ("text", "mention", "word", "entity", "surface", "span", "name", "value", "entity_text")
NAMES = ("entities", "ents", "spans", "ner", "ner_tags", "annotations", "labels", "label", "tags")
