"""How the people of a rendered scene look: bodies, hair, clothes, and what they carry."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from .drawing import Colour

Legs: TypeAlias = Literal["trousers", "shorts", "skirt", "coat"]
Hair: TypeAlias = Literal["short", "long", "bun", "bald", "cap", "beanie", "scarf"]
Bag: TypeAlias = Literal["none", "backpack", "shoulder", "carrier", "basket"]

SKINS: tuple[Colour, ...] = (
    (178, 205, 240),
    (150, 188, 230),
    (134, 172, 218),
    (110, 150, 200),
    (88, 124, 178),
    (66, 96, 148),
    (48, 72, 112),
    (36, 52, 82),
)
HAIRS: tuple[Colour, ...] = (
    (20, 18, 18),
    (30, 32, 40),
    (34, 48, 74),
    (48, 72, 108),
    (88, 134, 170),
    (140, 184, 210),
    (160, 160, 165),
    (215, 215, 215),
    (40, 60, 140),
)
CLOTHES: tuple[Colour, ...] = (
    (28, 26, 26),
    (48, 44, 42),
    (92, 90, 88),
    (150, 148, 146),
    (224, 222, 220),
    (92, 58, 34),
    (150, 98, 52),
    (58, 40, 128),
    (44, 44, 180),
    (58, 96, 58),
    (70, 128, 96),
    (92, 150, 190),
    (120, 170, 214),
    (160, 120, 190),
    (60, 160, 210),
    (190, 160, 80),
)
TROUSERS: tuple[Colour, ...] = (
    (30, 28, 28),
    (60, 44, 34),
    (110, 76, 48),
    (140, 104, 74),
    (70, 76, 80),
    (110, 130, 146),
    (60, 80, 100),
)


@dataclass(frozen=True, eq=False)
class Looks:
    """One person; lengths are shares of the body's height."""

    height_m: float
    build: float
    """1 is average; wider above."""
    skin: Colour
    hair: Hair
    hair_colour: Colour
    top: Colour
    inner: Colour | None
    """What is seen under an open jacket."""
    sleeves: float
    """Share of the arm that is covered."""
    legs: Legs
    legs_colour: Colour
    shoes: Colour
    accent: Colour
    """Of hats, bags and scarves."""
    bag: Bag
    glasses: bool
    beard: bool
    cloth: npt.NDArray[np.float32]
    """Pattern of the top, around 1."""
    folds: npt.NDArray[np.float32]
    """Light and shade over the whole body, around 1."""


def random_looks(rng: np.random.Generator) -> Looks:
    """Somebody."""
    child = rng.random() < 0.06
    legs: Legs = ("trousers", "trousers", "trousers", "shorts", "skirt", "coat")[rng.integers(6)]
    hair: Hair = ("short", "short", "short", "long", "long", "bun", "bald", "cap", "beanie", "scarf")[
        rng.integers(10)
    ]
    bag: Bag = ("none", "none", "none", "backpack", "shoulder", "carrier", "basket")[rng.integers(7)]
    return Looks(
        height_m=float(rng.uniform(1.2, 1.5) if child else np.clip(rng.normal(1.71, 0.09), 1.5, 1.95)),
        build=float(np.clip(rng.normal(1.0, 0.12), 0.8, 1.4)),
        skin=_near(rng, SKINS[rng.integers(len(SKINS))], 8),
        hair=hair,
        hair_colour=_near(rng, HAIRS[rng.integers(len(HAIRS))], 10),
        top=_near(rng, CLOTHES[rng.integers(len(CLOTHES))], 18),
        inner=_near(rng, CLOTHES[rng.integers(len(CLOTHES))], 18) if rng.random() < 0.35 else None,
        sleeves=float(rng.choice((0.3, 0.45, 0.95, 1.0, 1.0, 1.0))),
        legs=legs,
        legs_colour=_near(rng, TROUSERS[rng.integers(len(TROUSERS))], 14),
        shoes=_near(rng, CLOTHES[rng.integers(5)], 10),
        accent=_near(rng, CLOTHES[rng.integers(len(CLOTHES))], 20),
        bag=bag,
        glasses=bool(rng.random() < 0.25),
        beard=bool(rng.random() < 0.2),
        cloth=_cloth(rng),
        folds=_folds(rng),
    )


def _near(rng: np.random.Generator, colour: Colour, spread: float) -> Colour:
    blue, green, red = np.clip(np.asarray(colour) + rng.normal(0, spread, 3), 6, 250)
    return float(blue), float(green), float(red)


def _cloth(rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Plain, striped along or across, checked, or with a print on the chest."""
    pattern = np.ones((24, 24), np.float32)
    kind, depth, step = rng.random(), rng.uniform(0.55, 1.5), int(rng.integers(3, 8))
    if 0.55 < kind <= 0.85:
        lines = (np.arange(24) % step < step / 2).astype(np.float32) * np.float32(depth - 1)
        pattern += lines[:, None] * (kind < 0.78) + lines[None, :] * (kind > 0.7)
    elif kind > 0.85:
        pattern[5:12, 7:17] *= np.float32(depth)
    return pattern


def _folds(rng: np.random.Generator) -> npt.NDArray[np.float32]:
    light = np.linspace(-1, 1, 8, dtype=np.float32) * np.float32(rng.uniform(-0.22, 0.22))
    noise = rng.normal(0, 0.09, (20, 8)).astype(np.float32)
    return np.asarray(np.clip(1 + light[None, :] + noise, 0.5, 1.4), np.float32)
