"""What was fitted is checked when it is made, by hand or from a file."""

import pytest

from bert4ner.errors import ConfigError
from bert4ner.runs.fitted import Calibration


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "platt"}, "temperature or isotonic, got 'platt'"),
        ({"kind": "temperature", "temperature": 0.0}, "temperature must be above 0"),
        ({"kind": "isotonic"}, "as many probabilities as scores"),
        ({"kind": "isotonic", "scores": (0.1, 0.2), "chances": (0.5, 0.1)}, "both growing"),
    ],
)
def test_impossible_calibrations_are_refused(arguments, message):
    with pytest.raises(ConfigError, match=message):
        Calibration(**arguments)
