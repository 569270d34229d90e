"""Faces with FER+ votes for training and evaluation: targets, protocols, disturbed pictures."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

FERPLUS_CLASSES = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
FER2013_CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
# The FER2013 class that says the same as each FER+ class; contempt has none and comes nearest to neutral.
FERPLUS_TO_FER2013 = np.array([6, 3, 5, 4, 0, 1, 2, 6])

Images = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Faces:
    """Grey faces with the votes of about ten people each.

    `images` [N, 48, 48]; `votes` [N, 10]: eight emotions, unknown, not a face; `fer2013` [N]; `strict` [N] is
    the emotion that more than half of all votes name, -1 where there is none.
    """

    images: Images
    votes: npt.NDArray[np.uint8]
    fer2013: npt.NDArray[np.int64]
    strict: npt.NDArray[np.int64]


def read_faces(path: Path) -> Faces:
    """One part of FER2013 with its FER+ votes."""
    with np.load(path) as arrays:
        return Faces(
            images=arrays["images"],
            votes=arrays["ferplus_votes"],
            fer2013=arrays["fer2013_label"].astype(np.int64),
            strict=arrays["ferplus_majority"].astype(np.int64),
        )


def without_single_votes(votes: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Votes [N, 10] in which what only one person saw counts as nothing."""
    return np.where(votes > 1, votes, 0).astype(np.float32)


def published_protocol(votes: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """The class by the majority rule of Barsoum et al. (arXiv 1608.01041), -1 where it leaves an image out.

    Single votes are dropped; the most named must hold more than half of what is left, and be an emotion.
    """
    kept = without_single_votes(votes)
    most = kept.max(1)
    chosen = np.where(most > 0.5 * kept.sum(1), kept.argmax(1), -1)
    return np.where(chosen < len(FERPLUS_CLASSES), chosen, -1).astype(np.int64)


def vote_shares(votes: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """What to learn: shares [N, 8] of the emotions without single votes; zeros where nothing is left."""
    emotions = without_single_votes(votes)[:, : len(FERPLUS_CLASSES)]
    total = emotions.sum(1, keepdims=True)
    shares: npt.NDArray[np.float32] = emotions / np.maximum(total, 1)
    return shares


def disturbed(image: Images, random: np.random.Generator) -> Images:
    """A face as cameras may see it: turned, shifted, mirrored, blurred, small, dark, noisy, covered."""
    image = moved(image, random)
    if random.random() < 0.25:
        image = degraded(image, random)
    if random.random() < 0.6:
        image = relit(image, random)
    if random.random() < 0.5:
        image = covered(image, random)
    return image


def moved(image: Images, random: np.random.Generator) -> Images:
    """Mirrored half the time; turned up to 15 degrees, scaled up to a sixth, sheared and shifted a little."""
    size = image.shape[0]
    angle, shear = np.deg2rad(random.uniform(-15, 15)), random.uniform(-0.1, 0.1)
    scale, stretch = random.uniform(0.85, 1.17), random.uniform(0.94, 1.06)
    mirror = -1.0 if random.random() < 0.5 else 1.0
    turn = np.array([[np.cos(angle), -np.sin(angle) + shear], [np.sin(angle), np.cos(angle)]])
    matrix = scale * turn @ np.diag([mirror * stretch, 1 / stretch])
    centre = np.full(2, (size - 1) / 2)
    shift = centre - matrix @ centre + random.uniform(-0.08, 0.08, 2) * size
    border = cv2.BORDER_REFLECT_101 if random.random() < 0.5 else cv2.BORDER_REPLICATE
    return cv2.warpAffine(
        image, np.column_stack([matrix, shift]), (size, size), flags=cv2.INTER_LINEAR, borderMode=border
    )


def degraded(image: Images, random: np.random.Generator) -> Images:
    """Seen from afar (20 to 40 px), out of focus, or grainy."""
    kind, size = random.integers(3), image.shape[0]
    if kind == 0:
        small = int(random.integers(20, 41))
        away = cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA)
        return cv2.resize(away, (size, size), interpolation=cv2.INTER_LINEAR)
    if kind == 1:
        return cv2.GaussianBlur(image, (0, 0), random.uniform(0.4, 1.2))
    grain = random.normal(0, random.uniform(2, 12), image.shape)
    return np.clip(image + grain, 0, 255).astype(np.uint8)


def relit(image: Images, random: np.random.Generator) -> Images:
    """Another brightness, contrast and gamma."""
    gamma, gain, offset = random.uniform(0.6, 1.6), random.uniform(0.7, 1.3), random.uniform(-30, 30)
    steps = 255 * (np.arange(256) / 255) ** gamma
    table = np.clip((steps - 128) * gain + 128 + offset, 0, 255).astype(np.uint8)
    return cv2.LUT(image, table)


def covered(image: Images, random: np.random.Generator) -> Images:
    """A rectangle of 2 to 15 % of the face hidden behind grey or noise."""
    size = image.shape[0]
    area, ratio = random.uniform(0.02, 0.15) * size * size, random.uniform(0.5, 2)
    height, width = int(np.sqrt(area * ratio)), int(np.sqrt(area / ratio))
    top, left = int(random.integers(size - height)), int(random.integers(size - width))
    image = image.copy()
    patch = image[top : top + height, left : left + width]
    patch[:] = random.integers(0, 256, patch.shape if random.random() < 0.5 else (1,) * patch.ndim)
    return image
