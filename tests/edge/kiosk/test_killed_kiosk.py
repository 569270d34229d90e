"""kill -9 of the real agent in the middle of a questionnaire."""

import http.client
import json
import sys
from pathlib import Path
from typing import Any

from tests.harness.edge_configs import device_settings, write_toml
from tests.harness.outboxes import all_held, new_outbox
from tests.harness.ports import free_port
from tests.harness.processes import Process, listens, wait_until

from tillsight_models.events import QuestionAnswered, SurveyEnded

SURVEY = """
id = "exit"
version = 1
languages = ["en"]
questions = [
  { id = "likely", kind = "nps", text = { en = "Likely?" } },
  { id = "sure", kind = "rating", text = { en = "Sure?" } },
]
"""


def ask(port: int, method: str, name: str, **body: Any) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/")
    root = connection.getresponse()
    root.read()
    connection.request(method, f"{root.getheader('Location')}{name}", json.dumps(body))
    return connection.getresponse()


def touch(port: int, name: str, **body: Any) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(ask(port, "POST", name, **body).read())
    return frame


def test_a_questionnaire_in_the_middle_of_which_the_agent_was_killed_is_ended_once(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "survey.toml").write_text(SURVEY)
    kiosk = {"enabled": True, "port": port, "survey": str(tmp_path / "survey.toml")}
    panel = {"kind": "serial", "port": str(tmp_path / "no-such-panel")}
    config = write_toml(tmp_path / "device.toml", device_settings(tmp_path, kiosk=kiosk, panel=panel))
    agent = Process([sys.executable, "-m", "tillsight_edge", "run", "--config", config], tmp_path / "log")
    for life in range(3):
        agent.start()
        wait_until(lambda: listens(port), "the kiosk")
        if life == 0:
            number = touch(port, "ping")["screen"]["number"]
            number = touch(port, "rate", button=4, number=number)["screen"]["number"]
            assert touch(port, "choose", id="9", number=number)["screen"]["title"] == "Sure?"
        agent.kill()
    outbox = new_outbox(tmp_path)
    made = [event.payload for event in all_held(outbox)]
    outbox.close()
    (answer,) = [each for each in made if isinstance(each, QuestionAnswered)]
    (ended,) = [each for each in made if isinstance(each, SurveyEnded)]
    assert (ended.visit, ended.outcome) == (answer.visit, "abandoned")
