"""`tillsight-edge emotion`: what the emotion model makes of files of faces, and how often it is right."""

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tillsight_models.errors import BadConfig

from ..camera_config import EmotionSettings
from ..config import SYSTEM_CONFIG, load_config
from . import Commands, new_command
from .models import add_folder, models_folder
from .results import write_json

if TYPE_CHECKING:
    from tillsight_models.events import ValenceCounts

    from ..vision.faces.emotion import EmotionModel

OWN = "tillsight"
"""What the product's own model is called on the command line."""


def add(commands: Commands) -> None:
    """The command's arguments."""
    help = "what the emotion model makes of faces in a file, and how often it is right"
    group = commands.add_parser("emotion", help=help, description=help, parents=[])
    actions = group.add_subparsers(dest="action", required=True, metavar="ACTION")
    predict = new_command(actions, "predict", "class, valence and confidence of each face", _predict)
    add_data(predict, "DATA.npz")
    predict.add_argument("--json", required=True, metavar="OUT", help="file to write, - for stdout")
    validate = new_command(
        actions, "validate", "count how often the model is right about people that somebody judged", _validate
    )
    add_data(validate, "DATA.npz")
    validate.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="to write, for emotion.validation_file"
    )
    judge = new_command(
        actions,
        "judge",
        "ask somebody at the till how each customer looked, and count as validate does",
        _judge,
    )
    judge.add_argument("--camera", metavar="NAME", help="needed where there are several")
    judge.add_argument("--people", type=int, default=100, metavar="N", help="end after so many; default: 100")
    judge.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="to write; counts of the same model add up"
    )


def add_data(parser: argparse.ArgumentParser, name: str) -> None:
    """The file of faces, and the model that looks at them."""
    parser.add_argument("data", type=Path, metavar=name, help="faces that were cut out already")
    help = "tillsight, deepface, or a name in `tillsight-edge models list`; default: as configured"
    parser.add_argument("--backend", metavar="NAME", help=help)
    add_folder(parser)


def _predict(arguments: argparse.Namespace) -> int:
    from ..vision.faces.crop_files import read_crops
    from ..vision.faces.emotion import checked, valence, valence_shares

    model = _model(arguments)
    crops = read_crops(arguments.data)
    began = time.perf_counter()
    probabilities = checked(model.predict(crops), model.name)
    wall_s = time.perf_counter() - began
    signs = [valence(row, model.threshold).sign for row in valence_shares(probabilities)]
    results = {
        "class": [int(row.argmax()) for row in probabilities],
        "valence": signs,
        "confidence": [round(float(row.max()), 5) for row in probabilities],
        "wall_s": round(wall_s, 4),
    }
    write_json(arguments.json, results)
    return 0


def _validate(arguments: argparse.Namespace) -> int:
    from ..vision.faces.crops import QualityFloor
    from ..vision.faces.validation import read_judged, validated

    model, settings = _model(arguments), _settings(arguments)
    judged = read_judged(arguments.data)
    floor = QualityFloor(size_px=settings.min_face_px)
    _write_counts(arguments.out, model, validated(judged, model, floor, settings.min_crops), add=False)
    return 0


def _judge(arguments: argparse.Namespace) -> int:
    from ..vision.faces.judging import judged_at, judging_problem
    from ..vision.faces.validation import read_validation

    config = load_config(arguments.config)
    names = [name for name, camera in config.cameras.items() if camera.zone is not None]
    name = arguments.camera or (names[0] if len(names) == 1 else None)
    if name not in names:
        raise BadConfig(
            [f"--camera: {name}: should be one of {', '.join(names) or 'no cameras with a zone'}"]
        )
    if problem := judging_problem(config):
        raise BadConfig([problem])
    if arguments.out.exists():
        read_validation(arguments.out)  # said now, not when everything is done
    print("For each customer: + positive, 0 neutral, - negative, s skip; q ends. Then Enter.", flush=True)
    model, counts = judged_at(config, config.cameras[name], arguments.people, sys.stdin)
    _write_counts(arguments.out, model, counts, add=True)
    return 0


def _write_counts(out: Path, model: "EmotionModel", counts: "ValenceCounts", *, add: bool) -> None:
    from ..vision.faces.validation import LEAST_PEOPLE, Validation, added, write_validation

    day = datetime.now(UTC).date()
    validation = Validation(model=model.name, sha256=model.sha256, date=day, counts=counts)
    if add:
        validation = added(validation, out)
    write_validation(out, validation)
    print(f"{validation.people} people judged, by {model.name}: {out}")
    for name, row in zip(("positive", "neutral", "negative"), validation.counts, strict=True):
        print(f"  truly {name}: {row[0]} positive, {row[1]} neutral, {row[2]} negative, {row[3]} unknown")
    if validation.people < LEAST_PEOPLE:
        print(f"  fewer than {LEAST_PEOPLE}: devices leave them out")


def _model(arguments: argparse.Namespace) -> "EmotionModel":
    from ..vision.networks.emotion_models import open_emotion_model
    from ..vision.networks.registry import Registry

    name = arguments.backend or _settings(arguments).model
    own = EmotionSettings().model
    model = Registry(models_folder(arguments)).find(own if name == OWN else name, "emotion")
    return open_emotion_model(model)


def _settings(arguments: argparse.Namespace) -> EmotionSettings:
    """As configured; a machine without a configuration has the defaults."""
    config: Path = arguments.config
    if config == SYSTEM_CONFIG and not config.exists():
        return EmotionSettings()
    return load_config(config).emotion
