"""`tillsight-edge detect`: boxes of persons and faces in pictures, to judge the detectors by."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tillsight_models.errors import TillsightError

from . import FAILED, Commands, new_command
from .models import add_folder, models_folder
from .results import show_progress, write_json

if TYPE_CHECKING:
    from ..vision.networks.picture_boxes import Boxes


def add(commands: Commands) -> None:
    """The command's arguments."""
    parser = new_command(commands, "detect", "find persons and faces in pictures", run)
    add_folder(parser)
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="picture file")
    parser.add_argument("--json", required=True, metavar="OUT", help="file to write, - for stdout")
    parser.add_argument(
        "--model", default="persons", metavar="NAME", help="persons by this model (default persons)"
    )
    parser.add_argument(
        "--faces-model", default="faces", metavar="NAME", help="faces by this one (default faces)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Look at each picture; one that is none costs one line, and exit code 1 at the end."""
    from ..vision.networks.picture_boxes import PictureBoxes
    from ..vision.networks.registry import Registry

    detector = PictureBoxes(Registry(models_folder(arguments)), arguments.model, arguments.faces_model)
    found: dict[str, Boxes] = {}
    bad = 0
    for number, name in enumerate(arguments.images, 1):
        show_progress(f"{number} of {len(arguments.images)}")
        try:
            found[name] = detector.of_file(Path(name))
        except TillsightError as error:
            bad += 1
            show_progress("")
            print(f"tillsight-edge: {error}", file=sys.stderr)
    show_progress("")
    write_json(arguments.json, found)
    return FAILED if bad else 0
