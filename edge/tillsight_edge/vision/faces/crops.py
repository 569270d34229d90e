"""Faces cut out of frames, and whether such a picture is good enough to say anything of a person."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from tillsight_models.geometry import Box

from ..detections import Detection, Image
from .emotion import Crop

MARGIN = 1.15
"""Side of the crop, in longer sides of the face's box: what the emotion networks were trained on."""
LOOK_PX = 48
"""Quality is measured at this size, so that its numbers mean the same for near and far faces."""
SHIFT_PX = 4
"""How far from the middle the axis of a face may lie, at `LOOK_PX`."""
HEAD_SHARE = 0.5
"""Upper part of a person's box in which the face is; half, because a counter often hides the legs."""
HEAD_MARGIN = 0.15
"""Around that part, of the box's width: boxes cut off chins and hair."""


@dataclass(frozen=True)
class QualityFloor:
    """What a face must be to be read. The README says how the numbers were found."""

    size_px: float = 24.0
    """Longer side of the face's box."""
    score: float = 0.5
    """Of the detector, 0..1."""
    sharpness: float = 0.02
    symmetry: float = 0.05
    slimness: float = 0.62
    """Width of the box per height: a face seen from the side is slimmer."""
    darkest: float = 35.0
    brightest: float = 220.0
    """Limits of the mean grey, 0..255."""
    contrast: float = 12.0
    """Standard deviation of the grey."""


@dataclass(frozen=True)
class FaceQuality:
    """What was measured of one face, and why it is not usable; no reasons: it is."""

    size_px: float
    score: float
    slimness: float
    sharpness: float
    """Variance of the Laplacian per variance of the grey: 0.2 and more in focus, below 0.02 blurred."""
    symmetry: float
    """Best correlation of the edges with their mirror image, -1..1: a frontal face has 0.4 or more."""
    brightness: float
    contrast: float
    reasons: tuple[str, ...]

    @property
    def usable(self) -> bool:
        return not self.reasons


def face_crop(image: Image, face: Detection) -> Image:
    """The square of `MARGIN` longer box sides around the face's middle; beyond the frame its edge goes on."""
    side = max(1, round(MARGIN * max(face.width, face.height)))
    left = round((face.x1 + face.x2 - side) / 2)
    top = round((face.y1 + face.y2 - side) / 2)
    height, width = image.shape[:2]
    if left >= 0 and top >= 0 and left + side <= width and top + side <= height:
        return image[top : top + side, left : left + side].copy()
    rows = np.clip(np.arange(top, top + side), 0, height - 1)
    columns = np.clip(np.arange(left, left + side), 0, width - 1)
    return image[rows[:, None], columns]


def head_region(person: Box, image: Image) -> tuple[int, int, int, int] | None:
    """Where in the frame the face of a person is looked for: x1, y1, x2, y2; None outside the frame."""
    x1, y1, x2, y2 = person
    margin = HEAD_MARGIN * (x2 - x1)
    height, width = image.shape[:2]
    left, right = max(0, round(x1 - margin)), min(width, round(x2 + margin))
    top, bottom = max(0, round(y1 - margin)), min(height, round(y1 + HEAD_SHARE * (y2 - y1)))
    return (left, top, right, bottom) if right - left >= 8 and bottom - top >= 8 else None


def face_quality(crop: Image, face: Detection, floor: QualityFloor) -> FaceQuality:
    """How good a face's crop is; what comes after a reason is measured all the same."""
    grey = _look(crop)
    variance = float(grey.var())
    measured = {
        "size_px": max(face.width, face.height),
        "score": face.score,
        "slimness": face.width / max(face.height, 1e-6),
        "sharpness": float(cv2.Laplacian(grey, cv2.CV_32F).var()) / (variance + 1.0),
        "symmetry": _symmetry(grey),
        "brightness": float(grey.mean()),
        "contrast": variance**0.5,
    }
    return FaceQuality(**measured, reasons=_reasons(measured, floor))


def crop_quality(crop: Crop, floor: QualityFloor) -> FaceQuality:
    """The quality of a crop that comes without its frame: the detector is taken to have been sure."""
    side = min(crop.shape[:2]) / MARGIN
    colour = crop if crop.ndim == 3 else np.asarray(cv2.cvtColor(crop, cv2.COLOR_GRAY2BGR), np.uint8)
    return face_quality(colour, Detection(0.0, 0.0, side, side, 1.0), floor)


def _reasons(measured: dict[str, float], floor: QualityFloor) -> tuple[str, ...]:
    turned = measured["symmetry"] < floor.symmetry or measured["slimness"] < floor.slimness
    checks = {
        "small": measured["size_px"] < floor.size_px,
        "unsure": measured["score"] < floor.score,
        "dark": measured["brightness"] < floor.darkest,
        "bright": measured["brightness"] > floor.brightest,
        "flat": measured["contrast"] < floor.contrast,
        "blurred": measured["sharpness"] < floor.sharpness,
        "turned": turned,
    }
    return tuple(reason for reason, is_so in checks.items() if is_so)


def _look(crop: Image) -> npt.NDArray[np.float32]:
    """The crop in grey at `LOOK_PX`, 0..255."""
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    shrinks = grey.shape[0] > LOOK_PX
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(grey, (LOOK_PX, LOOK_PX), interpolation=way).astype(np.float32)


def _symmetry(grey: npt.NDArray[np.float32]) -> float:
    """Of what is neither light nor grain, about the best upright axis near the middle."""
    edges = cv2.GaussianBlur(grey, (0, 0), 1.0) - cv2.GaussianBlur(grey, (0, 0), 6.0)
    border = LOOK_PX // 12
    best = -1.0
    for shift in range(-SHIFT_PX, SHIFT_PX + 1):
        part = edges[border:-border, border + max(0, shift) : LOOK_PX - border + min(0, shift)]
        best = max(best, float((part * part[:, ::-1]).sum() / ((part * part).sum() + 0.01 * part.size)))
    return best
