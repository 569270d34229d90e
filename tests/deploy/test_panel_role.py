"""The panel's role: a panel with an older firmware gets that of the release, once."""

from pathlib import Path

import pytest
from tests.deploy.conftest import say
from tests.harness.boards_on_machines import PORT, board_on
from tests.harness.bundles import Bundle
from tests.harness.lone_tills import make_till
from tests.harness.machines import Root, booted
from tests.harness.panel_micropython import MicroPython
from tests.harness.shops import PROGRAMS, Shop

pytestmark = [pytest.mark.deploy, pytest.mark.micropython, pytest.mark.timeout(900)]
FLASHED = ["panel : The panel's firmware is that of the release"]


def test_a_panel_is_flashed_once_and_the_agent_has_it_again(
    with_release: Root, bundle: Bundle, micropython: MicroPython, tmp_path: Path
) -> None:
    with booted("panel", with_release) as machine, board_on(machine, micropython, tmp_path) as board:
        board.install((1, 0))
        board.power_on()
        shop = Shop(machine, bundle, tmp_path, knows_it=True)
        make_till(machine)
        machine.run("chown", "tillsight", PORT)
        machine.run("systemctl", "start", "tillsight-edge.service")
        shop.until(lambda: firmware(shop) == "1.0", "the panel", 180)
        say("role panel")
        for words, expected in (((), True), ((), False), (("--check",), False)):
            played = shop.play("site.yml", "--tags", "panel", *words)
            assert played.code == 0, played.words
            assert (FLASHED[0] in played.changes) == expected, played.words
        shop.until(lambda: firmware(shop) == "1.1", "the panel with the agent", 180)
        told = machine.run(f"{PROGRAMS}/tillsight-edge", "panel", "check", "--port", PORT)
        assert "firmware 1.1, shipped 1.1" in told


def firmware(shop: Shop) -> str:
    """As the agent has heard it."""
    health = shop.status().get("health") or {}
    return str(health.get("panel_firmware")) if health.get("panel") == "ok" else ""
