"""The shipped files on a panel, and power cuts at every moment of it."""

from importlib.resources import files
from pathlib import Path

import pytest
from tests.harness.panel_prompt import FolderPrompt, PowerCut, copied

from tillsight_edge.flashing import shipped
from tillsight_edge.flashing.board import Board
from tillsight_edge.flashing.errors import FlashFailed
from tillsight_edge.flashing.flash import write

OLD = "/panel-v1.0-0ddba115"
OLD_FILES = {"tillsight_panel/main.py": b"old = True\n"}


def quiet(_: str) -> None:
    """Nobody reads it."""


@pytest.fixture
def flash(tmp_path: Path) -> Path:
    """Of a panel with an older firmware in its slot, one that is older still, and one that was cut off."""
    place = tmp_path / "flash"
    board = Board(FolderPrompt(_made(place)))
    for slot in (OLD, "/panel-v0.9-11111111"):
        board.put_all({f"{slot}/{name}": data for name, data in OLD_FILES.items()})
    board.put(shipped.START, shipped.start())
    board.put(shipped.SLOT_FILE, OLD.encode())
    (place / "panel-boot.txt").write_text("17", encoding="ascii")
    return place


def _made(place: Path) -> Path:
    place.mkdir()
    return place


def running(flash: Path) -> str:
    """What the start of this flash finds: `old` or `new`, whole."""
    assert (flash / "main.py").read_bytes() == shipped.start()
    slot = (flash / "panel-slot.txt").read_text(encoding="ascii")
    expected = OLD_FILES if slot == OLD else shipped.contents()
    for name, data in expected.items():
        assert (flash / slot.lstrip("/") / name).read_bytes() == data
    return "old" if slot == OLD else "new"


def test_the_shipped_firmware_is_written_and_the_one_before_is_kept(flash: Path) -> None:
    write(Board(FolderPrompt(flash)), quiet)
    assert running(flash) == "new"
    assert {each.name for each in flash.iterdir()} == {
        *(OLD.lstrip("/"), shipped.slot().lstrip("/")),
        *("main.py", "panel-slot.txt", "panel-boot.txt"),
    }


def test_a_power_cut_leaves_the_old_firmware_or_the_new_and_the_next_try_ends_it(
    flash: Path, tmp_path: Path
) -> None:
    whole = FolderPrompt(copied(flash, tmp_path / "whole"))
    write(Board(whole), quiet)
    left = []
    last = whole.programs
    for lives in (*range(1, last - 15, 7), *range(last - 15, last)):
        cut = copied(flash, tmp_path / "cut")
        with pytest.raises(PowerCut):
            write(Board(FolderPrompt(cut, lives)), quiet)
        left.append(running(cut))
    assert left == sorted(left, reverse=True)  # first the old, then the new
    assert {"old", "new"} == set(left)
    write(Board(FolderPrompt(cut)), quiet)
    assert running(cut) == "new"


def test_a_second_try_writes_only_what_is_missing(flash: Path) -> None:
    first, second = FolderPrompt(flash), FolderPrompt(flash)
    write(Board(first), quiet)
    write(Board(second), quiet)
    assert second.programs < first.programs / 4


def test_what_was_stored_wrongly_is_not_used(flash: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prompt = FolderPrompt(flash)
    good = prompt.run

    def worn(program: str) -> str:
        answer = good(program)
        if program == "file.close()":
            fresh = next(flash.rglob("*.new"))
            fresh.write_bytes(b"\xff" + fresh.read_bytes()[1:])
        return answer

    board = Board(prompt)
    monkeypatch.setattr(prompt, "run", worn)
    with pytest.raises(FlashFailed, match="stored something else"):
        write(board, quiet)
    assert running(flash) == "old"


def test_a_start_that_was_copied_by_hand_finds_its_program_in_lib() -> None:
    start = files("tillsight_panel").joinpath("start.py").read_text(encoding="utf-8")
    assert f'"{shipped.SLOT_FILE.lstrip("/")}"' in start
    assert '"/lib"' in start


def test_everything_that_the_panel_s_program_imports_is_shipped() -> None:
    for data in shipped.contents().values():
        for line in data.decode().splitlines():
            if line.startswith("from ."):
                assert any(f"{name}" in line for name in shipped.MODULES)
