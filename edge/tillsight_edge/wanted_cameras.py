"""What the hub wants of the cameras: put over the device's own settings, and laid where the process that sees
reads it whenever it is new."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from tillsight_models.configuration import read_settings
from tillsight_models.errors import BadConfig
from tillsight_models.problems import Problem, lines, said
from tillsight_models.wanted_cameras import DRAWINGS, EVERY, camera_of, read_cameras

from .config import DeviceConfig, between_sections, load_config

log = logging.getLogger(__name__)

LARGEST = 100_000
"""Bytes of the file."""


def with_cameras(own: DeviceConfig, wanted: Mapping[str, Mapping[str, Any]]) -> DeviceConfig:
    """The device's own configuration with these settings of its cameras; BadConfig where that cannot be."""
    read = read_cameras(dict(wanted))
    problems: list[str] = [
        said("no_camera", f"cameras.{name}") for name in read if name != EVERY and name not in own.cameras
    ]
    problems += _faces_stay(own, read)
    if problems:
        raise BadConfig(problems)
    settings = own.model_dump()
    for name in own.cameras:
        settings["cameras"][name] |= camera_of(read, name)
    config = read_settings(settings, DeviceConfig)
    if problems := [each for each in between_sections(config) if each.startswith("cameras.")]:
        raise BadConfig(problems)
    return config


def _faces_stay(own: DeviceConfig, read: Mapping[str, Mapping[str, Any]]) -> list[Problem]:
    """Where faces are looked at, the site has declared what is in view; nobody changes that from afar."""
    if not (own.emotion.enabled or own.demographics.enabled):
        return []
    return [
        said("faces_stay", f"cameras.{name}.{key}")
        for name, wanted in read.items()
        for key in wanted
        if key in DRAWINGS
    ]


@dataclass(frozen=True)
class ToSee:
    """What the agent tells the process that sees, in a file."""

    cameras: Mapping[str, Any]
    models: str = ""
    """Changes whenever the models are to be opened anew."""


class CamerasFile:
    """The agent's side of the file; for the eyes of the process that sees alone."""

    def __init__(self, path: Path, *, is_shared: bool) -> None:
        """`is_shared`: the other process is another user of our group."""
        self._path = path
        self._mode = 0o640 if is_shared else 0o600
        self._laid: ToSee | None = None

    def lay(self, wanted: ToSee) -> None:
        """Wholly or not at all. What cannot be laid is tried again with the next call."""
        if wanted == self._laid:
            return
        part = self._path.with_name(f"{self._path.name}.part")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, self._mode), "wb") as written:
                os.fchmod(written.fileno(), self._mode)
                written.write(msgspec.json.encode(wanted))
            part.replace(self._path)
        except OSError as error:
            log.warning("%s: %s: cameras go on as they are", self._path, error.strerror or error)
            return
        self._laid = wanted


def read_laid(path: Path) -> ToSee:
    """What the agent laid there; nothing where there is no such file, or it is none of ours."""
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(LARGEST), type=ToSee)
    except FileNotFoundError:
        return ToSee({})
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        log.warning("%s: %s: cameras are as the device's own file says", path, error)
        return ToSee({})


def load_seen(config_file: Path) -> DeviceConfig:
    """The device's own configuration with what the agent laid beside it, for the process that sees."""
    own = load_config(config_file)
    laid = read_laid(own.cameras_file)
    try:
        return with_cameras(own, laid.cameras)
    except BadConfig as error:
        log.warning("cameras are as the device's own file says: %s", "; ".join(lines(error.problems)))
        return own
