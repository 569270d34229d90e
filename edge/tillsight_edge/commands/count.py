"""`tillsight-edge count`: the contacts in a clip, to judge the counter by."""

import argparse
from pathlib import Path
from typing import Any

from tillsight_models.configuration import read_settings
from tillsight_models.errors import BadConfig

from ..camera_config import CameraSettings
from . import Commands, new_command
from .models import add_folder, models_folder
from .results import show_progress, write_json

OPTIONS = {"zone": "--zone", "min_dwell_s": "--min-dwell", "max_dwell_s": "--min-dwell"}
"""Which option a setting comes from."""


def add(commands: Commands) -> None:
    """The command's arguments."""
    parser = new_command(commands, "count", "count the contacts in a clip", run)
    add_folder(parser)
    parser.add_argument("clip", type=Path, metavar="CLIP", help="video file")
    parser.add_argument(
        "--zone",
        required=True,
        metavar="X1,Y1,X2,Y2[,...]",
        help="where customers are served, in shares of the frame; two points: opposite corners",
    )
    parser.add_argument(
        "--min-dwell", type=float, required=True, metavar="S", help="who stands there for less was not served"
    )
    parser.add_argument(
        "--fps", type=float, metavar="F", help="look at so many frames a second (default all)"
    )
    parser.add_argument("--json", required=True, metavar="OUT", help="file to write, - for stdout")
    parser.add_argument("--show", type=Path, metavar="OUT.mp4", help="draw what was counted into a film")
    parser.add_argument(
        "--model", default="persons", metavar="NAME", help="persons by this model (default persons)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Count, and write one JSON object."""
    camera = _camera(arguments)
    from ..vision.counting.clips import Clip, count_clip
    from ..vision.networks.detector import OnnxDetector
    from ..vision.networks.registry import Registry

    clip = Clip(arguments.clip, arguments.fps)
    model = Registry(models_folder(arguments)).find(arguments.model, "persons")
    counted = count_clip(
        clip,
        camera,
        OnnxDetector(model),
        sure=model.entry.threshold_of("person"),
        show=arguments.show,
        progress=_progress,
    )
    show_progress("")
    write_json(arguments.json, counted.as_json())
    return 0


def _camera(arguments: argparse.Namespace) -> CameraSettings:
    """What the options describe; BadConfig has one line a problem, named by its option."""
    from tillsight_models.geometry import lint

    if arguments.fps is not None and not 0 < arguments.fps <= 1000:
        raise BadConfig([f"--fps: {arguments.fps:g}: should be more than 0 and at most 1000"])
    rate = min(30.0, max(1.0, arguments.fps or 30.0))
    values: dict[str, Any] = {
        "source": str(arguments.clip) or ".",
        "zone": _points(arguments.zone),
        "min_dwell_s": arguments.min_dwell,
        "max_dwell_s": 86_400.0,
        "frame_rate_hz": rate,
    }
    try:
        camera = read_settings(values, CameraSettings)
    except BadConfig as error:
        raise BadConfig([_by_option(problem) for problem in error.problems]) from None
    if problems := lint(camera, "clip"):
        raise BadConfig([_by_option(problem.removeprefix("cameras.clip.")) for problem in problems])
    return camera


def _points(text: str) -> list[tuple[float, float]]:
    try:
        numbers = [float(number) for number in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) < 4 or len(numbers) % 2 or not all(-0.5 <= number <= 1.5 for number in numbers):
        raise BadConfig([f"--zone: {text!r}: should be x1,y1,x2,y2 or more points, in shares of the frame"])
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _by_option(problem: str) -> str:
    setting, _, rest = problem.partition(":")
    name, *inside = setting.split(".")
    return f"{'.'.join([OPTIONS.get(name, name), *inside])}:{rest}"


def _progress(done: float, contacts: int) -> None:
    """On a terminal, over and over in one line."""
    share = f"{done:.0%}, " if done else ""
    show_progress(f"{share}contacts: {contacts}")
