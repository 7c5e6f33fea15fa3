"""The keys of records in the formats of JSON, to suggest the nearest format for unknown records."""

from bert4ner.data.showing import shown_keys

KEYS = {
    "jsonl": ("id", "text", "entities"),
    "deepner": ("id", "text", "labels"),
    "doccano": ("id", "text", "label"),
    "cluener": ("text", "entity_list"),
    "labelstudio": ("id", "data", "annotations"),
    "prodigy": ("text", "spans", "answer"),
    "huggingface": ("id", "tokens", "ner_tags"),
    "gliner": ("tokenized_text", "ner"),
    "w2ner": ("sentence", "ner"),
    "ccks": ("originalText", "entities"),
    "uie": ("content", "result_list", "prompt"),
    "mentions": ("instruction", "input", "output"),
}


def nearest_shape(record: dict[str, object]) -> str:
    """The advice for a record with unknown keys: the format that shares most of them, with all its keys.

    Example:
        >>> nearest_shape({"content": "王小明", "result": []})
        'nearest is the format uie with the keys content, prompt, result_list: rename them, or name the format to read'
    """
    shared = {name: len(record.keys() & set(keys)) / len(record.keys() | set(keys)) for name, keys in KEYS.items()}
    best = max(shared, key=shared.__getitem__)
    keys = shown_keys(dict.fromkeys(KEYS[best]))
    return f"nearest is the format {best} with the keys {keys}: rename them, or name the format to read"
