"""How training pictures are cut, mixed and disturbed, anew for each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from detector_data import Floats, Image, Picture

PADDING = 114


@dataclass(frozen=True)
class Recipe:
    """How training pictures are made for one network."""

    classes: tuple[int, ...]  # of (person, face), in the order of the network's outputs
    width: int
    height: int
    sources: dict[str, float]  # how often each is drawn
    layouts: dict[int, float]  # pictures per side -> how often
    zoom: tuple[float, float]  # of the scale at which a picture just fits
    least: tuple[float, ...]  # smaller boxes (height in pixels) are ignored
    plain: float  # share of single pictures placed as the device places a frame
    view: tuple[int, int] | None = (
        None  # canvas of which a picture shows a part; None: it shows the whole canvas
    )
    focused: float = 0.0  # share of pictures in which one box of the first class decides what is shown
    focus: tuple[float, float] = (0.0, 0.0)  # heights to which one box is brought when a part is chosen


PERSONS = Recipe(
    classes=(0, 1),
    width=320,
    height=256,
    sources={"street": 0.29, "cctv": 0.29, "coco": 0.14, "portrait": 0.12, "rendered": 0.16},
    layouts={1: 0.6, 2: 0.35, 3: 0.05},
    zoom=(0.55, 1.9),
    least=(10.0, 6.0),
    plain=0.3,
    focused=0.25,
    focus=(70.0, 300.0),
)


FACES = Recipe(
    classes=(1,),
    width=256,
    height=256,
    sources={"portrait": 0.3, "street": 0.27, "cctv": 0.17, "coco": 0.16, "rendered": 0.1},
    layouts={1: 0.55, 2: 0.3, 3: 0.15},
    zoom=(0.7, 1.6),
    least=(9.0,),
    plain=0.0,
    focused=0.8,
    view=(640, 512),
    focus=(12.0, 180.0),
)
MOST_ENLARGED = 3.0


@dataclass(frozen=True)
class Example:
    """A training picture and its boxes: [class, x1, y1, x2, y2] to be found, and the same to be ignored."""

    image: Image
    sure: Floats
    unsure: Floats


class Placement(NamedTuple):
    """Scales and offsets of a picture in its tile."""

    across: float
    down: float
    left: float
    top: float


class Mixer:
    """Makes examples from pictures; `seed` makes them the same again."""

    def __init__(self, pictures: list[Picture], recipe: Recipe, seed: int) -> None:
        self.recipe = recipe
        self.random = np.random.default_rng(seed)
        self.by_source = {
            source: [picture for picture in pictures if picture.source == source] for source in recipe.sources
        }
        self.by_source = {source: found for source, found in self.by_source.items() if found}
        shares = np.array([recipe.sources[source] for source in self.by_source])
        self.shares = shares / shares.sum()
        self.noise = self.random.normal(0, 1, (recipe.height * 2, recipe.width * 2, 3)).astype(np.float32)

    def draw(self) -> Picture:
        """A picture of a source drawn by its share."""
        source = list(self.by_source)[int(self.random.choice(len(self.shares), p=self.shares))]
        pictures = self.by_source[source]
        return pictures[int(self.random.integers(len(pictures)))]

    def example(self) -> Example:
        """One picture, or a grid of several, disturbed."""
        recipe = self.recipe
        per_side = int(self.random.choice(list(recipe.layouts), p=list(recipe.layouts.values())))
        canvas = np.full((recipe.height, recipe.width, 3), PADDING, np.uint8)
        sure: list[Floats] = []
        unsure: list[Floats] = []
        for tile in self._tiles(per_side):
            placed = self._place(canvas, self.draw(), tile, alone=per_side == 1)
            sure.append(placed[0])
            unsure.append(placed[1])
        example = self._occlude(Example(canvas, np.concatenate(sure), np.concatenate(unsure)))
        return Example(self._disturb(example.image), example.sure, example.unsure)

    def _tiles(self, per_side: int) -> list[tuple[int, int, int, int]]:
        """Tiles (x1, y1, x2, y2) that fill the picture, their borders shaken."""
        edges = []
        for length in (self.recipe.width, self.recipe.height):
            inner = (
                np.arange(1, per_side) / per_side + self.random.uniform(-0.2, 0.2, per_side - 1) / per_side
            )
            edges.append([0, *(int(edge * length) for edge in inner), length])
        return [
            (left, top, right, bottom)
            for left, right in zip(edges[0], edges[0][1:], strict=False)
            for top, bottom in zip(edges[1], edges[1][1:], strict=False)
        ]

    def _placement(self, picture: Picture, width: int, height: int, alone: bool) -> Placement:
        """Where a picture lies in its tile."""
        room = (width, height)
        if self.recipe.view:
            room = self.recipe.view if alone else (width * 2, height * 2)
        fit = min(room[0] / picture.whole.shape[1], room[1] / picture.whole.shape[0])
        if alone and self.random.random() < self.recipe.plain:
            return Placement(fit, fit, 0.0, 0.0)
        low, high = self.recipe.zoom
        scale = fit * self._between(low if alone else max(low, 0.8), high)
        stretch = self._between(0.89, 1.13)
        chosen = picture.boxes[self.recipe.classes[0]].sure
        if len(chosen) and self.random.random() < self.recipe.focused:
            return self._around(chosen[int(self.random.integers(len(chosen)))], width, height, stretch)
        across, down = scale * stretch, scale / stretch
        spare = (width - picture.whole.shape[1] * across, height - picture.whole.shape[0] * down)
        left, top = (self.random.uniform(min(0.0, room), max(0.0, room)) for room in spare)
        return Placement(across, down, float(left), float(top))

    def _around(self, box: Floats, width: int, height: int, stretch: float) -> Placement:
        """One box brought to a height drawn at random, somewhere in the tile."""
        low, high = self.recipe.focus
        wanted = self._between(low, max(low, min(high, 1.15 * height)))
        scale = min(wanted / float(box[3] - box[1]), MOST_ENLARGED)
        across, down = scale * stretch, scale / stretch
        x, y = self.random.uniform(0.2, 0.8, 2) * (width, height)
        left, top = x - (box[0] + box[2]) / 2 * across, y - (box[1] + box[3]) / 2 * down
        return Placement(across, down, float(left), float(top))

    def _between(self, low: float, high: float) -> float:
        """Any factor is as likely as its inverse."""
        return float(np.exp(self.random.uniform(np.log(low), np.log(high))))

    def _place(
        self, canvas: Image, picture: Picture, tile: tuple[int, int, int, int], alone: bool
    ) -> tuple[Floats, Floats]:
        """Draws the picture into the tile; gives its (sure, unsure) boxes."""
        x1, y1, x2, y2 = tile
        across, down, left, top = self._placement(picture, x2 - x1, y2 - y1, alone)
        flip = self.random.random() < 0.5
        total = picture.whole.shape[1] * across
        image, factor = (picture.half, 2.0) if min(across, down) < 0.6 else (picture.whole, 1.0)
        matrix = np.array([[across * factor, 0, left], [0, down * factor, top]])
        if flip:
            matrix[0] = [-across * factor, 0, left + total]
        size = (x2 - x1, y2 - y1)
        canvas[y1:y2, x1:x2] = cv2.warpAffine(image, matrix, size, borderValue=(PADDING, PADDING, PADDING))
        mirrored = total if flip else None
        sure, unsure = [], []
        for index, which in enumerate(self.recipe.classes):
            boxes = picture.boxes[which]
            moved = self._move(boxes.sure, across, down, left, top, mirrored)
            kept, lost = self._fit(moved, tile, self.recipe.least[index])
            moved = self._move(boxes.unsure, across, down, left, top, mirrored)
            vague, gone = self._fit(moved, tile, 0.0)
            sure.append(_labelled(kept, index))
            unsure += [_labelled(lost, index), _labelled(vague, index), _labelled(gone, index)]
        return np.concatenate(sure), np.concatenate(unsure)

    @staticmethod
    def _move(
        boxes: Floats, across: float, down: float, left: float, top: float, mirrored: float | None
    ) -> Floats:
        moved = boxes * np.array([across, down, across, down], np.float32)
        if mirrored is not None:
            moved = np.stack([mirrored - moved[:, 2], moved[:, 1], mirrored - moved[:, 0], moved[:, 3]], 1)
        return np.asarray(moved + np.array([left, top, left, top], np.float32), np.float32)

    @staticmethod
    def _fit(boxes: Floats, tile: tuple[int, int, int, int], least: float) -> tuple[Floats, Floats]:
        """(boxes seen well enough, boxes of which too little is seen), cut to the tile."""
        x1, y1, x2, y2 = tile
        cut = np.stack(
            [np.clip(boxes[:, axis], 0, (x2 - x1, y2 - y1)[axis % 2]) for axis in range(4)], 1
        ).reshape(-1, 4)
        sides, full = cut[:, 2:] - cut[:, :2], boxes[:, 2:] - boxes[:, :2]
        seen = sides.prod(1) / np.maximum(full.prod(1), 1e-6)
        cut = cut + np.array([x1, y1, x1, y1], np.float32)
        there = (sides > 1).all(1)
        well = there & (seen > 0.35) & (sides[:, 1] >= least) & (sides[:, 0] >= least * 0.3)
        return cut[well], cut[there & ~well]

    def _occlude(self, example: Example) -> Example:
        """Sometimes hides the lower part of a person, as a counter does; the box ends there."""
        persons = np.nonzero((example.sure[:, 0] == 0) & (example.sure[:, 4] - example.sure[:, 2] > 40))[0]
        if 0 not in self.recipe.classes or not len(persons) or self.random.random() > 0.15:
            return example
        sure = example.sure.copy()
        _, x1, y1, x2, y2 = sure[int(self.random.choice(persons))]
        edge = int(y1 + (y2 - y1) * self.random.uniform(0.5, 0.85))
        left, right = (
            int(x1 - (x2 - x1) * self.random.uniform(0.1, 1)),
            int(x2 + (x2 - x1) * self.random.uniform(0.1, 1)),
        )
        left, right = max(left, 0), min(right, self.recipe.width)
        low = min(int(y2 + self.random.uniform(0, 10)) + 1, self.recipe.height)
        image = example.image
        image[edge:low, left:right] = self._material(low - edge, right - left)
        unsure = [example.unsure]
        gone = np.zeros(len(sure), bool)
        for index, box in enumerate(sure):
            overlap = min(box[3], right) - max(box[1], left)
            if overlap > 0.6 * (box[3] - box[1]) and box[4] > edge and box[4] <= low + 4:
                if edge - box[2] > 0.4 * (box[4] - box[2]):
                    sure[index, 4] = edge
                else:
                    gone[index] = True
        unsure.append(sure[gone])
        return Example(image, sure[~gone], np.concatenate(unsure))

    def _material(self, height: int, width: int) -> Image:
        """A plain or striped surface of any colour."""
        colour = self.random.integers(0, 256, 3)
        surface = np.empty((height, width, 3), np.uint8)
        surface[:] = colour
        if self.random.random() < 0.5 and width > 8:
            step = int(self.random.integers(4, 24))
            surface[:, ::step] = self.random.integers(0, 256, 3)
        return surface

    def _disturb(self, image: Image) -> Image:
        """Light and colour always; sharpness, noise and compression now and then."""
        size = (self.recipe.width, self.recipe.height)
        chance = self.random.random(6)
        changed: npt.NDArray[Any] = cv2.LUT(image, self._curves(dark=bool(chance[0] < 0.1)))
        if chance[1] < 0.15:
            share = float(self.random.uniform(0, 0.7))
            grey = cv2.cvtColor(cv2.cvtColor(changed, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
            changed = cv2.addWeighted(changed, share, grey, 1 - share, 0)
        if chance[2] < 0.08:
            changed = cv2.blur(changed, (int(self.random.integers(1, 4)), int(self.random.integers(1, 4))))
        if chance[3] < 0.06:
            changed = cv2.resize(cv2.resize(changed, None, fx=0.6, fy=0.6), size)
        if chance[4] < 0.12:
            changed = cv2.add(changed, self._grain(), dtype=cv2.CV_8U)
        if chance[5] < 0.08:
            changed = self._compressed(changed)
        return np.asarray(changed, np.uint8)

    def _grain(self) -> npt.NDArray[np.float32]:
        """Sensor noise of any strength."""
        height, width = self.recipe.height, self.recipe.width
        row, column = self.random.integers(height), self.random.integers(width)
        strength = np.float32(self.random.uniform(2, 12))
        return self.noise[row : row + height, column : column + width] * strength

    def _compressed(self, image: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """As a camera's JPEG of low quality."""
        quality = int(self.random.integers(25, 70))
        packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        unpacked = cv2.imdecode(packed, cv2.IMREAD_COLOR)
        return image if unpacked is None else unpacked

    def _curves(self, dark: bool) -> Image:
        """A table of brightness for each channel: gain, gamma and white balance."""
        values = np.arange(256, dtype=np.float32)[:, None] / 255
        gamma = self.random.uniform(1.3, 2.2) if dark else float(np.exp(self.random.uniform(-0.35, 0.35)))
        gain = self.random.uniform(0.25, 0.6) if dark else self.random.uniform(0.75, 1.3)
        balance = self.random.uniform(0.88, 1.12, 3)
        lifted = values**gamma * gain * balance + (0.0 if dark else self.random.uniform(-0.08, 0.08))
        return np.clip(lifted * 255, 0, 255).astype(np.uint8)[None]


def _labelled(boxes: Floats, label: int) -> Floats:
    return np.concatenate([np.full((len(boxes), 1), label, np.float32), boxes], 1).astype(np.float32)
