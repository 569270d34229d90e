"""Faces drawn with a few strokes: enough to be frontal, turned, blurred, dark or grainy."""

import cv2
import numpy as np
import numpy.typing as npt

from tillsight_edge.vision.detections import Detection

Image = npt.NDArray[np.uint8]


def drawn_face(side: int = 96, turn: float = 0.0) -> Image:
    """A face [side, side, 3]; `turn` shifts what is in it sideways, in shares of the side."""
    large = 192
    image = np.full((large, large, 3), 90, np.uint8)
    cv2.ellipse(image, (96, 96), (62, 80), 0, 0, 360, (150, 170, 200), -1)
    shift = round(turn * large)
    for eye in (66, 126):
        cv2.ellipse(image, (eye + shift, 78), (13, 7), 0, 0, 360, (245, 245, 245), -1)
        cv2.circle(image, (eye + shift, 78), 6, (20, 20, 20), -1)
        cv2.line(image, (eye - 15 + shift, 62), (eye + 15 + shift, 62), (40, 50, 60), 5)
    cv2.line(image, (96 + shift, 80), (96 + shift, 112), (110, 130, 160), 5)
    cv2.ellipse(image, (96 + shift, 138), (26, 9), 0, 0, 360, (70, 70, 160), -1)
    if turn:  # the far side of the face is hidden
        image[:, : 60 + shift] = 90
    return np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def face_box(side: float = 84.0, left: float = 0.0, top: float = 0.0, score: float = 0.9) -> Detection:
    """A detected face of the usual proportions."""
    return Detection(left, top, left + 0.8 * side, top + side, score)
