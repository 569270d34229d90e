"""A camera in the network that hangs: buttons work on, it is reported down, and is back by itself."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory
from tests.harness.processes import wait_until
from tests.harness.rtsp_camera import RtspCamera
from tests.harness.vision_world import reports, stored, write_config

from tillsight_edge.agent import Agent
from tillsight_edge.config import load_config
from tillsight_edge.simulate import MockPins
from tillsight_edge.status import agent_words
from tillsight_models.events import ButtonPressed

WITHIN_MS = 10_000


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    factory = MockFactory()
    yield factory
    factory.reset()


def test_a_camera_that_hangs_is_down_within_10_s_and_back_by_itself_while_buttons_work(
    tmp_path: Path, factory: MockFactory
) -> None:
    with RtspCamera() as camera:
        settings = {"source": camera.url, "zone": [[0.2, 0.2], [0.8, 0.9]], "frame_rate_hz": 5}
        config_file = write_config(tmp_path, {"door": settings}, vision={"window_s": 60})
        config = load_config(config_file)
        agent = Agent(config, factory, config_file=config_file)
        thread = threading.Thread(target=agent.run)
        thread.start()
        try:
            assert agent.started.wait(60)
            eyes = agent.eyes
            assert eyes is not None
            wait_until(lambda: eyes.states == {"door": "ok"}, "a camera that works")
            camera.mood = "stalls"
            hung_ms = agent._clock.mono_ms()
            wait_until(lambda: not agent._panel._debounce.down, "buttons seen released")  # type: ignore[union-attr]
            MockPins(factory, config.panel).press(3)
            wait_until(lambda: eyes.states == {"door": "down"}, "a camera that is down")
            event, report = reports(agent.outbox)[-1]
            assert report.state == "down"
            assert event.at.mono - hung_ms < WITHIN_MS
            wait_until(lambda: agent_words(config.status_file)["cameras"] == {"door": "down"}, "the status")  # type: ignore[index]
            MockPins(factory, config.panel).press(2)
            camera.mood = "plays"
            wait_until(lambda: eyes.states == {"door": "ok"}, "a camera that is back")
            MockPins(factory, config.panel).press(1)
            wait_until(lambda: len(stored(agent.outbox, ButtonPressed)) == 3, "three presses")
        finally:
            agent.stop()
            thread.join(60)
        assert not thread.is_alive()
        assert not agent.failed
    told = [report for _, report in reports(agent.outbox)]
    assert [report.state for report in told][-3:] == ["down", "ok", "ok"]
    assert told[-2].working_s == 0
