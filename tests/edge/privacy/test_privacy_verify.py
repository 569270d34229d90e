"""The look at the sandboxes, in a booted machine: it finds nothing wrong, and each hole that is made."""

from collections.abc import Iterator

import pytest
from tests.conftest import need
from tests.harness.machines import Root
from tests.harness.two_units import (
    AGENT,
    UNIT_OF,
    UNITS,
    VISION,
    Till,
    bad,
    lines_of,
    make_camera,
    till,
    without,
)

from tillsight_edge.privacy.unit_settings import SETTINGS

FOUND_FROM_INSIDE = {
    "PrivateNetwork=": "a net of its own",
    "RestrictAddressFamilies=": "a socket for the internet",
    "ReadOnlyPaths=/run": "writing in",
    "InaccessiblePaths=/dev/shm": "looking into /dev/shm",
    "InaccessiblePaths=-/": "reading outbox and secrets",
    "ProtectHome=": "looking into /home",
    "PrivateIPC=": "a ipc of its own",
    "CapabilityBoundingSet=": "root's rights that could be had",
    "ProtectProc=": "processes of others",
    "RestrictNamespaces=": "name spaces in which it is root",
    "LockPersonality=": "another personality",
    "MemoryDenyWriteExecute=": "memory that is written and run",
    "LimitCORE=": "what a crash leaves behind",
    "User=": "user",
}
"""By the beginning of a line of the eyes' unit: the attempt that succeeds without it."""


@pytest.fixture(scope="module")
def booted() -> Iterator[Till]:
    need(Root.cached)
    with till() as running:
        make_camera(running.machine)
        yield running


def test_every_setting_it_rests_on_is_in_the_units() -> None:
    for part, unit in UNIT_OF.items():
        text = (UNITS / unit).read_text(encoding="utf-8")
        assert not [name for name in SETTINGS[part] if f"\n{name}=" not in text]


@pytest.mark.deploy
def test_the_sandboxes_hold(booted: Till) -> None:
    findings = booted.verify("eyes", "agent")
    assert not bad(findings)
    assert len([finding for finding in findings if finding.kind == "attempt"]) >= 40
    assert "opening /dev/video0" in {finding.what for finding in findings}


@pytest.mark.deploy
@pytest.mark.parametrize("start", FOUND_FROM_INSIDE)
def test_what_a_line_prevents_works_without_it(booted: Till, start: str) -> None:
    line = next(line for line in lines_of(VISION) if line.startswith(start))
    attempts = [found.what for found in without(booted, VISION, line) if found.kind == "attempt"]
    assert [what for what in attempts if what.startswith(FOUND_FROM_INSIDE[start])]


@pytest.mark.deploy
@pytest.mark.parametrize("unit", [VISION, AGENT])
def test_a_line_that_is_gone_is_found(booted: Till, unit: str) -> None:
    silent = [line for line in lines_of(unit) if not without(booted, unit, line)]
    assert not silent


@pytest.mark.deploy
def test_an_agent_that_may_open_cameras_is_found(booted: Till) -> None:
    text = (UNITS / AGENT).read_text(encoding="utf-8")
    booted.write_unit(AGENT, text.replace("SupplementaryGroups=gpio", "SupplementaryGroups=video gpio"))
    found = {finding.what for finding in bad(booted.verify("agent"))}
    booted.write_unit(AGENT, text)
    assert {"opening /dev/video0", "SupplementaryGroups"} <= found


@pytest.mark.deploy
def test_a_drop_in_that_opens_the_sandbox_is_found(booted: Till) -> None:
    folder = booted.machine.files / f"etc/systemd/system/{VISION}.d"
    folder.mkdir()
    (folder / "debug.conf").write_text("[Service]\nReadWritePaths=/run/lock\n", encoding="utf-8")
    booted.machine.run("systemctl", "daemon-reload")
    found = [finding.what for finding in bad(booted.verify("eyes"))]
    (folder / "debug.conf").unlink()
    booted.machine.run("systemctl", "daemon-reload")
    assert [what for what in found if what.startswith("writing in")]
