"""Another release on a shop's machine: a broken one goes by itself, a good one stays, no event is lost."""

import subprocess
import time

import pytest
from tests.deploy.conftest import say
from tests.harness.bundles import VERSION
from tests.harness.shops import Shop

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(2400)]

DIES = 'sys.exit("this release is broken")'
HANGS = "import time\ntime.sleep(10_000)"
SAYS_READY_AND_HANGS = """import os, socket, time
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
    told.connect(os.environ["NOTIFY_SOCKET"])
    told.send(b"READY=1")
time.sleep(10_000)"""


@pytest.mark.parametrize(
    ("version", "agent"),
    [("0.2.1", DIES), ("0.2.2", HANGS), ("0.2.3", SAYS_READY_AND_HANGS)],
    ids=["dies", "hangs", "says ready and hangs"],
)
def test_a_broken_release_rolls_itself_back(shop: Shop, version: str, agent: str) -> None:
    shop.pretend_release(version, agent)
    before = shop.books()
    say(f"update.yml to {version}, which is broken")
    seconds, played = shop.timed("update.yml", tillsight_version=version)
    assert played.code != 0
    took = shop.switch_seconds()
    say(f"rolled back after {took:.0f} s of {seconds:.0f} s")
    assert shop.release() == VERSION
    shop.until(lambda: shop.is_well(before), "the agent of the old release")
    assert shop.books()["dropped"] == 0
    assert took <= 60


def test_a_good_release_stays(shop: Shop) -> None:
    shop.pretend_release("0.2.4", "pass")
    say("update.yml to 0.2.4, which is good")
    played = shop.play("update.yml", tillsight_version="0.2.4")
    assert played.code == 0, played.words
    assert shop.release() == "0.2.4"
    say("rollback.yml")
    played = shop.play("rollback.yml")
    assert played.code == 0, played.words
    assert shop.release() == VERSION


def test_a_power_cut_during_a_switch_is_judged_at_boot(shop: Shop) -> None:
    shop.pretend_release("0.2.5", HANGS)
    words = [*shop.machine.enter(), "/usr/local/lib/tillsight/switch-release", "0.2.5"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL):
        shop.until(lambda: shop.release() == "0.2.5", "the switch")
        say("cutting the power")
        shop.machine.cut_power()
    cut = time.monotonic()
    shop.machine.boot()
    shop.until(lambda: shop.release() == VERSION, "the old release", 90)
    say(f"back {time.monotonic() - cut:.0f} s after the power cut")
    shop.until(lambda: bool(shop.status().get("connected")), "its agent", 60)


def test_no_event_was_lost_in_all_that(shop: Shop) -> None:
    appended = shop.books()["appended"]
    shop.until(lambda: shop.books()["acked"] >= appended, "an empty outbox")
    shop.machine.run("systemctl", "stop", "tillsight-edge.service")
    ask = "select value from stream where device_id = 'till-1'".replace("value", "count(*)")
    assert shop.asked(ask) >= 1
    assert shop.stored() >= appended
    shop.machine.run("systemctl", "start", "tillsight-edge.service")
