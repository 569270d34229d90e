"""Pictures as most networks of others take them: one plane of floats for each colour."""

import numpy as np

from ...frames import Image
from ..boxes import Floats


def as_planes(canvas: Image) -> Floats:
    """[1, 3, H, W] with values 0 to 255, in the canvas's order of colours."""
    return np.ascontiguousarray(canvas.transpose(2, 0, 1)[None], np.float32)
