"""Published surveys become metrics by kind and id, without a word in the hub's configuration."""

from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.harness.asking import answered
from tests.harness.hubs import running_hub
from tests.harness.ingesting import Box, take
from tests.harness.shown import ask, content_of, in_english, nps_question

from tillsight_hub.database import writing
from tillsight_hub.metrics.questions import QuestionSettings
from tillsight_hub.metrics.settings import FORCES, MetricSettings
from tillsight_hub.shown.asked import MetricsNow, asked_by, questions_of, read_metric_settings
from tillsight_hub.shown.errors import BadSurvey
from tillsight_hub.shown.surveys import retire
from tillsight_models.surveys import read_survey


def rating(id: str, points: tuple[int, int] = (1, 5)) -> dict[str, object]:
    return {"id": id, "kind": "rating", "text": in_english(id), "points": points}


def table(id: str, *rows: str) -> dict[str, object]:
    options = [{"id": row, "text": in_english(row)} for row in rows]
    return {"id": id, "kind": "matrix", "text": in_english(id), "options": options}


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        (nps_question("anything"), ["nps"]),
        (rating("csat"), ["csat"]),
        (rating("ces2", (1, 7)), ["ces2"]),
        (rating("ces2", (1, 5)), []),
        (rating("driver-staff"), ["driver:staff"]),
        (table("driver", "staff", "queue"), ["driver:staff", "driver:queue"]),
        (table("force", "fair-treatment", "speed"), ["force:Fair Treatment"]),
        (rating("air"), []),
        ({"id": "words", "kind": "text", "text": in_english("?")}, []),
    ],
)
def test_kind_and_id_say_what_is_asked(question: dict[str, object], asks: list[str]) -> None:
    survey = read_survey(content_of(question))
    found = [each.asks for each in asked_by(survey, FORCES)]
    assert found == asks


def test_the_configuration_comes_first(engine: Engine) -> None:
    ask(engine, content_of(nps_question(), rating("csat")))
    own = QuestionSettings(survey="exit", question="nps", asks="outcome", scale=(0, 10))
    with engine.connect() as connection:
        settings = read_metric_settings(connection, MetricSettings(questions=(own,)))
    assert [(each.question, each.asks) for each in settings.questions] == [
        ("nps", "outcome"),
        ("csat", "csat"),
    ]


def test_what_does_not_fit_the_others_is_left_out_and_told() -> None:
    first = read_survey(content_of(rating("csat"), id="first"))
    second = read_survey(content_of(rating("csat", (1, 7)), id="second"))
    questions, problems = questions_of([first, second], (), FORCES)
    assert [each.survey for each in questions] == ["first"]
    assert problems == ["second csat: csat: asked on 1 to 5 and 1 to 7, expected one scale"]


def test_answers_of_versions_that_asked_otherwise_are_left_out(engine: Engine) -> None:
    ask(engine, content_of(nps_question(), rating("csat", (1, 7))))
    ask(engine, content_of(nps_question(), rating("csat")))
    ask(engine, content_of(rating("csat")))
    with engine.connect() as connection:
        settings = read_metric_settings(connection, MetricSettings())
    assert [(each.asks, each.since_version) for each in settings.questions] == [("csat", 2)]


def test_a_retired_survey_keeps_its_metrics(engine: Engine) -> None:
    ask(engine, content_of())
    with writing(engine) as connection:
        retire(connection, "exit", "mona")
        settings = read_metric_settings(connection, MetricSettings())
    assert [each.asks for each in settings.questions] == ["nps"]


def test_a_running_hub_learns_of_it(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tillsight_hub.shown.asked.LOOK_S", 0.0)
    now = MetricsNow(engine, MetricSettings(), 10)
    assert not now.catalogue.questions
    ask(engine, content_of(rating("csat")))
    assert [each.asks for each in now.catalogue.questions] == ["csat"]


def test_the_api_has_the_metric_of_a_published_survey(tmp_path: Path) -> None:
    with running_hub(tmp_path, mqtt={"embedded": False, "port": 1}) as hub:
        ask(hub.services.engine, content_of())
        box = Box()
        for person in range(12):
            take(hub.services.engine, (box, [box.event(answered("nps", 10, f"{person:020x}"))]))
        asked = {"from": "2026-10-06", "to": "2026-10-06", "metric": "survey_nps", "place": "till-1"}
        answer = hub.client.get("/api/v1/scores", params=asked, headers=hub.bearer("analyst"))
        assert '"value":100' in answer.text.replace(" ", ""), answer.text


def test_two_scales_of_one_metric_are_not_published(engine: Engine) -> None:
    assert issubclass(BadSurvey, ValueError)
    ask(engine, content_of(rating("csat"), id="first"))
    with engine.connect() as connection:
        settings = read_metric_settings(connection, MetricSettings())
    _, problems = questions_of(
        [read_survey(content_of(rating("csat", (1, 7)), id="second"))], settings.questions, FORCES
    )
    assert problems
