"""kill -9 of the agent, of everything that sees, and of its parts: no contact is lost or counted twice."""

import random
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from tests.harness import listener_program
from tests.harness.eyes import all_confirmed, contact, new_line
from tests.harness.outboxes import new_outbox
from tests.harness.processes import Process, wait_until
from tests.harness.store_clip import CAMERA, EVERY_S, write_store_clip
from tests.harness.vision_world import PROGRAM, children, contacts, kill, reports, write_config

from tillsight_edge.config import load_config
from tillsight_edge.outbox import Outbox

LISTENER = Path(str(listener_program.__file__))


def dwellings(outbox: Outbox) -> list[tuple[int, float]]:
    """When each contact left, and how long it took."""
    return [(event.at.mono, contact.dwell_s) for event, contact in contacts(outbox)]


def seen_since(outbox: Outbox, count: int, more: int) -> None:
    """Wait for so many more contacts than there were."""
    wait_until(lambda: len(contacts(outbox)) >= count + more, f"{more} more contacts", 60)


def part(of: int, word: str) -> int:
    """The process id of a child, once it is there."""
    wait_until(lambda: len(children(of, word)) == 1, f"a {word} child", 60)
    return children(of, word)[0]


def test_thousands_of_contacts_and_many_dead_agents(tmp_path: Path) -> None:
    """Each contact has a dwell of its own, so that one that is missing or there twice would show."""
    zone = [[0.1, 0.1], [0.9, 0.9]]
    config_file = write_config(tmp_path, {"till": {"source": "scene:1", "zone": zone}})
    agent = Process([sys.executable, LISTENER, config_file], tmp_path / "agent.log")
    line, dice = new_line(load_config(config_file).vision_socket), random.Random(4)
    told = 0
    agent.start()
    try:
        for _ in range(8):
            wait_until(lambda: line.turn() is None and line.connected, "a line")  # type: ignore[func-returns-value]
            for _ in range(dice.randrange(20, 400)):
                told += 1
                line.tell(contact(told))
                if dice.random() < 0.3:
                    line.turn()
            time.sleep(dice.uniform(0, 0.1))
            agent.kill()
            agent.start()
        all_confirmed(line)
    finally:
        agent.kill()
    outbox = new_outbox(tmp_path, max_events=100_000)
    assert [dwell for _, dwell in dwellings(outbox)] == [float(number) for number in range(1, told + 1)]
    assert told > 500


def test_contacts_survive_the_death_of_everything_but_the_process_that_counted_them(tmp_path: Path) -> None:
    write_store_clip(tmp_path / "store.mp4", customers=12)
    camera = {"source": str(tmp_path / "store.mp4"), "down_after_s": 2, **CAMERA}
    config = write_config(
        tmp_path, {"till": camera}, vision={"window_s": 10}, panel={"kind": "serial", "port": "/dev/none"}
    )
    outbox = new_outbox(tmp_path, max_events=10_000)
    agent = Process([PROGRAM, "run", "--config", config], tmp_path / "agent.log")
    dice = random.Random(11)
    agent.start()
    try:
        vision = part(agent.pid, "vision")
        seen_since(outbox, 0, 1)
        for _ in range(2):  # the agent dies, and what sees goes on
            time.sleep(dice.uniform(0, 3))
            agent.kill()
            time.sleep(dice.uniform(0, 2))
            agent.start()
        seen_since(outbox, 0, 4)
        undisturbed = dwellings(outbox)
        assert not children(agent.pid, "vision")
        before = len(contacts(outbox))
        for word in ("camera.capture", "process.watch"):
            kill(part(vision, word))
        seen_since(outbox, before, 1)
        before = len(contacts(outbox))
        kill(vision)
        assert part(agent.pid, "vision") != vision
        seen_since(outbox, before, 1)
        assert agent.stop() == 0
    finally:
        agent.stop()
    for (earlier, _), (later, _) in pairwise(undisturbed):
        customers = max(1, round((later - earlier) / 1000 / EVERY_S))  # eyes of a busy machine may miss one
        assert later - earlier == pytest.approx(1000 * EVERY_S * customers, abs=2_400)
    left = [moment for moment, _ in dwellings(outbox)]
    assert left == sorted(left)
    assert all(later - earlier > 1000 * EVERY_S / 2 for earlier, later in pairwise(left))
    told = reports(outbox)
    passed_ms = told[-1][0].at.mono - told[0][0].at.mono
    assert sum(report.period_s for _, report in told[1:]) == pytest.approx(passed_ms / 1000, abs=0.01)
    assert all(report.working_s <= report.period_s for _, report in told)
    assert "Traceback" not in agent.output()
