"""The registries of the library: everything that the library or another package can add, by kind and name.

Heads, formats, families, commands, training modifiers and executors each have a table below. The library's own are
listed by where they are defined: listing them imports nothing. No TensorFlow here.

Another package adds a thing with one entry point. Its group states the kind, its name is what users type:

    [project.entry-points."bert4ner.formats"]
    tabbed = "my_package.tabbed:FORMAT"

The entry point leads to the same kind of object as the library's own: a `Format` for `bert4ner.formats`, a `Command`
for `bert4ner.commands`, a head class for `bert4ner.heads`; the docstrings below name the kinds. Its module is imported
when it is used; modules of formats are imported whenever a format is detected, those of commands for `bert4ner --help`,
so keep them light. A name that is taken is skipped, a thing that cannot be loaded blocks nothing else; one line reports
each. For one process only, use `HEADS.register("mine", MyHead)`. The package in `tests/plugin` adds one of each.
"""

from typing import Any

from bert4ner.command import Command
from bert4ner.entry_points import Registry

FORMATS: Registry[Any] = Registry(
    "format",
    "bert4ner.formats",
    {
        "jsonl": "bert4ner.data.jsonl:FORMAT",
        "bio": "bert4ner.data.bio:FORMAT",
        "brat": "bert4ner.data.brat:FORMAT",
        "deepner": "bert4ner.data.deepner:FORMAT",
        "cluener": "bert4ner.data.cluener:FORMAT",
        "cmeee": "bert4ner.data.cmeee:FORMAT",
        "doccano": "bert4ner.data.doccano:FORMAT",
        "labelstudio": "bert4ner.data.labelstudio:FORMAT",
        "prodigy": "bert4ner.data.prodigy:FORMAT",
        "spacy": "bert4ner.data.spacy_json:FORMAT",
        "huggingface": "bert4ner.data.token_formats:FORMAT",
        "gliner": "bert4ner.data.token_formats:GLINER_FORMAT",
        "w2ner": "bert4ner.data.token_formats:W2NER_FORMAT",
        "ccks": "bert4ner.data.chinese_sets:CCKS_FORMAT",
        "uie": "bert4ner.data.chinese_sets:UIE_FORMAT",
        "mentions": "bert4ner.data.mentions:FORMAT",
        "csv": "bert4ner.data.csv_tables:CSV",
        "tsv": "bert4ner.data.csv_tables:TSV",
        "xlsx": "bert4ner.data.xlsx:FORMAT",
        "webanno": "bert4ner.data.webanno:FORMAT",
        "inline": "bert4ner.data.inline:FORMAT",
        "text": "bert4ner.data.plain:FORMAT",
    },
    instance_of="bert4ner.data.format:Format",
)
"""`data.format.Format` records: how to read, write and recognize annotated text."""

COMMANDS: Registry[Command] = Registry(
    "command",
    "bert4ner.commands",
    {
        "demo": Command("bert4ner.cli.demo:demo", "the whole loop on a bundled sample", resumable=True),
        "audit": Command(
            "bert4ner.cli.audit:audit",
            "statistics of annotated data, and everything suspicious in it",
            often="pretrained max-length other json run review",
        ),
        "correct": Command(
            "bert4ner.cli.correct:correct",
            "write annotated data with corrections, by people or by models that agree",
            often="output reviewed run models diff overwrite",
        ),
        "train": Command(
            "bert4ner.cli.train:train",
            "train one model",
            resumable=True,
            often="output pretrained valid epochs batch-tokens head",
        ),
        "crossval": Command(
            "bert4ner.cli.crossval:crossval",
            "train K models, each scored on documents that it did not see",
            resumable=True,
            often="output pretrained folds epochs batch-tokens head",
        ),
        "pretrain": Command(
            "bert4ner.cli.pretrain:pretrain",
            "continue the pre-training of an encoder on unlabelled text",
            resumable=True,
            often="output pretrained epochs batch-tokens learning-rate masking",
        ),
        "find-rate": Command(
            "bert4ner.cli.find_rate:find_rate",
            "find suitable learning rates by a short training",
            often="output pretrained steps head batch-tokens max-length",
        ),
        "tune": Command(
            "bert4ner.cli.tune:tune",
            "search for the options that score best",
            resumable=True,
            often="output pretrained trials search folds epochs",
        ),
        "evaluate": Command(
            "bert4ner.cli.evaluate:evaluate",
            "precision, recall and F1 of a run or of predictions",
            often="errors json format align offsets quiet",
        ),
        "predict": Command(
            "bert4ner.cli.predict:predict",
            "find the entities in new documents",
            often="output format nbest batch-tokens overwrite quiet",
        ),
        "pseudo": Command(
            "bert4ner.cli.pseudo:pseudo",
            "label new documents with a run, for training",
            often="output by-fold sure unsure weights overwrite",
        ),
        "self-train": Command(
            "bert4ner.cli.self_train:self_train",
            "cross-validate in rounds with pseudo-labelled documents",
            resumable=True,
            often="output pretrained rounds folds epochs batch-tokens",
        ),
        "combine": Command(
            "bert4ner.cli.combine:combine",
            "combine runs: probabilities, votes, thresholds",
            often="output gold method aim nbest threshold",
        ),
        "compare": Command(
            "bert4ner.cli.compare:compare",
            "options, scores and significance of several runs",
            often="gold json format align offsets quiet",
        ),
        "convert": Command(
            "bert4ner.cli.convert:convert",
            "convert one data format into another",
            often="format input-format scheme overwrite align offsets",
        ),
        "convert-checkpoint": Command(
            "bert4ner.cli.convert_checkpoint:convert_checkpoint", "convert pretrained weights to another layout"
        ),
        "report": Command(
            "bert4ner.cli.report:report",
            "write an HTML page with a run's scores, curves and errors",
            often="gold output overwrite format align offsets",
        ),
        "legacy": Command("bert4ner.cli.legacy:legacy", "run a script for TensorFlow 1 and Keras 2", runner=True),
        "info": Command("bert4ner.cli.info:info", "versions, devices, precision, missing packages"),
    },
    instance_of="bert4ner.command:Command",
)
"""The commands of `bert4ner`."""

HEADS: Registry[Any] = Registry(
    "head",
    "bert4ner.heads",
    {
        "crf": "bert4ner.models.heads.crf:CRFHead",
        "softmax": "bert4ner.models.heads.softmax:SoftmaxHead",
        "global_pointer": "bert4ner.models.heads.global_pointer:GlobalPointerHead",
        "efficient_global_pointer": "bert4ner.models.heads.efficient_global_pointer:EfficientGlobalPointerHead",
        "biaffine": "bert4ner.models.heads.biaffine:BiaffineHead",
        "span": "bert4ner.models.heads.span:SpanHead",
        "w2ner": "bert4ner.models.heads.w2ner:W2NERHead",
        "mrc": "bert4ner.models.heads.mrc:MRCHead",
    },
    subclass_of="bert4ner.models.heads.base:Head",
)
"""Classes of `models.heads`: they turn token vectors into entities."""

FAMILIES: Registry[Any] = Registry(
    "family",
    "bert4ner.families",
    {
        "albert_early": "bert4ner.models.pretrained.families.albert:ALBERT_EARLY",
        "albert": "bert4ner.models.pretrained.families.albert:ALBERT",
        "electra": "bert4ner.models.pretrained.families.electra:ELECTRA",
        "nezha": "bert4ner.models.pretrained.families.nezha:NEZHA",
        "ernie": "bert4ner.models.pretrained.families.ernie:ERNIE",
        "xlm_roberta": "bert4ner.models.pretrained.families.roberta:XLM_ROBERTA",
        "camembert": "bert4ner.models.pretrained.families.roberta:CAMEMBERT",
        "roberta": "bert4ner.models.pretrained.families.roberta:ROBERTA",
        "roformer_v2": "bert4ner.models.pretrained.families.roformer:ROFORMER_V2",
        "roformer": "bert4ner.models.pretrained.families.roformer:ROFORMER",
        "megatron_bert": "bert4ner.models.pretrained.families.megatron_bert:MEGATRON_BERT",
        "distilbert": "bert4ner.models.pretrained.families.distilbert:DISTILBERT",
        "xlnet": "bert4ner.models.pretrained.families.xlnet:XLNET",
        "modernbert": "bert4ner.models.pretrained.families.modernbert:MODERNBERT",
        "gte": "bert4ner.models.pretrained.families.gte:GTE",
        "jina_bert": "bert4ner.models.pretrained.families.jina:JINA_BERT",
        "deberta": "bert4ner.models.pretrained.families.deberta:DEBERTA",
        "t5": "bert4ner.models.pretrained.families.t5:T5",
        "gpt": "bert4ner.models.pretrained.families.gpt:GPT",
        "gpt2_ml": "bert4ner.models.pretrained.families.gpt:GPT2_ML",
        "nezha_gen": "bert4ner.models.pretrained.families.gpt:NEZHA_GEN",
        "bert": "bert4ner.models.pretrained.families.bert:BERT",
    },
    instance_of="bert4ner.models.pretrained.family:Family",
)
"""`models.pretrained.family.Family` objects, in the order in which they are asked whether a folder is theirs.

Families of other packages are asked before these; BERT is last: it takes every folder that names no family.
"""

MODIFIERS: Registry[Any] = Registry(
    "modifier",
    "bert4ner.modifiers",
    {
        "ema": "bert4ner.train.modifiers.moving_average:MovingAverage",
        "swa": "bert4ner.train.modifiers.epoch_mean:EpochMean",
        "r_drop": "bert4ner.train.modifiers.r_drop:RDrop",
        "accumulate": "bert4ner.train.modifiers.accumulation:Accumulation",
        "freeze": "bert4ner.train.modifiers.freezing:Freezing",
        "fgm": "bert4ner.train.modifiers.fast_gradient:FastGradient",
        "pgd": "bert4ner.train.modifiers.projected_gradient:ProjectedGradient",
        "freelb": "bert4ner.train.modifiers.free_large_batch:FreeLargeBatch",
        "vat": "bert4ner.train.modifiers.virtual_adversarial:VirtualAdversarial",
        "mean_teacher": "bert4ner.train.modifiers.mean_teacher:MeanTeacher",
        "mmd": "bert4ner.train.modifiers.mean_discrepancy:MeanDiscrepancy",
        "coral": "bert4ner.train.modifiers.correlation:Correlation",
        "gradient_penalty": "bert4ner.train.modifiers.gradient_penalty:GradientPenalty",
    },
    subclass_of="bert4ner.train.step:Modifier",
)
"""Classes of `train.modifiers`: they change the training step around the gradient."""

EXECUTORS: Registry[Any] = Registry(
    "executor",
    "bert4ner.executors",
    {
        "local": "bert4ner.train.executors.local:LocalExecutor",
        "in_process": "bert4ner.train.executors.in_process:InProcessExecutor",
    },
    subclass_of="bert4ner.train.executors.base:Executor",
)
"""Classes of `train.executors`: they run the trainings of a run, in some place."""
