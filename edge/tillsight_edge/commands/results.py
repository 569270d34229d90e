"""What a command found, as JSON in a file or on the terminal, and how far it is."""

import json
import sys
from pathlib import Path
from typing import Any

from tillsight_models.errors import TillsightError


class CannotWrite(TillsightError, OSError):
    """The file that was asked for cannot be written."""


def write_json(out: str, results: Any) -> None:
    """Into a file, or to the terminal where `out` is -."""
    text = json.dumps(results)
    if out == "-":
        print(text)
        return
    try:
        Path(out).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise CannotWrite(f"{out}: {error.strerror or error}") from error


def show_progress(words: str) -> None:
    """On a terminal, over and over in one line; no words clear it."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{words}", end="", file=sys.stderr, flush=True)
