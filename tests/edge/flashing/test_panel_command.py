"""`tillsight-edge panel` against the real MicroPython on a serial line."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness.panel_live import BoardOnLine
from tests.harness.panel_micropython import MicroPython

from tillsight_edge.__main__ import main
from tillsight_edge.buttons.serial import BAUD
from tillsight_edge.commands.panel import OTHER_FIRMWARE
from tillsight_edge.flashing import shipped
from tillsight_edge.flashing.errors import NoPanel
from tillsight_edge.flashing.flash import firmware_on, open_port

pytestmark = [pytest.mark.micropython, pytest.mark.timeout(300)]


@pytest.fixture
def line(micropython: MicroPython, tmp_path: Path) -> Iterator[BoardOnLine]:
    line = BoardOnLine(micropython, tmp_path)
    yield line
    line.stop()


def panel(*words: object) -> int:
    return main(["panel", *map(str, words), "--config", "/nowhere/device.toml"])


def test_an_older_panel_is_flashed_once_and_a_power_cut_before_that_leaves_it_as_it_was(
    line: BoardOnLine, capsys: pytest.CaptureFixture[str]
) -> None:
    line.board.install((1, 0))
    line.board.power_on(cut_after=40)
    assert panel("check", "--port", line.port) == OTHER_FIRMWARE
    assert panel("flash", "--port", line.port) == 1
    line.board.await_cut()
    assert any(line.board.flash.glob("panel-v*"))
    line.board.power_on()
    assert firmware_on(line.port) == "1.0"
    capsys.readouterr()
    assert panel("flash", "--port", line.port) == 0
    assert f"flashed {shipped.version()}, was 1.0" in capsys.readouterr().out
    assert panel("flash", "--port", line.port) == 0
    assert re.search(r"firmware \S+, as shipped", capsys.readouterr().out)


def test_a_port_that_an_agent_has_is_left_to_it(
    line: BoardOnLine, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_port(line.port) as agent:
        assert agent.baudrate == BAUD
        assert panel("flash", "--port", line.port) == 1
    assert "stop the agent" in capsys.readouterr().err


def test_a_port_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoPanel, match="ttyNONE"):
        open_port(tmp_path / "ttyNONE")
