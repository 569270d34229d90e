"""The privacy split of an installed release: its agent and eyes at work in the units as they are shipped."""

from collections.abc import Iterator

import pytest
from tests.deploy.conftest import say
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
    real_till,
    without,
)

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def installed(with_release: Root) -> Iterator[Till]:
    with real_till(with_release) as running:
        make_camera(running.machine)
        yield running


def test_the_sandboxes_of_what_really_runs_hold(installed: Till) -> None:
    say("privacy verify with agent and eyes at work")
    findings = installed.verify(*UNIT_OF)
    assert not bad(findings)
    for part in UNIT_OF:
        running = {found.what.split(" of process ")[0] for found in findings if found.kind == "process"}
        assert "root's rights" in running, part
    assert [found for found in findings if found.what.startswith("sockets to networks, process")]
    good, _, total, _ = installed.verify_by_command().split()
    assert good == total


@pytest.mark.parametrize("unit", [VISION, AGENT])
def test_each_line_that_is_gone_is_found(installed: Till, unit: str) -> None:
    say(f"{unit} without each of its lines")
    silent = [line for line in lines_of(unit) if not without(installed, unit, line)]
    assert not silent


def test_eyes_that_run_in_the_machines_network_are_found(installed: Till) -> None:
    text = (UNITS / VISION).read_text(encoding="utf-8")
    installed.write_unit(VISION, text.replace("\nPrivateNetwork=yes\n", "\n"))
    installed.machine.run("systemctl", "restart", VISION)
    installed.write_unit(VISION, text)
    found = [finding.what for finding in bad(installed.verify("eyes"))]
    assert [what for what in found if what.startswith("a network apart")]
