"""The sample and the small encoder that come with the library: finds them in a wheel or in a checkout.

The repository holds one copy of them for examples and tests; building a wheel copies them into the package (setup.py).
"""

from pathlib import Path

from bert4ner.errors import EnvironmentProblem

ENCODER = "tcm-mini"
SAMPLE, UNLABELLED = "leaflets.jsonl", "leaflets-unlabelled.txt"
_PACKAGE = Path(__file__).resolve().parent
_IN_REPOSITORY = {ENCODER: "pretrained", SAMPLE: "examples/data", UNLABELLED: "examples/data"}


def bundled(name: str) -> Path:
    """The folder of the encoder, or a file of the sample.

    Raises:
        EnvironmentProblem: the folder or file is missing.
    """
    places = (_PACKAGE / "_bundled" / name, _PACKAGE.parent / _IN_REPOSITORY[name] / name)
    found = next((place for place in places if place.exists()), None)
    if found is None:
        raise EnvironmentProblem(f"{places[0]}: {name}, which comes with bert4ner, is missing; install bert4ner again")
    return found


def or_bundled(folder: Path) -> Path:
    """The folder of a pretrained model; the bundled encoder's folder for its name, if no such folder is here."""
    return bundled(ENCODER) if folder == Path(ENCODER) and not folder.is_dir() else folder


def is_bundled(pretrained: str) -> bool:
    """Whether a pretrained model is the bundled encoder, by its name or by the name of its folder.

    Example:
        >>> is_bundled("tcm-mini"), is_bundled("pretrained/tcm-mini/"), is_bundled("hfl/chinese-roberta-wwm-ext")
        (True, True, False)
    """
    return Path(pretrained).name == ENCODER
