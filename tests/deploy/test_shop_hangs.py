"""What hangs in a shop's machine is killed and started anew, and publishes again soon after WatchdogSec."""

import re
import time
from collections.abc import Callable, Iterator

import pytest
from tests.deploy.conftest import say
from tests.harness.hanging import hang_main_thread, main_process, stop
from tests.harness.shops import TALKATIVE, TILL, Shop

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(2400)]

AGAIN_S = 5.0
"""After WatchdogSec, on a machine that starts the program in less; a busy one is given what it needs."""
AGENT, EYES, HUB = "tillsight-edge.service", "tillsight-vision.service", "tillsight-hub.service"
CAMERA = {
    "till": {
        "source": "scene:7",
        "frame_rate_hz": 1.0,
        "zone": [[0.3, 0.45], [0.7, 0.45], [0.75, 1.0], [0.25, 1.0]],
    }
}
FROM_EYES = """ and type = 'device.camera' and data like '%"state":"ok"%'"""
"""Only the eyes say that a camera is well."""


@pytest.fixture(scope="module", autouse=True)
def _eyes(shop: Shop) -> Iterator[None]:
    """A rendered store stands for the camera, and is reported every ten seconds."""
    say("site.yml --tags edge, with a camera")
    settings = {**TALKATIVE, "vision": {"window_s": 10.0}}
    more = {"tillsight_cameras": CAMERA, "tillsight_device_settings": settings}
    played = shop.play("site.yml", "--tags", "edge", **more)
    assert played.code == 0, played.words
    yield
    played = shop.play("site.yml", "--tags", "edge")
    assert played.code == 0, played.words
    assert shop.machine.run("systemctl", "is-active", EYES, check=False) == "inactive\n"


def stored_since(shop: Shop, since: float, only: str = "") -> bool:
    """Whether the hub has received something of the till."""
    return (
        shop.asked(f"select count(*) from event where dev = '{TILL}' and received > {since * 1000}{only}") > 0
    )


def watchdog_s(shop: Shop, unit: str) -> float:
    """What the unit that really runs says."""
    (found,) = re.findall(r"^WatchdogSec=(\d+)$", shop.machine.run("systemctl", "cat", unit), re.MULTILINE)
    return float(found)


def killed_s(shop: Shop, unit: str, only: str) -> float:
    """Seconds until it is heard again when it is killed: what a start takes here and now."""
    began = time.time()
    shop.machine.run("systemctl", "kill", "--kill-whom=main", "--signal=SIGKILL", unit)
    shop.until(lambda: stored_since(shop, began + 1, only), f"{unit} to publish after a kill", 120)
    return time.time() - began


@pytest.mark.parametrize("hang", [stop, hang_main_thread], ids=["stopped", "main thread"])
@pytest.mark.parametrize("unit", [AGENT, HUB, EYES])
def test_what_hangs_is_heard_again(shop: Shop, unit: str, hang: Callable[[int], object]) -> None:
    only = FROM_EYES if unit == EYES else ""
    shop.until(lambda: stored_since(shop, time.time() - 15, only), f"an event before {unit} hangs", 120)
    start_s, dropped = killed_s(shop, unit, only), shop.books()["dropped"]
    before = main_process(shop.machine, unit)
    hang(before)
    hung, limit_s = time.time(), watchdog_s(shop, unit)
    shop.until(lambda: main_process(shop.machine, unit) not in (0, before), f"{unit} to be killed", 200)
    anew = time.time()
    shop.until(lambda: stored_since(shop, anew, only), f"{unit} to publish again", 120)
    took = time.time() - hung
    say(
        f"{unit} hung ({hang.__name__}): started anew after {anew - hung:.1f} s, heard after {took:.1f} s; "
        f"killed, it is heard after {start_s:.1f} s"
    )
    assert "watchdog" in shop.machine.journal(unit, 200).lower()
    assert shop.books()["dropped"] == dropped
    assert anew - hung <= limit_s + AGAIN_S
    assert took <= limit_s + max(AGAIN_S, 2 * start_s)
