"""What the hub wants of this device: checked section by section, kept on disk, and answered for."""

import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from tillsight_models.errors import BadConfig
from tillsight_models.wanted import ConfigIs

log = logging.getLogger(__name__)

LARGEST = 1_000_000
"""Bytes of a wanted configuration."""


@dataclass(frozen=True)
class Section:
    """A part of the device that the hub can set."""

    follow: Callable[[Any], None]
    """Follow this from now on; BadConfig where it cannot be, and then the one before stays in force."""
    is_settled: Callable[[], bool] = lambda: True
    """Whether what was followed last is in force already; a screen waits until its shopper is gone."""
    troubles: Callable[[], Sequence[str]] = tuple
    """Why what was followed is in force no more."""


class _Kept(msgspec.Struct, kw_only=True):
    """The file: the last good value of each section, and the last answer to the hub."""

    sections: dict[str, Any] = {}
    answer: ConfigIs | None = None


class Wanted:
    """The last good configuration from the hub. Any thread may call.

    A section that is refused leaves the one before in force; sections that this device has nothing for are
    said to be ignored. What is followed is on disk first, so that a device without its hub begins with it.
    """

    def __init__(self, file: Path, sections: Mapping[str, Section]) -> None:
        self._file = file
        self._sections = sections
        self._lock = threading.Lock()
        self._kept = _read(file)
        self._told: ConfigIs | None = None

    def begin(self) -> None:
        """Follow what was kept. A newer program may refuse what an older one took."""
        with self._lock:
            for name, value in self._kept.sections.items():
                if name in self._sections and (problems := self._follow(name, value)):
                    log.warning("kept from the hub, and not followed: %s", "; ".join(problems))
                    self._kept.answer = None  # until the hub says it again, and hears why

    def take(self, raw: bytes) -> None:
        """A wanted configuration came; the same one again changes nothing."""
        with self._lock:
            try:
                values = _decode(raw)
            except BadConfig as error:
                log.warning("the hub's configuration is ignored: %s", "; ".join(error.problems))
                return
            version = values.pop("version")
            if self._is_news(version):
                self._take(version, values)

    def answer(self) -> ConfigIs | None:
        """What to tell the hub; None while there is nothing to say, or something is not in force yet."""
        with self._lock:
            settled = all(section.is_settled() for section in self._sections.values())
            if settled:
                self._told = self._with_troubles(self._kept.answer)
            return self._told

    def _with_troubles(self, answer: ConfigIs | None) -> ConfigIs | None:
        found = [problem for section in self._sections.values() for problem in section.troubles()]
        new = [problem for problem in found if answer is not None and problem not in answer.problems]
        if answer is None or not new:
            return answer
        return msgspec.structs.replace(answer, problems=[*answer.problems, *new][:50])

    def _is_news(self, version: str) -> bool:
        """Also what was refused, or had no part here, before this program or its configuration changed."""
        answer = self._kept.answer
        if answer is None or answer.version != version:
            return True
        return bool(answer.problems) or not self._sections.keys().isdisjoint(answer.ignored)

    def _take(self, version: str, values: dict[str, Any]) -> None:
        problems: list[str] = []
        good = {}
        for name in self._sections:
            value = values.get(name, {})
            found = self._follow(name, value)
            problems += found
            if not found:
                good[name] = value
            elif name in self._kept.sections:
                good[name] = self._kept.sections[name]
        ignored = sorted(values.keys() - self._sections.keys())
        answer = ConfigIs(version=version, problems=problems[:50], ignored=ignored[:50])
        self._kept = _Kept(sections=good, answer=answer)
        for problem in problems:
            log.warning("refused: %s", problem)
        log.info("follows the hub's configuration %s", version)
        try:
            _write(self._file, self._kept)
        except OSError as error:
            log.warning("%s: %s: the hub's configuration is not kept", self._file, error.strerror or error)

    def _follow(self, name: str, value: Any) -> list[str]:
        try:
            self._sections[name].follow(value)
        except BadConfig as error:
            return [problem[:500] for problem in error.problems]
        return []


def _decode(raw: bytes) -> dict[str, Any]:
    if len(raw) > LARGEST:
        raise BadConfig([f"{len(raw)} bytes: should be at most {LARGEST}"])
    try:
        values = msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadConfig([str(error)]) from error
    version = values.get("version")
    if not isinstance(version, str) or not 1 <= len(version) <= 64:
        raise BadConfig([f"version: {version!r:.80}: should be 1 to 64 characters"])
    return values


def _read(file: Path) -> _Kept:
    """What was kept; nothing where the file is not there or damaged: the hub tells it again."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Kept)
    except FileNotFoundError:
        return _Kept()
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        log.warning("%s: %s: begins without the hub's configuration", file, error)
        return _Kept()


def _write(file: Path, kept: _Kept) -> None:
    """Wholly or not at all, whenever the power goes; for this program's eyes, since keys may be in it."""
    part = file.with_name(f"{file.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as written:
        written.write(msgspec.json.encode(kept))
        written.flush()
        os.fsync(written.fileno())
    part.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
