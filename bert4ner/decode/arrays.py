"""Array types of decoding: scores are 32-bit or 64-bit floats; tags, lengths and positions are integers."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]
