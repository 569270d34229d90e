"""A model takes another one's place: watched while cameras see with it, and taken out if they do not."""

import logging
import shutil
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from tillsight_models.errors import TillsightError
from tillsight_models.events import CameraState

from .orders import Answer
from .ports import Clock
from .seeing_again import SeeingAgain

log = logging.getLogger(__name__)

WATCH_S = 60.0
"""How long cameras see with a new model before it is kept."""
ASIDE = ".before-"


class Seeing(Protocol):
    """The cameras, as far as a model matters to them."""

    @property
    def states(self) -> Mapping[str, CameraState]:
        """Of each camera of which something is known."""

    def open_anew(self) -> None:
        """Have the models opened anew."""


class Earlier:
    """What lay under a model's name before; put aside on the disk, so that it outlives the agent."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._aside = folder / f"{ASIDE}{name}"

    def put_aside(self) -> None:
        """Copies; the model itself stays in use."""
        part = self._aside.with_name(f"{self._aside.name}.part")
        for path in (part, self._aside):
            shutil.rmtree(path, ignore_errors=True)
        part.mkdir(parents=True)
        for file in self._files():
            shutil.copy2(file, part)
        part.replace(self._aside)

    def bring_back(self) -> None:
        """Nothing may be there: then nothing is again. The table last: from then on the model is there."""
        earlier = sorted(self._aside.iterdir(), key=lambda file: file.suffix == ".toml")
        if not earlier:
            (self._folder / f"{self._name}.toml").unlink(missing_ok=True)
        for file in earlier:
            shutil.copy2(file, self._folder)
        for file in self._files():
            if file.name not in {each.name for each in earlier}:
                file.unlink()
        self.forget()

    def forget(self) -> None:
        """The new one is kept."""
        shutil.rmtree(self._aside, ignore_errors=True)

    def _files(self) -> list[Path]:
        table = self._folder / f"{self._name}.toml"
        return [*self._folder.glob(f"{self._name}-????????.onnx"), *([table] if table.exists() else [])]


def undo_interrupted(folder: Path) -> None:
    """Models that nobody has seen with when the agent ended are taken out again."""
    for aside in sorted(folder.glob(f"{ASIDE}*")):
        if aside.suffix == ".part":
            shutil.rmtree(aside, ignore_errors=True)
            continue
        name = aside.name.removeprefix(ASIDE)
        log.warning("model %s: the one before is back: the agent ended while the new one was tried", name)
        Earlier(folder, name).bring_back()


class ModelSwap:
    """Looked at about once a second, as every order. `bring` lays the model into the folder and says what it
    is; what it raises leaves the earlier one as it was. `seeing` is None where no camera uses this name."""

    def __init__(
        self,
        bring: Callable[[], str],
        earlier: Earlier,
        clock: Clock,
        seeing: Seeing | None,
        cameras: Mapping[str, object],
    ) -> None:
        self._bring = bring
        self._earlier = earlier
        self._clock = clock
        self._seeing = seeing
        self._cameras = cameras
        self._judge = SeeingAgain(lambda: seeing.states if seeing else {}, clock)
        self._since_ms: int | None = None
        """When cameras began to see with it."""
        self._words = self._problem = ""
        self._thread = threading.Thread(target=self._run, name="model", daemon=True)
        self._thread.start()

    def __call__(self) -> Answer | None:
        """What came of it; None: nothing yet."""
        if self._thread.is_alive():
            return None
        if self._problem:
            self._earlier.forget()
            return False, self._problem.splitlines()
        if self._seeing is None:
            self._earlier.forget()
            return True, [self._words]
        if self._since_ms is None:
            self._begin(self._seeing)
            return None
        return self._watched(self._seeing, self._since_ms)

    def _begin(self, seeing: Seeing) -> None:
        self._judge.begin(self._cameras)
        self._since_ms = self._clock.mono_ms()
        seeing.open_anew()

    def _watched(self, seeing: Seeing, since_ms: int) -> Answer | None:
        if trouble := self._judge.trouble():
            self._earlier.bring_back()
            seeing.open_anew()
            return False, [f"the one before is back: {trouble}"]
        if self._clock.mono_ms() - since_ms < 1000 * WATCH_S or self._judge.blind:
            return None
        self._earlier.forget()
        return True, [self._words, "cameras see with it"]

    def _run(self) -> None:
        try:
            self._earlier.put_aside()
            self._words = self._bring()
        except (TillsightError, OSError, ModuleNotFoundError) as error:
            self._problem = str(error) or type(error).__name__
