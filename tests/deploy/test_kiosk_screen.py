"""The shopper's screen on a booted machine: Debian's browser, by our unit, on a screen that is not there."""

from pathlib import Path

import pytest
from tests.conftest import need
from tests.deploy.conftest import say
from tests.harness.bundles import Bundle
from tests.harness.lone_tills import make_till
from tests.harness.machine_packages import with_packages
from tests.harness.machines import Machine, Root, booted
from tests.harness.shops import Shop

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(900)]

PACKAGES = ("cage", "xwayland", "chromium", "fonts-noto-core")
UNIT = "tillsight-kiosk.service"
NO_SCREEN = """[Service]
Environment=WLR_BACKENDS=headless WLR_RENDERER=pixman WLR_LIBINPUT_NO_DEVICES=1
PAMName=
TTYPath=
StandardInput=null
UtmpIdentifier=
"""
SETTINGS: dict[str, object] = {"tillsight_kiosk": True, "tillsight_kiosk_install": False}


def shown(machine: Machine) -> bool:
    """Whether the page calls."""
    words = [machine.run("systemctl", "show", UNIT, "-P", name) for name in ("ActiveState", "StatusText")]
    return [word.strip() for word in words] == ["active", "the page calls"]


def browser(machine: Machine) -> str:
    """Process id of the one that runs."""
    return machine.run("systemctl", "show", UNIT, "-P", "MainPID").strip()


def renderers(machine: Machine) -> list[str]:
    """Process ids of the browser's pages."""
    lines = machine.run("ps", "-eo", "pid,args").splitlines()
    return [line.split()[0] for line in lines if "chromium --type=renderer" in line]


def test_a_page_that_hangs_and_a_browser_that_dies_come_back(
    with_release: Root, bundle: Bundle, tmp_path: Path
) -> None:
    root = need(lambda: with_packages(with_release, *PACKAGES))
    with booted("screen", root) as machine:
        make_till(machine, "[kiosk]\nenabled = true\n")
        aside = machine.files / "etc" / "systemd" / "system" / f"{UNIT}.d"
        aside.mkdir()
        (aside / "no-screen.conf").write_text(NO_SCREEN, encoding="ascii")
        machine.run("systemctl", "start", "tillsight-edge.service")
        shop = Shop(machine, bundle, tmp_path, knows_it=True)
        say("role kiosk, with its browser")
        for expected in (True, False):
            played = shop.play("site.yml", "--tags", "kiosk", **SETTINGS)
            assert (played.code, bool(played.changes)) == (0, expected), played.words
        shop.until(lambda: shown(machine), "the page", 180)
        say("a page that hangs")
        hung = browser(machine)
        machine.run("kill", "-STOP", *renderers(machine))
        took = shop.until(lambda: browser(machine) != hung and shown(machine), "the next page", 180)
        say(f"the page is back {took:.0f} s after it hung")
        dead = browser(machine)
        machine.run("pkill", "-KILL", "-x", "cage")
        shop.until(lambda: browser(machine) != dead and shown(machine), "the page after that", 180)
        told = machine.run("systemd-analyze", "security", "--no-pager", UNIT, check=False)
        assert float(told.strip().splitlines()[-1].split(":")[1].split()[0]) <= 5.0, told
