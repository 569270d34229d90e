"""MicroPython's prompt without MicroPython: programs run here, in a folder that is the board's flash."""

import builtins
import os
import shutil
from pathlib import Path
from typing import Any

from tillsight_edge.flashing.prompt import Prompt


class PowerCut(Exception):
    """The board is off."""


class FolderPrompt(Prompt):
    """`lives` programs later its power is cut, before the next one runs; None: never."""

    def __init__(self, flash: Path, lives: int | None = None) -> None:
        self._flash = flash
        self._printed: list[str] = []
        self.lives = lives
        self.programs = 0
        own = {**vars(builtins), "open": self._open, "print": self._print, "__import__": self._import}
        self._names: dict[str, Any] = {"__builtins__": own}

    def run(self, program: str) -> str:
        if self.lives is not None and self.programs >= self.lives:
            raise PowerCut
        self.programs += 1
        self._printed.clear()
        exec(program, self._names)
        return "\n".join(self._printed)

    def place(self, name: str) -> Path:
        return self._flash / name.lstrip("/")

    def _open(self, name: str, mode: str = "r") -> Any:
        return self.place(name).open(mode, encoding=None if "b" in mode else "utf-8")

    def _print(self, *words: Any) -> None:
        self._printed.append(" ".join(map(str, words)))

    def _import(self, name: str, *more: Any) -> Any:
        return BoardOs(self) if name == "os" else __import__(name, *more)


class BoardOs:
    """What the programs use of it; a rename replaces what is there, as on the board."""

    def __init__(self, prompt: FolderPrompt) -> None:
        self._place = prompt.place

    def mkdir(self, name: str) -> None:
        self._place(name).mkdir()

    def listdir(self, name: str) -> list[str]:
        return sorted(each.name for each in self._place(name).iterdir())

    def stat(self, name: str) -> os.stat_result:
        return self._place(name).stat()

    def remove(self, name: str) -> None:
        self._place(name).unlink()

    def rmdir(self, name: str) -> None:
        self._place(name).rmdir()

    def rename(self, old: str, new: str) -> None:
        self._place(old).replace(self._place(new))


def copied(flash: Path, to: Path) -> Path:
    """The same flash once more."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(flash, to)
    return to
