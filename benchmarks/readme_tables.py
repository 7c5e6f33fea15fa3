"""The tables of the READMEs: heads side by side, and the measured results in short."""

from collections.abc import Mapping
from typing import Any

from figures import kept_figures
from lanes import Kept
from page_lanes import figure, median, scored_heads, timed_heads, tricks
from page_tables import Figure, Line, markdown, number, percent

HEADS = {  # entities and how, in English and in Chinese
    "crf": (
        ("`crf` (default)", "flat", "a tag for each token (`--scheme`); scores whole tag sequences exactly"),
        ("`crf`（默认）", "扁平", "每个 token 一个标记（`--scheme`），对整条标记序列精确打分"),
    ),
    "softmax": (
        ("`softmax`", "flat", "a tag for each token, each on its own"),
        ("`softmax`", "扁平", "每个 token 一个标记，各自独立"),
    ),
    "span": (
        ("`span`", "flat", "first and last token of each entity, decoded jointly (`--label-smoothing`, `--focal`)"),
        ("`span`", "扁平", "实体的首、尾 token，联合解码（`--label-smoothing`、`--focal`）"),
    ),
    "global_pointer": (
        ("`global_pointer`", "nested", "a score for each span and label, from rotary products"),
        ("`global_pointer`", "嵌套", "每个片段、每个标签一个分数，由带旋转位置编码的内积得到"),
    ),
    "efficient_global_pointer": (
        ("`efficient_global_pointer`", "nested", "the same with most weights shared by all labels"),
        ("`efficient_global_pointer`", "嵌套", "同上，大部分权重为各标签共用"),
    ),
    "biaffine": (
        ("`biaffine`", "nested", "a score for each span and label, from a bilinear form and the span's size"),
        ("`biaffine`", "嵌套", "每个片段、每个标签一个分数，由双仿射形式和片段长度得到"),
    ),
    "w2ner": (
        ("`w2ner`", "nested, discontinuous", "a grid of relations between tokens"),
        ("`w2ner`", "嵌套、不连续", "token 两两关系的网格"),
    ),
    "mrc": (
        ("`mrc`", "nested", "reads each window once per label, after a description of the label"),
        ("`mrc`", "嵌套", "阅读理解：以每个标签的描述为问题，各读一遍窗口"),
    ),
}
HEAD_COLUMNS = {
    "en": ["head", "entities", "how it works", "sample F1", "CMeEE F1", "TCM F1", "epoch, GPU"],
    "zh": ["输出层", "实体", "做法", "样例 F1", "CMeEE F1", "TCM F1", "一轮，GPU"],
}
HEAD_NOTES = {
    "en": "Micro F1 in percent with the small bundled encoder, 10 epochs: on the sample out of fold (seed 42, all defaults), on CMeEE's and TCM's dev set without lexicon, mean ± deviation over 3 seeds. An epoch on TCM relative to `crf`'s on one {}. Commits, dates and machines: [numbers](docs/numbers.md).",
    "zh": "micro F1（百分数），自带的小编码器，10 轮：样例为折外（种子 42，全部默认选项），CMeEE 和 TCM 为 dev 上不用词典特征时 3 个种子的均值 ± 标准差。一轮用时是在一块 {} 上、TCM 数据上与 `crf` 之比。代码版本（commit）、日期和机器见[实测结果](docs/zh/numbers.md)。",
}


def heads_table(kept: Kept, ablated: Kept, language: str) -> str:
    """What each head does and reaches."""
    sample = kept_figures("accuracy", "sample")
    scored = {name: scored_heads(kept, name) for name in ("cmeee", "tcm")}
    gpu, timed = _gpu(timed_heads(kept, "tcm"))
    rows = []
    for head, words in HEADS.items():
        lines = [scored[name].get(head) for name in ("cmeee", "tcm")]
        cells = [percent(sample[head]["f1"] if head in sample else None)]
        cells += [percent(figure(each, "f1") if each else None) for each in lines]
        known = head in timed and "crf" in timed
        ratio = median(timed[head], "seconds_per_epoch") / median(timed["crf"], "seconds_per_epoch") if known else None
        rows.append([*words[language == "zh"], *cells, "–" if ratio is None else f"{ratio:.1f} ×"])
    return f"{markdown(HEAD_COLUMNS[language], rows)}\n\n{HEAD_NOTES[language].format(gpu)}"


def _gpu(timed: Mapping[str, dict[str, list[Line]]]) -> tuple[str, dict[str, list[Line]]]:
    """The GPU on which most heads were timed."""
    found = {device: of_heads for device, of_heads in timed.items() if not device.endswith("CPU cores")}
    return max(found.items(), key=lambda each: len(each[1]), default=("GPU", {}))


COLUMNS = {
    "en": ["TCM, 13 labels, scored on dev.json", "micro F1", "weighted F1", "epoch, 2 CPU cores", "epoch, GPU"],
    "zh": ["TCM，13 类，在 dev.json 上评分", "micro F1", "weighted F1", "一轮，2 个 CPU 核", "一轮，GPU"],
}
SETUPS = {  # by key: English, Chinese
    "dictionary": ("longest match with a dictionary", "词典最长匹配"),
    "published recipe": ("bert4keras' own recipe, 4 epochs", "bert4keras 自己的流程，4 轮"),
    "pytorch": ("transformers + pytorch-crf, bfloat16, 4 epochs", "transformers + pytorch-crf，bfloat16，4 轮"),
    "bert4ner": ("**bert4ner**, `crf`, 4 epochs", "**bert4ner**，`crf`，4 轮"),
    "crf": ("`crf` without lexicon (`--lexicon none`), 10 epochs", "`crf`，不用词典特征（`--lexicon none`），10 轮"),
    "w2ner": ("`w2ner` without lexicon, 10 epochs", "`w2ner`，不用词典特征，10 轮"),
    "lexicon": ("`crf`, all defaults: with lexicon, 10 epochs", "`crf`，全部默认选项：用词典特征，10 轮"),
    "recipe": ("`crf` with lexicon and `ema`, 6 epochs", "`crf`，加词典特征和 `ema`，6 轮"),
    "unlabelled": (
        "the same, encoder pre-trained, doubtful annotation changed, pseudo-labels",
        "同上，继续预训练，去噪，加伪标签",
    ),
    "rescored": (
        "`w2ner` with lexicon and `ema` on two thirds of the data, encoder pre-trained, its candidates rescored (`combine --method rescoring --aim macro-f1`, fitted to the other third)",
        "`w2ner`，加词典特征和 `ema`，用三分之二的数据训练，继续预训练，候选实体重新打分（`combine --method rescoring --aim macro-f1`，用其余三分之一拟合）",
    ),
    "loop": (
        "the whole loop of `examples/competition.py --pretrain 30`: encoder pre-trained, 3 heads × 3 folds, rescored",
        "`examples/competition.py --pretrain 30` 全流程：继续预训练，3 种输出层 × 3 折，重新打分",
    ),
    "BERT-base CRF": ("published: BERT-base, CRF", "已发表：BERT-base，CRF"),
    "RoBERTa-wwm CRF": ("published: RoBERTa-wwm, CRF", "已发表：RoBERTa-wwm，CRF"),
    "RoBERTa-wwm CRF, pseudo-labels, averaging, PGD": (
        "published: the same, pseudo-labels, averaging, PGD",
        "已发表：同上，加伪标签、权重平均、PGD",
    ),
}
NOTES = {
    "en": "TCM: leaflets of traditional Chinese medicine, 850 to learn from and 150 (dev.json) to score on. Percent, mean ± deviation where there are several seeds; otherwise one seed. All trained rows use the small bundled encoder (4 layers of width 256), a stand-in for tests, but for those marked published, which use base-size encoders and chose their best step on dev.json itself. The three rows of 4 epochs share windows, weights and schedule, and have no lexicon. Speed: seconds of a training epoch, on one {}. Commits, dates and machines: [numbers](docs/numbers.md).",
    "zh": "TCM：中药说明书，训练用 850 篇，评分用 150 篇（dev.json）。百分数，有多个种子时为均值 ± 标准差，否则为一个种子。训练所得的各行都用自带的小编码器（4 层，宽 256，仅供测试和演示）；标有“已发表”的各行用 base 规模的编码器，并用 dev.json 挑选了最好的一步。4 轮的三行所用的窗口、权重和学习率安排相同，都不用词典特征。速度为训练一轮的秒数，GPU 为一块 {}。代码版本（commit）、日期和机器见[实测结果](docs/zh/numbers.md)。",
}


def measured_table(kept: Kept, ablated: Kept, language: str) -> str:
    """TCM by set-up, beside what others published, with seconds of an epoch."""
    gpu, timed = _gpu(timed_heads(kept, "tcm"))
    rows = [
        [SETUPS[key][language == "zh"], percent(micro), percent(weighted), number(1)(cpu), number(1)(on_gpu)]
        for key, (micro, weighted, cpu, on_gpu) in _measured(kept, ablated, timed).items()
    ]
    return f"{markdown(COLUMNS[language], rows)}\n\n{NOTES[language].format(gpu)}"


Measured = tuple[Figure, Figure, Figure, Figure]


def _measured(kept: Kept, ablated: Kept, timed: dict[str, list[Line]]) -> dict[str, Measured]:
    """Micro and weighted F1, seconds of an epoch on two cores and on a GPU; only what was measured."""
    published = kept_figures("accuracy", "published")
    speed = kept_figures("speed", "speed")
    f1, epoch = speed["micro F1 on dev after 4 epochs, %"], speed["training epoch, s"]
    found: dict[str, Measured] = {"dictionary": (published["dictionary, longest match"]["f1"], None, None, None)}
    for key, arm in (("published recipe", "recipe"), ("pytorch", "pytorch"), ("bert4ner", "bert4ner")):
        found[key] = (f1[arm] / 100, None, epoch[arm], None)
    for head, lines in scored_heads(kept, "tcm").items():
        if head in SETUPS:
            seconds = median(timed[head], "seconds_per_epoch") if head in timed else None
            found[head] = (figure(lines, "f1"), _weighted(lines), None, seconds)
    lexicon = tricks(ablated, "tcm", "tcm-mini").get("lexicon")
    if lexicon:
        lines = list(lexicon.values())
        found["lexicon"] = (figure(lines, "f1"), _weighted(lines), None, None)
    for key, topic, table, row in (
        ("recipe", "unlabelled", "arms", "the recipe alone"),
        ("unlabelled", "unlabelled", "arms", "together"),
        ("rescored", "combine", "rescoring", "`w2ner`, `rescoring`, `macro-f1`, tcm-mini pre-trained 30 epochs"),
    ):
        figures = kept_figures(topic, table)[row]
        found[key] = (figures["f1"], figures["weighted_f1"], None, None)
    loops = kept_figures("combine", "loop").values()
    if loops:
        figures = max(loops, key=lambda each: each["out_of_fold_f1"])
        found["loop"] = (figures["f1"], figures["weighted_f1"], None, None)
    for key, figures in published.items():
        if figures["set"] == "tcm" and "weighted_f1" in figures:
            found[key] = (None, figures["weighted_f1"], None, None)
    return found


def _weighted(lines: list[Line]) -> Any:
    """Of heads, nobody kept it before the ablation."""
    return figure(lines, "weighted_f1") if all("weighted_f1" in line["figures"] for line in lines) else None
