"""Writes the tables of docs/legacy.md and its Chinese page, from those in bert4ner/legacy.

`make docs-index` calls it. Nothing is checked here; tests/legacy/test_legacy_table.py does, row by row.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bert4ner.legacy.table import MENDED, NAMES  # noqa: E402
from bert4ner.legacy.unsupported import INSTEAD, as_written  # noqa: E402

PAGES = {"en": "docs/legacy.md", "zh": "docs/zh/legacy.md"}
HEADS = {
    "en": ("| names | how they are there |", "| what | was | is |", "| names | what the message says to write |"),
    "zh": ("| 名字 | 来源 |", "| 名字 | 原来 | 现在 |", "| 名字 | 提示改用 |"),
}
# ruff: noqa: E501  # a paragraph of Chinese is one line
CHINESE_NAMES = {
    "state": "TensorFlow 自己的 `tf.compat.v1`，TensorFlow 2 的行为全部关闭：张量可作字典的键，按同一性比较；变量和循环都是 TensorFlow 1 的",
    "shapes": "同当年；`int(x.shape[1])` 也可以",
    "disabled": "已经做好，不必再做",
    "version": "真实版本 2.x；脚本要检查版本时，用 `bert4ner legacy --tf1-version 1.15.0 train.py`",
    "tf_keras": "tf-keras；`keras.layers.Dense is tf.keras.layers.Dense`。两者当年不同之处，`keras` 按 Keras 2.3（`keras.__version__` 为 2.3.1），`tensorflow.keras` 按 TensorFlow 1",
    "python_keras": "就是 `tensorflow.keras`",
    "aliases": "Keras 2.3 的模块和名字，内容取自 tf-keras 今天存放它们的地方",
    "layer_names": "导入 `keras` 的脚本中，同类第一层的编号是 1；`tensorflow.keras` 或 `TF_KERAS=1` 的脚本中，第一层没有编号，与当年相同",
    "build_shapes": "各项是整数或 None，同 Keras 2；整数带有 `.value`，同 TensorFlow 1；`input_shape` 有 `.as_list()`",
    "layers_then": "可用",
    "carried_crf": "同 Keras 2，是列表：脚本旁边自带的 keras_contrib CRF 可以运行",
    "optimizers": "Keras 2.3 的优化器，接受 `lr` 和 `learning_rate`、`decay`、`clipnorm`；`tensorflow.keras` 的优化器是 TensorFlow 1 的",
    "get_updates": "脚本从 `keras.optimizers.Optimizer` 或其他优化器派生的，以及包裹别的优化器的，都可用",
    "backend": "tf-keras 的 TensorFlow 1 后端，补全",
    "zeros_in_datasets": "在其中是常量，在别处是变量",
    "training": "tf-keras 的 TensorFlow 1 训练代码；bert4keras 例子里的对抗训练原样可用",
    "losses_of_layers": "层算出的 loss 可以是一个数，如 bert4keras 的预训练脚本",
    "losses_as_written": "loss 和 metrics 原样运行，不经 AutoGraph 改写",
    "validation_data": "`validation_data` 或 `validation_split` 给出数组时，是输入、目标、权重组成的一个列表；是生成器时为 None",
    "accuracy": "不论 `metrics` 里写的是哪个，每个 epoch 的日志和 `history` 中两个名字都有；模型本身和进度条用 `acc`",
    "files": "任何文件名都写成一个 HDF5 文件；`tensorflow.keras` 保存不带 `.h5` 后缀的权重时写 TensorFlow checkpoint，与当年相同",
    "checkpoint_reader": "两者相同",
    "contrib": "写在 `try` … `except ImportError` 里时导入失败，脚本改走另一条路；写在别处时导入成功，用到第一个名字时才提示",
    "process": "与 `python script.py` 相同，最后一行之后仍在运行的线程和 `atexit` 函数也一样",
    "python_names": "NumPy 2 和今天的 Python 中与之对应的名字",
    "bert4keras_choice": "由脚本在导入 bert4keras 之前设置；`TF_KERAS` 在 `keras` 与 `tensorflow.keras` 的命名之间选择，`RECOMPUTE=1` 会重计算",
    "bert4keras_own": "bert4keras 自己的",
    "save_weights_as_checkpoint": "bert4keras 自己的，现在找得到 `tf.Session`",
    "load_model_with_crf": "其 loss 和 metrics 归给出预测的那一层；不需要 `custom_objects`",
    "bert4keras_before": "bert4keras 早先版本的名字和参数，对应到今天的叫法",
    "bert4keras_models": "即 `build_transformer_model`；`application='seq2seq'` 即 `unilm`",
}
CHINESE_MENDED = {
    "bert4keras_optimizers": (
        "`Adam`、`AdaFactor`、`Lion`",
        "`AttributeError: _set_hyper`",
        "可用；`AdaFactor.learning_rate` 是同一个变量，回调可以设置",
    ),
    "exponential_moving_average": (
        "`extend_with_exponential_moving_average`",
        "embedding 每步平均两次，大 1.6 倍；第一步之前除以 0",
        "每步只算一次",
    ),
    "parameter_wise_lr": (
        "`extend_with_parameter_wise_lr`",
        "`Transformer-1` 也命中 `Transformer-10`、`-11`",
        "名字里的数字按整个数字匹配",
    ),
    "gradient_accumulation": (
        "`extend_with_gradient_accumulation`",
        "第一次更新晚一个 batch；Adam 按 batch 数修正偏差",
        "每 `grad_accum_steps` 个 batch 更新一次，按更新次数修正；学习率 schedule 仍按 batch 计数，与已发表的脚本一致；结尾剩下的 batch 仍不起作用",
    ),
    "lookahead": ("`extend_with_lookahead`", "慢权重从 0 开始：第一步就把所有权重减半", "从权重本身开始"),
    "extended_optimizers": (
        "对 Keras 优化器使用 `extend_with_weight_decay`、`_layer_adaptation`、`_lazy_optimization`",
        "毫无作用且不提示",
        "Keras 的 Adam 换成 bert4keras 的；其他的拒绝",
    ),
    "recompute": (
        "`RECOMPUTE=1`",
        "`AttributeError: stop_recording`；两次计算的 dropout 不同",
        "会重计算，dropout 相同",
    ),
    "masking_with_infinity": (
        "`sequence_masking(x, mask, '-inf')`",
        "它自己的说明允许 `'-inf'` 和 `'inf'`；`TypeError: Expected float32, but got -inf`",
        "-1e12 和 1e12，即 `K.infinity()`，与早先版本相同",
    ),
    "initial_weights": ("各层初始权重相同", "tf-keras 的初始化器只抽一次", "TensorFlow 1 的初始化器每次重新抽"),
}
IN_CHINESE = {
    ", …;": " 等；", ", …": " 等", "; ": "；", "` in a callback": "`（回调中）", "` in a loss": "`（loss 中）", "` within `": "`，用在 `",
    "` of an h5 file with a CRF of bert4keras": "`，读入带 bert4keras CRF 的 h5 文件",
}  # fmt: skip
"""What stands between names."""


def rows(language: str) -> list[list[str]]:
    """The rows of the three tables."""
    names = [(row.names, row.how) for row in NAMES]
    mended = [row[1:] for row in MENDED]
    if language == "zh":
        names = [(_punctuated(row.names), CHINESE_NAMES[row.key]) for row in NAMES]
        mended = [CHINESE_MENDED[row.key] for row in MENDED]
    grouped: dict[str, list[str]] = {}
    for name, instead in INSTEAD.items():
        grouped.setdefault(instead, []).append(f"`{as_written(name)}`")
    between = ", " if language == "en" else "、"
    gone = [(between.join(several), instead) for instead, several in grouped.items()]
    return [[f"| {' | '.join(cells)} |\n" for cells in table] for table in (names, mended, gone)]


def _punctuated(names: str) -> str:
    for english, chinese in IN_CHINESE.items():
        names = names.replace(english, chinese)
    return re.sub(r"`, `", "`、`", names)


def written(text: str, language: str) -> str:
    """A page with its tables anew."""
    for head, table in zip(HEADS[language], rows(language), strict=True):
        whole = f"{head}\n|{'---|' * (head.count('|') - 1)}\n{''.join(table)}"
        text = re.sub(rf"^{re.escape(head)}\n(\|.*\n)*", lambda _, whole=whole: whole, text, flags=re.MULTILINE)
    return text


if __name__ == "__main__":
    for language, page in PAGES.items():
        path = ROOT / page
        path.write_text(written(path.read_text(encoding="utf-8"), language), encoding="utf-8")
