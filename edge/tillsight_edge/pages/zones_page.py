"""What the page of the zones asks and tells."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tillsight_models.errors import BadConfig

from ..errors import ConfigUnwritable
from ..vision.errors import CameraUnavailable
from ..zones_file import write_into
from .server import Answer, Route, as_json

if TYPE_CHECKING:
    from ..vision.live_view import LiveView
    from ..vision.zones import Draft


class ZonesPage:
    """The routes of one run, and what came of it."""

    def __init__(self, draft: "Draft", view: "LiveView", *, file: Path | None, no_detector: str = "") -> None:
        """`file` is what the person may write into, if any; `no_detector` says why there is none."""
        self.done = threading.Event()
        """The person is finished."""
        self.written = False
        self._draft = draft
        self._view = view
        self._file = file
        self._no_detector = no_detector
        self._lock = threading.Lock()

    def routes(self) -> dict[str, Route]:
        """For the server."""
        return {
            "GET setup": self._setup,
            "GET picture": self._picture(masked=False),
            "GET masked-picture": self._picture(masked=True),
            "POST draw": self._draw,
            "POST write": self._write,
            "POST done": self._done,
        }

    def _setup(self, _: bytes) -> Answer:
        with self._lock:
            draft = self._draft
            return as_json(
                {
                    "camera": draft.name,
                    "drawn": draft.drawn,
                    "file": self._file and self._file.name,
                    "no_detector": self._no_detector,
                    "problems": draft.problems,
                    "toml": draft.toml,
                }
            )

    def _picture(self, *, masked: bool) -> Callable[[bytes], Answer]:
        def picture(_: bytes) -> Answer:
            try:
                jpeg, seen = self._view.picture(masked=masked)
            except CameraUnavailable as problem:
                return as_json({"problem": str(problem)})
            return Answer(jpeg, "image/jpeg", headers={"Tillsight-Seen": json.dumps(seen)})

        return picture

    def _draw(self, body: bytes) -> Answer:
        with self._lock:
            problems = self._draft.draw(msgspec.json.decode(body, type=dict[str, Any]))
            return as_json({"problems": problems, "toml": self._draft.toml})

    def _write(self, body: bytes) -> Answer:
        """What is on the page is taken first, so that it is what is written."""
        with self._lock:
            problems = self._draft.draw(msgspec.json.decode(body, type=dict[str, Any]))
            if self._file is None:
                problems = ["the command was started without --write", *problems]
            if self._file is None or problems:
                return as_json({"problems": problems})
            try:
                kept = write_into(self._file, self._draft.name, self._draft.changes)
            except BadConfig as error:
                return as_json({"problems": error.problems})
            except ConfigUnwritable as error:
                return as_json({"problems": [str(error)]})
            self.written = True
            return as_json({"problems": [], "file": str(self._file), "kept": kept.name})

    def _done(self, _: bytes) -> Answer:
        self.done.set()
        return as_json({})
