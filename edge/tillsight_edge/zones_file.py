"""Zones into the configuration: as a snippet to copy, or into the file, which keeps its comments."""

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tillsight_models.errors import BadConfig

from .config import load_config
from .errors import ConfigUnwritable

DRAWN = (
    "zone",
    "staff_zones",
    "queue_zone",
    "entrance",
    "entrance_line",
    "entrance_zone",
    "min_dwell_s",
    "max_dwell_s",
    "leave_gap_s",
    "count_groups",
)
"""The settings of a camera that are drawn or tuned, in the order in which they are written."""


def snippet(camera: str, settings: dict[str, Any]) -> str:
    """The settings as TOML; those that are None are left out."""
    lines = [f"[cameras.{camera}]"]
    lines += [f"{name} = {_as_toml(value)}" for name, value in settings.items() if value is not None]
    return "\n".join(lines) + "\n"


def write_into(file: Path, camera: str, settings: dict[str, Any]) -> Path:
    """Change these settings of a camera in the file, and nothing else; returns where the old file is kept.

    A setting that is None goes. The new text is read as a whole before it takes the place of the old one;
    BadConfig has what is wrong with it that was not wrong before, and then nothing has changed.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    place = file.resolve()
    try:
        document = tomlkit.parse(place.read_text(encoding="utf-8"))
        cameras = document.setdefault("cameras", tomlkit.table(is_super_table=True))
        table = cameras.setdefault(camera, tomlkit.table())
        for name, value in settings.items():
            _set(table, name, value)
        return _replace(place, tomlkit.dumps(document))
    except OSError as error:
        raise ConfigUnwritable(f"{error.filename or place}: {error.strerror}: nothing is changed") from error
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise BadConfig([f"{file}: not TOML: {error}"]) from error


def _set(table: Any, name: str, value: Any) -> None:
    """What is the same already keeps the way in which it is written."""
    if value is None:
        table.pop(name, None)
    elif name not in table or _unwrapped(table[name]) != value:
        table[name] = value


def _unwrapped(item: Any) -> Any:
    return item.unwrap() if hasattr(item, "unwrap") else item


def _replace(place: Path, text: str) -> Path:
    """At once or not at all, with the owner and the rights of the old file."""
    part, kept = place.with_name(f"{place.name}.part"), place.with_name(f"{place.name}.bak")
    before = place.stat()
    try:
        with part.open("w", encoding="utf-8") as written:
            os.chmod(part, before.st_mode & 0o777)  # noqa: PTH101  (before the text is in it)
            written.write(text)
            written.flush()
            os.fsync(written.fileno())
        with suppress(PermissionError):
            os.chown(part, before.st_uid, before.st_gid)
        if problems := [each for each in _problems(part) if each not in _problems(place)]:
            raise BadConfig(problems)
        shutil.copy2(place, kept)
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)
    return kept


def _problems(file: Path) -> Sequence[str]:
    try:
        load_config(file)
    except BadConfig as error:
        return error.problems
    return []


def _as_toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'  # an id: there is nothing to escape in it
    if isinstance(value, list | tuple):
        return f"[{', '.join(_as_toml(each) for each in value)}]"
    return repr(value)
