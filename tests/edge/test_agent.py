"""The agent as a whole: real outbox, mock pins, a real broker and an acknowledging hub."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory
from tests.harness.acking_hub import AckingHub
from tests.harness.brokers import Mosquitto
from tests.harness.edge_configs import device_config
from tests.harness.outboxes import all_held, new_outbox
from tests.harness.processes import wait_until

from tillsight_edge.agent import Agent
from tillsight_edge.audit_file import hand_over
from tillsight_edge.clock import SystemClock
from tillsight_edge.config import DeviceConfig
from tillsight_edge.errors import OutboxInUse, PinsUnavailable
from tillsight_edge.fakes import FakeClock, SimulatedPanel
from tillsight_edge.ports import LightSignal
from tillsight_edge.simulate import MockPins
from tillsight_edge.status import agent_words
from tillsight_models.delivery import Birth, decode
from tillsight_models.events import (
    ButtonPressed,
    ClockAnchored,
    ContactEnded,
    CounterAudited,
    DeviceStarted,
    HealthReported,
    PanelReported,
    decode_event,
)
from tillsight_panel.messages import THANKS

Run = Callable[[DeviceConfig], Agent]


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    factory = MockFactory()
    yield factory
    factory.reset()


@pytest.fixture
def run(factory: MockFactory) -> Iterator[Run]:
    """Start agents, each in a thread; all have stopped at the end of the test."""
    running: list[tuple[Agent, threading.Thread]] = []

    def start(config: DeviceConfig, clock: Any = None) -> Agent:
        agent = Agent(config, factory, clock)
        thread = threading.Thread(target=agent.run)
        thread.start()
        running.append((agent, thread))
        assert agent.started.wait(60)
        return agent

    yield start
    for agent, thread in running:
        agent.stop()
        thread.join(60)
        assert not thread.is_alive()
        assert not agent.failed


@pytest.fixture
def hub(mosquitto: Mosquitto) -> Iterator[AckingHub]:
    hub = AckingHub(mosquitto.host, mosquitto.port)
    yield hub
    hub.close()


def payloads(hub: AckingHub, kind: type) -> list[Any]:
    """Payloads of this type that the hub has stored."""
    events = [decode_event(raw).payload for raw in list(hub.hub.events.values())]
    return [payload for payload in events if isinstance(payload, kind)]


@pytest.mark.mosquitto
def test_from_a_pin_to_the_hub(
    tmp_path: Path, mosquitto: Mosquitto, hub: AckingHub, run: Run, factory: MockFactory
) -> None:
    config = device_config(
        tmp_path, mosquitto.port, presence={"pins": [17], "min_dwell_s": 0.1, "leave_gap_s": 0.1}
    )
    agent = run(config)
    wait_until(lambda: not agent._panel._debounce.down, "buttons seen released")  # type: ignore[union-attr]
    for button in (4, 1, 3):
        pin = factory.pin(config.panel.pins[button - 1])
        pin.drive_low()
        wait_until(lambda: agent._panel._debounce.down != 0, "the button seen pressed")  # type: ignore[union-attr]
        pin.drive_high()
        wait_until(lambda: not agent._panel._debounce.down, "the button seen released")  # type: ignore[union-attr]
    factory.pin(17).drive_high()
    threading.Event().wait(0.2)
    factory.pin(17).drive_low()
    wait_until(lambda: len(payloads(hub, ContactEnded)) == 1, "a contact")
    wait_until(lambda: agent.outbox.books().left == 0, "an empty outbox")
    assert [press.rating for press in payloads(hub, ButtonPressed)] == [4, 1, 3]
    assert payloads(hub, ContactEnded)[0].dwell_s >= 0.2
    (started,) = payloads(hub, DeviceStarted)
    assert (started.panel, started.capabilities) == ("gpio", ["buttons", "undo", "presence"])
    assert len(payloads(hub, ClockAnchored)) == 1
    assert payloads(hub, HealthReported)[0].panel in ("ok", "none")
    assert decode(hub.last["birth"], Birth).scale == "smiley-4"
    wait_until(lambda: "metric" in hub.last, "a heartbeat")


@pytest.mark.mosquitto
def test_from_a_panel_on_a_line_to_the_hub_and_back_to_its_light(
    tmp_path: Path, mosquitto: Mosquitto, hub: AckingHub, run: Run
) -> None:
    panel = SimulatedPanel(4)
    panel.start()
    try:
        config = device_config(tmp_path, mosquitto.port, panel={"kind": "serial", "port": str(panel.port)})
        run(config)
        panel.press(2)
        wait_until(lambda: len(payloads(hub, ButtonPressed)) == 1, "a press")
        wait_until(lambda: panel.light == THANKS, "the light")
        wait_until(lambda: panel.queued == 0, "the panel's memory empty")
        assert payloads(hub, ButtonPressed)[0].panel == "serial"
        wait_until(lambda: [r.state for r in payloads(hub, PanelReported)] == ["ok"], "the panel's report")
    finally:
        panel.stop()


def test_a_press_while_the_disk_is_away_waits_with_an_error_light_and_is_stored_later(
    tmp_path: Path, run: Run, factory: MockFactory
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("no folder", encoding="utf-8")
    config = device_config(blocked, health={"status_file": str(tmp_path / "status.json")})
    agent = run(config)
    lights: list[LightSignal] = []
    panel = agent._panel
    assert panel is not None
    panel.light = lights.append  # type: ignore[method-assign,assignment]
    pins = MockPins(factory, config.panel)
    wait_until(lambda: not panel._debounce.down, "buttons seen released")  # type: ignore[attr-defined]
    pins.press(2)
    wait_until(lambda: lights == [LightSignal.ERROR], "an error light")
    status = json.loads((tmp_path / "status.json").read_text(encoding="utf-8"))
    assert "outbox.db" in status["problem"]
    blocked.unlink()
    wait_until(lambda: lights[-1] == LightSignal.THANKS, "thanks")
    kinds = [event.type for event in all_held(agent.outbox)]
    assert {"button.press", "device.start", "device.clock", "device.health"} <= set(kinds)


def test_a_boot_in_1970_is_anchored_when_the_time_comes(tmp_path: Path, run: Any) -> None:
    clock = FakeClock()
    clock.reboot(wall_ms=9_000)
    agent = run(device_config(tmp_path), clock)
    assert agent.feedback is not None
    started = all_held(agent.outbox)[0]
    assert (started.at.tq, started.at.t) == ("unsynced", 9_000)
    clock.advance(100)
    clock.synchronise(1_790_000_000_000)
    wait_until(lambda: "device.clock" in [e.type for e in all_held(agent.outbox)], "an anchor")
    anchors = [e.payload for e in all_held(agent.outbox) if isinstance(e.payload, ClockAnchored)]
    assert anchors == [ClockAnchored(boot="boot-2", mono=105_000, wall=1_790_000_000_000, quality="ntp")]
    assert started.at.boot == "boot-2"


def test_a_damaged_outbox_is_reported_with_the_name_under_which_it_was_kept(tmp_path: Path, run: Run) -> None:
    (tmp_path / "outbox.db").write_bytes(b"this is no database" * 1_000)
    agent = run(device_config(tmp_path))
    wait_until(lambda: len(all_held(agent.outbox)) >= 3, "start, anchor and health")
    reports = [e.payload for e in all_held(agent.outbox) if isinstance(e.payload, HealthReported)]
    assert ".damaged-" in reports[0].outbox_set_aside
    assert (tmp_path / reports[0].outbox_set_aside).exists()


def test_only_one_agent_works_on_an_outbox(tmp_path: Path, run: Run, factory: MockFactory) -> None:
    config = device_config(tmp_path)
    run(config)
    with pytest.raises(OutboxInUse, match="another agent"):
        Agent(config, factory).run()


def test_an_agent_without_pins_ends_with_a_clear_word_and_leaves_the_outbox_free(
    tmp_path: Path, run: Run, factory: MockFactory
) -> None:
    wrong = device_config(tmp_path, panel={"pins": [5, 6, 13, 50]})
    with pytest.raises(PinsUnavailable, match="50"):
        Agent(wrong, factory).run()
    run(device_config(tmp_path))


def test_systemd_hears_of_the_start_of_work_and_of_the_end(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(tmp_path / "notify"))
        line.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        agent = run(device_config(tmp_path))
        while not any("WATCHDOG=1" in words for words in heard):
            heard.append(line.recv(4096).decode())
        agent.stop()
        while "STOPPING=1" not in heard:
            heard.append(line.recv(4096).decode())
    assert heard[0] == "READY=1"


def test_the_watchdog_goes_hungry_while_the_outbox_cannot_be_written(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("no folder", encoding="utf-8")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(tmp_path / "notify"))
        line.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        run(device_config(blocked, health={"status_file": str(tmp_path / "status.json")}))
        words = [line.recv(4096).decode() for _ in range(3)]
    assert not any("WATCHDOG" in word for word in words)
    assert sum("outbox.db" in word for word in words) == 2


def test_what_was_not_sent_is_there_at_the_next_start(tmp_path: Path, run: Run, factory: MockFactory) -> None:
    config = device_config(tmp_path)
    agent = Agent(config, factory)
    thread = threading.Thread(target=agent.run)
    thread.start()
    agent.started.wait(60)
    agent.stop()
    thread.join()
    stream = new_outbox(tmp_path).stream
    again = run(config)
    assert again.outbox.stream == stream
    assert [e.type for e in all_held(again.outbox)].count("device.start") == 2


def test_contacts_are_in_the_status_file_and_an_audit_laid_beside_the_outbox_is_taken(
    tmp_path: Path, run: Run, factory: MockFactory
) -> None:
    presence = {"pins": [17], "min_dwell_s": 0.05, "leave_gap_s": 0.05}
    config = device_config(tmp_path, presence=presence, health={"heartbeat_s": 0.1})
    agent = run(config)
    factory.pin(17).drive_high()
    threading.Event().wait(0.1)
    factory.pin(17).drive_low()
    wait_until(
        lambda: bool((agent_words(config.status_file) or {}).get("contacts")), "a contact in the status"
    )
    words = agent_words(config.status_file) or {}
    assert [(row["number"], row["source"]) for row in words["contacts"]] == [(1, "presence")]
    assert 0 < words["contacts"][0]["left_ms"] <= words["mono_ms"]
    audited = CounterAudited(period_s=60.0, counted=1, observed=1, matched=1, source="presence")
    file = hand_over(config.outbox.path, audited, SystemClock().stamp())
    wait_until(lambda: not file.exists(), "the audit taken")
    assert [e.payload for e in all_held(agent.outbox) if e.type == "device.audit"] == [audited]
