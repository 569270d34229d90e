"""`tillsight-edge demographics`: what the model makes of age and gender of faces in a file."""

import argparse
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ..camera_config import DemographicsSettings
from ..config import SYSTEM_CONFIG, load_config
from . import Commands, new_command
from .emotion import OWN, add_data
from .models import models_folder
from .results import write_json

if TYPE_CHECKING:
    from ..vision.faces.demographics import NetworkDemographics
    from ..vision.faces.emotion import Crop

    Named: TypeAlias = tuple[str, Crop]

AT_ONCE = 64
"""Pictures that are unpacked at the same time."""


def add(commands: Commands) -> None:
    """The command's arguments."""
    help = "what the demographics model makes of faces in a file"
    group = commands.add_parser("demographics", help=help, description=help, parents=[])
    actions = group.add_subparsers(dest="action", required=True, metavar="ACTION")
    predict = new_command(actions, "predict", "age band and gender of each face", _predict)
    add_data(predict, "DATA")
    predict.add_argument("--json", required=True, metavar="OUT", help="file to write, - for stdout")


def _predict(arguments: argparse.Namespace) -> int:
    from ..vision.faces.demographics import AGE_BANDS, GENDERS, is_minor
    from ..vision.faces.emotion import checked

    model = _model(arguments)
    keys = ("image", "age_band", "gender", "confidence", "gender_confidence")
    results: dict[str, Any] = {key: [] for key in keys}
    wall_s = 0.0
    faces = _faces(arguments.data)
    while some := list(islice(faces, AT_ONCE)):
        began = time.perf_counter()
        estimates = model.predict([crop for _, crop in some])
        wall_s += time.perf_counter() - began
        ages, genders = checked(estimates.age_band, model.name), checked(estimates.gender, model.name)
        results["image"] += [name for name, _ in some]
        results["age_band"] += [AGE_BANDS[int(row.argmax())] for row in ages]
        minors = [is_minor(row) for row in ages]
        results["gender"] += [
            None if minor else GENDERS[int(row.argmax())] for row, minor in zip(genders, minors, strict=True)
        ]
        results["confidence"] += [round(float(row.max()), 5) for row in ages]
        results["gender_confidence"] += [
            None if minor else round(float(row.max()), 5) for row, minor in zip(genders, minors, strict=True)
        ]
    write_json(arguments.json, {**results, "wall_s": round(wall_s, 4)})
    return 0


def _faces(path: Path) -> "Iterator[Named]":
    """Each face and its name: that of the picture, or of an npz the number of the image."""
    from ..vision.faces.crop_files import array_names, read_crops, read_pictures

    if array_names(path):
        named: Iterable[Named] = ((str(number), crop) for number, crop in enumerate(read_crops(path)))
        return iter(named)
    return read_pictures(path)


def _model(arguments: argparse.Namespace) -> "NetworkDemographics":
    from ..vision.faces.demographics import NetworkDemographics
    from ..vision.networks.registry import Registry

    config: Path = arguments.config
    there = config != SYSTEM_CONFIG or config.exists()
    settings = load_config(config).demographics if there else DemographicsSettings()
    own = DemographicsSettings().model
    name = arguments.backend or settings.model
    return NetworkDemographics(
        Registry(models_folder(arguments)).find(own if name == OWN else name, "demographics")
    )
