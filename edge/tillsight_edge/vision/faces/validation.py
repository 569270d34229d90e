"""Validation: how often an emotion model is right about people whose valence a person has judged.

The file holds counts and the model's hash, and no picture; its counts travel with each `emotion.window`, so
that the hub can correct what the model gets wrong at this site.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from tillsight_models.events import ValenceCounts

from ..errors import BadCrops, BadValidation
from .crop_files import array_names, read_crops, read_numbers
from .crops import QualityFloor, crop_quality
from .emotion import Crop, EmotionModel, Sign, checked, valence, valence_shares
from .face_reader import Tally

ROWS: tuple[Sign, ...] = (1, 0, -1)
"""True valence of the rows: positive, neutral, negative."""
COLUMNS: tuple[Sign | None, ...] = (1, 0, -1, None)
"""What the model said: the same, or unknown."""

LEAST_PEOPLE = 10
"""Counts of fewer say little of the model, and something of each of them."""


@dataclass(frozen=True)
class Judged:
    """Faces of people whose valence a person has judged."""

    crops: list[Crop]
    truth: list[int]
    """Of each crop: 1, 0 or -1."""
    person: list[int] | None
    """Whose face each crop is, where several are of one person."""


class Validation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file, as JSON."""

    model: str
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    """Of the model's file: counts of another file say nothing of this one."""
    date: date
    counts: ValenceCounts

    @property
    def people(self) -> int:
        """How many were judged."""
        return sum(map(sum, self.counts))


def read_judged(path: Path) -> Judged:
    """An npz with arrays `images`, `valence` (1, 0, -1) and perhaps `person`; else BadCrops."""
    crops, truth = read_crops(path), read_numbers(path, "valence")
    person = read_numbers(path, "person") if "person" in array_names(path) else None
    for name, numbers in (("valence", truth), ("person", person or truth)):
        if len(numbers) != len(crops):
            raise BadCrops(f"{path}: {name}: {len(numbers)} values for {len(crops)} images")
    if strangers := set(truth) - set(ROWS):
        raise BadCrops(f"{path}: valence: {min(strangers)}: should be 1, 0 or -1")
    if person and len(set(zip(person, truth, strict=True))) != len(set(person)):
        raise BadCrops(f"{path}: valence: differs between images of the same person")
    if not crops:
        raise BadCrops(f"{path}: images: nobody was judged")
    return Judged(crops, truth, person)


def validated(judged: Judged, model: EmotionModel, floor: QualityFloor, min_crops: int) -> ValenceCounts:
    """What the model makes of them.

    With `person` a person's crops become one value as on the device: those that are good enough, if they are
    `min_crops`. Without it each crop is a person, whatever its quality.
    """
    shares = valence_shares(checked(model.predict(judged.crops), model.name))
    if judged.person is None:
        said = [valence(row, model.threshold).sign for row in shares]
        return table(judged.truth, said)
    tallies = {person: Tally() for person in judged.person}
    for person, crop, row in zip(judged.person, judged.crops, shares, strict=True):
        if crop_quality(crop, floor).usable:
            tallies[person].crops += 1
            tallies[person].add_valence(row)
    truths = dict(zip(judged.person, judged.truth, strict=True))
    return table(
        [truths[person] for person in tallies],
        [tally.sign(model.threshold) if tally.crops >= min_crops else None for tally in tallies.values()],
    )


def table(truth: Sequence[int], said: Sequence[Sign | None]) -> ValenceCounts:
    """People by true valence (1, 0, -1) and by what the model said of them."""
    pairs = list(zip(truth, said, strict=True))
    counts: ValenceCounts = msgspec.convert(
        [tuple(pairs.count((row, column)) for column in COLUMNS) for row in ROWS], ValenceCounts
    )
    return counts


def write_validation(path: Path, validation: Validation) -> None:
    """The file, replaced as a whole."""
    text = msgspec.json.format(msgspec.json.encode(validation)) + b"\n"
    try:
        path.write_bytes(text)
    except OSError as error:
        raise BadValidation(f"{path}: cannot be written: {error.strerror or error}") from error


def added(validation: Validation, path: Path) -> Validation:
    """With the counts that `path` has already, of the same model; as it is where there is no file."""
    if not path.exists():
        return validation
    before = read_validation(path)
    if before.sha256 != validation.sha256:
        raise BadValidation(f"{path}: is of model {before.model} {before.sha256[:12]}: take another file")
    sums = [
        tuple(map(sum, zip(*rows, strict=True)))
        for rows in zip(before.counts, validation.counts, strict=True)
    ]
    return msgspec.structs.replace(validation, counts=msgspec.convert(sums, ValenceCounts))


def read_validation(path: Path) -> Validation:
    """The file; BadValidation in one line where it is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Validation)
    except OSError as error:
        raise BadValidation(f"{path}: cannot be read: {error.strerror or error}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadValidation(f"{path}: is no validation: {error}") from error


def validation_counts(path: Path, model: EmotionModel) -> ValenceCounts:
    """The counts to send along with what `model` says; BadValidation where they are another model's."""
    validation = read_validation(path)
    if validation.sha256 != model.sha256:
        raise BadValidation(
            f"{path}: is of model {validation.model} {validation.sha256[:12]},"
            f" should be of {model.name} {model.sha256[:12]}: validate again"
        )
    if validation.people < LEAST_PEOPLE:
        raise BadValidation(f"{path}: {validation.people} people judged: should be {LEAST_PEOPLE} or more")
    return validation.counts
