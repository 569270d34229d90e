"""A shop's machine whose clock says 1970 when it is switched on, in a virtual machine with such a clock.

Kernel, systemd, units, certificates and databases are real; hub and broker are on the same machine, so that
all of it lives by the wrong time until a time server tells the right one.
"""

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import need
from tests.deploy.conftest import say
from tests.harness.shops import Shop
from tests.harness.virtual import Kernel, files_of, image_of, run

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(6000)]

PROGRAM = Path(__file__).parents[1] / "harness" / "clockless_program.py"
QUIET_S, AWAY_S = 150, 3_000
"""Seconds in which the agent may connect before there is a time server; and for which the machine was off.
A hub dates no event more than an hour after its arrival, and this one lived by the same wrong clock."""
UNIT = """[Unit]
After=multi-user.target
[Service]
ExecStart=/usr/bin/python3 /usr/local/lib/clockless {quiet} {time}
[Install]
WantedBy=multi-user.target
"""


@dataclass(frozen=True)
class Told:
    """What the machine said of itself."""

    true_time: float
    """When the machine was switched on."""
    looks: list[dict[str, float]]
    events: list[tuple[str, int, str, int, int, str]]
    """(type, t, its quality, mono, t and quality as the device said), as the hub has them."""
    floor: str
    began_mono_ms: float

    def truly_ms(self, mono: int) -> float:
        """When an event really was."""
        return self.true_time * 1000 + mono - self.began_mono_ms


@pytest.fixture(scope="module")
def off(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Switched off meanwhile."""
    need(Kernel.cached)
    shop.machine.power_off()
    yield shop
    shop.machine.boot()


def switched_on(shop: Shop, work: Path, *, has_floor: bool) -> Told:
    """In 1970, fifty minutes after it was switched off."""
    kernel = need(Kernel.cached)
    true_time = time.time() + AWAY_S
    image = work / "disk"
    with files_of(shop.machine, kernel, work / "files") as files:
        shutil.copy(PROGRAM, files / "usr/local/lib/clockless")
        etc = files / "etc/systemd"
        (etc / "timesyncd.conf.d/90-here.conf").write_text("[Time]\nNTP=127.0.0.1\nFallbackNTP=\n")
        (etc / "system.conf.d/90-slow.conf").write_text("[Manager]\nDefaultTimeoutStartSec=900s\n")
        (etc / "system/clockless.service").write_text(UNIT.format(quiet=QUIET_S, time=true_time))
        (etc / "system/multi-user.target.wants/clockless.service").symlink_to("../clockless.service")
        if not has_floor:
            (etc / "system/sysinit.target.wants/tillsight-clock-floor.service").unlink()
        image_of(files, image)
    say(f"a virtual machine in 1970, with{'' if has_floor else 'out'} the floor of its clock")
    told: dict[str, Any] = json.loads(run(kernel, image, clock="1970-01-01T00:00:30", limit_s=2400))
    image.unlink()
    return Told(true_time, **told)


def test_a_clock_of_1970_recovers(off: Shop, tmp_path: Path) -> None:
    last_written = time.time()
    told = switched_on(off, tmp_path, has_floor=True)
    quiet = [look for look in told.looks if not look["is_told"]]
    assert "the clock was behind" in told.floor
    assert all(last_written - 3600 < look["clock"] < last_written + 3600 for look in quiet)
    assert quiet[-1]["connected"]
    say(f"connected {next(look['after_s'] for look in quiet if look['connected']):.0f} s after the start")
    early = [event for event in told.events if event[5] != "ntp"]
    assert early
    for _, t, _, mono, device_t, _ in early:
        assert told.truly_ms(mono) - device_t > AWAY_S * 400
        assert abs(t - told.truly_ms(mono)) < 5_000


def test_without_the_floor_no_certificate_is_believed(off: Shop, tmp_path: Path) -> None:
    told = switched_on(off, tmp_path, has_floor=False)
    quiet = [look for look in told.looks if not look["is_told"]]
    assert not any(look["connected"] for look in quiet)
    assert told.looks[-1]["connected"]
