"""`tillsight-edge detect`: boxes of persons and faces in pictures, to judge the detectors by."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tillsight_models.errors import TillsightError

from . import FAILED, Commands, new_command
from .models import add_folder, models_folder

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
        _progress(f"{number} of {len(arguments.images)}")
        try:
            found[name] = detector.of_file(Path(name))
        except TillsightError as error:
            bad += 1
            _progress("")
            print(f"tillsight-edge: {error}", file=sys.stderr)
    _progress("")
    _write(arguments.json, json.dumps(found))
    return FAILED if bad else 0


def _write(out: str, text: str) -> None:
    if out == "-":
        print(text)
        return
    try:
        Path(out).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise CannotWrite(f"{out}: {error.strerror or error}") from error


def _progress(words: str) -> None:
    """On a terminal, over and over in one line."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{words}", end="", file=sys.stderr, flush=True)


class CannotWrite(TillsightError, OSError):
    """The file that was asked for cannot be written."""
