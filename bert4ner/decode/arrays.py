"""Arrays that decoding takes and gives: scores are floats, 32 bits or 64; tags, lengths and places are integers."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]
