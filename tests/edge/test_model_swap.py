"""A model that takes another one's place: kept if cameras see with it, and taken out if they do not."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.harness.processes import wait_until

from tillsight_edge.errors import OrderRefused
from tillsight_edge.fakes import FakeClock
from tillsight_edge.model_swap import WATCH_S, Earlier, ModelSwap, undo_interrupted
from tillsight_edge.orders import Answer
from tillsight_edge.seeing_again import BLIND_S
from tillsight_models.events import CameraState


class Cameras:
    """One camera that has its models opened anew."""

    def __init__(self) -> None:
        self.states: dict[str, CameraState] = {"till": "ok"}
        self.opened = 0

    def open_anew(self) -> None:
        self.opened += 1


class Device:
    """A device whose `mine` is in use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock, self.cameras = FakeClock(), Cameras()
        self.earlier = Earlier(folder, "mine")
        lay(folder, "old")

    def swap(self, bring: Callable[[], str]) -> ModelSwap:
        swap = ModelSwap(bring, self.earlier, self.clock, self.cameras, {"till": None})
        wait_until(lambda: not swap._thread.is_alive(), "what was brought")
        return swap

    def bring(self) -> str:
        lay(self.folder, "new")
        return "mine: new"

    def later(self, swap: ModelSwap, seconds: float) -> Answer | None:
        self.clock.advance(seconds)
        return swap()

    @property
    def lies_there(self) -> dict[str, str]:
        """Files and what is in them."""
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.folder)): path.read_text() for path in files}


def lay(folder: Path, content: str) -> None:
    """As an import does: another file, then the table, then the earlier file goes."""
    (folder / f"mine-{content:x<8}.onnx").write_text(content)
    (folder / "mine.toml").write_text(content)
    for file in folder.glob("mine-*.onnx"):
        if content not in file.name:
            file.unlink()


OLD = {"mine-oldxxxxx.onnx": "old", "mine.toml": "old"}
NEW = {"mine-newxxxxx.onnx": "new", "mine.toml": "new"}


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device(tmp_path)


def test_one_that_cameras_see_with_is_kept(device: Device) -> None:
    swap = device.swap(device.bring)
    assert (swap(), device.cameras.opened) == (None, 1)
    device.cameras.states["till"] = "down"
    assert device.later(swap, WATCH_S + 1) is None
    device.cameras.states["till"] = "ok"
    assert device.later(swap, 1) == (True, ["mine: new", "cameras see with it"])
    assert device.lies_there == NEW


def test_one_that_cameras_are_blind_with_is_taken_out(device: Device) -> None:
    swap = device.swap(device.bring)
    swap()
    device.cameras.states["till"] = "down"
    why = f"camera till gave no frame for {BLIND_S + 1:.0f} s"
    assert device.later(swap, BLIND_S + 1) == (False, [f"the one before is back: {why}"])
    assert (device.lies_there, device.cameras.opened) == (OLD, 2)


def test_one_that_is_not_what_was_meant_changes_nothing(device: Device) -> None:
    def other() -> str:
        raise OrderRefused("has another hash")

    assert device.swap(other)() == (False, ["has another hash"])
    assert (device.lies_there, device.cameras.opened) == (OLD, 0)


def test_an_agent_that_ends_meanwhile_is_followed_by_one_with_the_model_before(device: Device) -> None:
    device.swap(device.bring)()
    assert "mine-newxxxxx.onnx" in device.lies_there
    undo_interrupted(device.folder)
    assert device.lies_there == OLD
    undo_interrupted(device.folder)
    assert device.lies_there == OLD


def test_where_there_was_none_before_there_is_none_again(tmp_path: Path) -> None:
    Earlier(tmp_path, "mine").put_aside()
    lay(tmp_path, "new")
    undo_interrupted(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_one_that_nobody_uses_is_just_kept(device: Device) -> None:
    swap = ModelSwap(device.bring, device.earlier, device.clock, None, {})
    wait_until(lambda: swap() is not None, "its answer")
    assert device.lies_there == NEW
