"""Which picture was on the screen when, when somebody was there, and when one was served: lines of JSON."""

import json
import logging
from pathlib import Path
from typing import Any

from tillsight_models.events import ContactEnded, Stamp

log = logging.getLogger(__name__)

MOST_BYTES = 1_000_000
"""Then the file is kept as FILE.1, and the one before that is gone."""


class PlayLog:
    """Notes a picture when it makes place for the next. Without a file it notes nothing."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._picture = ""
        self._since: Stamp | None = None
        self._there_since: Stamp | None = None

    def shows(self, picture: str, at: Stamp) -> None:
        """This picture is on the screen from now on; empty: none of ours."""
        if picture == self._picture:
            return
        if self._picture and self._since is not None:
            self._note({"picture": self._picture, "from": self._since.t, "until": at.t, "tq": at.tq})
        self._picture, self._since = picture, at

    def there(self, present: bool, at: Stamp) -> None:
        """Whether somebody is there; noted when they have left."""
        if present and self._there_since is None:
            self._there_since = at
        elif not present and self._there_since is not None:
            self._note({"there": True, "from": self._there_since.t, "until": at.t, "tq": at.tq})
            self._there_since = None

    def served(self, contact: ContactEnded, at: Stamp) -> None:
        """A contact that ended at this moment."""
        came = at.t - round(1000 * contact.dwell_s)
        self._note({"contact": contact.people, "from": came, "until": at.t, "tq": at.tq})

    def _note(self, line: dict[str, Any]) -> None:
        if self._file is None:
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            if self._file.exists() and self._file.stat().st_size > MOST_BYTES:
                self._file.replace(self._file.with_name(f"{self._file.name}.1"))
            with self._file.open("a", encoding="utf-8") as file:
                file.write(f"{json.dumps(line)}\n")
        except OSError as error:
            log.debug("%s: %s", self._file, error.strerror)
