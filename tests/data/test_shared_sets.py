"""The published sets read whole, with the numbers and flaws known of them; skipped where they are absent."""

import pytest

from bert4ner.data.audit import audit
from bert4ner.data.documents import read_with_report
from bert4ner.data.records import flat_entities

SETS = {
    "tcm/train.json": ("deepner", 850, 15_129),
    "tcm/dev.json": ("deepner", 150, 2_628),
    "tcm/test.json": ("deepner", 500, 0),
    "tcm_brat": ("brat", 150, 3_004),
    "resume/train.char.bmes": ("bio", 3_821, 13_440),
    "resume/dev.char.bmes": ("bio", 463, 1_497),
    "resume/test.char.bmes": ("bio", 477, 1_630),
    "weibo/weiboNER_2nd_conll.train": ("bio", 1_350, 1_895),
    "weibo/weiboNER_2nd_conll.dev": ("bio", 270, 389),
    "weibo/weiboNER_2nd_conll.test": ("bio", 270, 418),
    "weibo/weiboNER.conll.dev": ("bio", 270, 305),
    "cmeee/train_data.txt": ("cmeee", 15_000, 61_794),
    "cmeee/val_data.txt": ("cmeee", 5_000, 20_300),
    "cluener/train.txt": ("cluener", 10_748, 23_338),
    "cluener/dev.txt": ("cluener", 1_343, 2_982),
}
WITHOUT_BEGINNING = "I-, M- or E- tags without a beginning opened an entity"
FLAWS = {
    "resume/train.char.bmes": {WITHOUT_BEGINNING: 2, "entities without their end tag closed": 2},
    "weibo/weiboNER_2nd_conll.train": {WITHOUT_BEGINNING: 10},
    "weibo/weiboNER_2nd_conll.test": {WITHOUT_BEGINNING: 4},
    "weibo/weiboNER.conll.dev": {WITHOUT_BEGINNING: 4, "emoji cut over two lines read as one character": 8},
    "cmeee/train_data.txt": {"spans left out because they end before they start": 2},
}
HARMLESS = ("Windows line ends (CRLF) removed", "segmentation digits removed from the tokens")


def read(shared_data, name):
    if not (shared_data / name).exists():
        pytest.skip(f"no {name} in {shared_data}")
    return read_with_report(shared_data / name)


@pytest.mark.parametrize("name", SETS)
def test_a_published_set_reads_whole(shared_data, name):
    result = read(shared_data, name)
    assert (result.format, len(result.documents), sum(len(each.entities) for each in result.documents)) == SETS[name]
    assert {kind: n for kind, n in result.repairs.items() if kind not in HARMLESS} == FLAWS.get(name, {})


def test_brat_and_deepner_hold_the_same_leaflets(shared_data):
    brat = {each.id: each for each in read(shared_data, "tcm_brat").documents}
    deepner = {each.id: each for name in ("train", "dev") for each in read(shared_data, f"tcm/{name}.json").documents}
    assert all(deepner[id] == each for id, each in brat.items())


def test_the_audit_finds_the_known_flaws(shared_data):
    train, dev = (read(shared_data, f"tcm/{name}.json").documents for name in ("train", "dev"))
    report = audit(train, other=dev)
    assert report.consistency.num_ambiguous == 223
    assert report.consistency.share < 0.7
    assert report.leakage.known_entities == 2_231  # 84.9 % of the mentions
    weibo = audit(
        read(shared_data, "weibo/weiboNER_2nd_conll.train").documents,
        other=read(shared_data, "weibo/weiboNER_2nd_conll.test").documents,
    )
    assert (weibo.duplicates.repeats, weibo.duplicates.conflicting, weibo.leakage.shared_texts) == (101, 35, 40)


def test_a_flat_tagger_keeps_94_percent_of_cmeee(shared_data):
    documents = read(shared_data, "cmeee/val_data.txt").documents
    lost = sum(len(flat_entities(each.entities)[1]) for each in documents)
    assert audit(documents).overlaps.lost_by_flat_tags == lost
    assert lost / 20_300 == pytest.approx(0.06, abs=0.0005)
