"""What was fitted is checked when it is made, by hand or from a file."""

import pytest

from bert4ner.errors import ConfigError
from bert4ner.runs.fitted import Calibration


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"kind": "platt"}, "temperature or isotonic, got 'platt'"),
        ({"kind": "temperature", "temperature": 0.0}, "temperature must be above 0"),
        ({"kind": "isotonic"}, "as many scores as chances"),
        ({"kind": "isotonic", "scores": (0.1, 0.2), "chances": (0.5, 0.1)}, "both growing"),
    ],
)
def test_impossible_calibrations_are_refused(arguments, told):
    with pytest.raises(ConfigError, match=told):
        Calibration(**arguments)
