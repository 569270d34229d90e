"""What a kiosk still knows after a kill: counts, one young press, and that somebody was in the middle."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.harness.kiosk_stage import KioskStage
from tests.harness.kiosks import LIKELY, WHY, question, survey_of

from tillsight_edge.fakes import FakeClock
from tillsight_edge.kiosk.memory import MARK
from tillsight_edge.kiosk.tally import Told
from tillsight_models.events import ButtonPressed, Payload, PressUndone, QuestionAnswered, SurveyEnded
from tillsight_models.surveys import Survey

Begin = Callable[..., KioskStage]
MORE = question("more", "nps")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def begin(tmp_path: Path, clock: FakeClock) -> Begin:
    """A kiosk on the same disk; the one before is not asked to end, as after kill -9."""
    before: list[KioskStage] = []

    def start(survey: Survey, **panel: Any) -> KioskStage:
        for stage in before:
            stage.outbox.close()
        before.append(KioskStage(tmp_path, survey, {}, {"cooldown_s": 0.0, **panel}, clock))
        return before[-1]

    return start


def of(stage: KioskStage, kind: type[Payload]) -> list[Any]:
    return [each for each in stage.made if isinstance(each, kind)]


def leave(stage: KioskStage) -> None:
    """The shopper has gone, and the screen is free."""
    for _ in range(3):
        stage.pass_time(40)


def test_a_questionnaire_that_was_open_is_abandoned_once(begin: Begin) -> None:
    survey = survey_of(LIKELY, MORE)
    stage = begin(survey)
    stage.kiosk.touch(lambda session: session.speak("it"))
    stage.press(4)
    stage.choose("9")
    for _ in range(3):
        stage = begin(survey)
        (ended,) = of(stage, SurveyEnded)
    (answer,) = of(stage, QuestionAnswered)
    assert ended == SurveyEnded(
        survey="exit", survey_version=3, visit=answer.visit, outcome="abandoned", language="it"
    )


def test_one_that_was_shown_and_not_answered_is_abandoned_too(begin: Begin) -> None:
    begin(survey_of(LIKELY)).press(4)
    (ended,) = of(begin(survey_of(LIKELY)), SurveyEnded)
    assert ended.outcome == "abandoned"


@pytest.mark.parametrize("end", [lambda stage: stage.choose("9"), leave])
def test_one_that_had_ended_is_not_ended_again(begin: Begin, end: Callable[[KioskStage], None]) -> None:
    stage = begin(survey_of(LIKELY))
    stage.press(4)
    end(stage)
    before = of(stage, SurveyEnded)
    assert len(before) == 1
    assert of(begin(survey_of(LIKELY)), SurveyEnded) == before


def test_a_reason_that_was_not_given_is_no_questionnaire(begin: Begin) -> None:
    begin(survey_of(WHY)).press(1)
    assert of(begin(survey_of(WHY)), SurveyEnded) == []


def test_quotas_limits_and_turns_go_on(begin: Begin) -> None:
    groups = [question(f"q{n}", "nps", group="poll") for n in range(3)]
    survey = survey_of(*groups, rotation={"poll": 1}, limits={"per_day": 4, "every_minutes": 2})
    asked = []
    for _ in range(5):
        stage = begin(survey)
        stage.press(4)
        asked.append(stage.kiosk.frame().screen.title)
        if asked[-1]:
            stage.choose("5")
        leave(stage)
    assert asked == ["q0", "q1", "q2", "q0", ""]


def test_who_was_asked_just_before_the_restart_leaves_the_next_in_peace(
    begin: Begin, clock: FakeClock
) -> None:
    survey = survey_of(LIKELY, limits={"every_minutes": 10})
    stage = begin(survey)
    stage.press(4)
    leave(stage)
    clock.reboot(wall_ms=clock.stamp().t + 60_000)
    stage = begin(survey)
    stage.press(4)
    assert stage.kiosk.frame().screen.state == "thanks"
    leave(stage)
    clock.advance(600)
    stage.press(4)
    assert stage.kiosk.frame().screen.state == "questionnaire"


def test_quotas_are_kept_where_the_survey_comes_later_from_the_hub(begin: Begin) -> None:
    survey = survey_of(LIKELY, limits={"per_day": 1})
    stage = begin(survey)
    stage.press(4)
    leave(stage)
    stage = begin(survey)
    session = stage.kiosk._session
    pace, languages = session._pace, session._languages
    for wanted in (None, survey):
        assert session.change(wanted, pace, languages)
    stage.press(4)
    assert stage.kiosk.frame().screen.state == "thanks"


def test_the_tally_goes_on(begin: Begin) -> None:
    survey = survey_of(WHY)
    for _ in range(3):
        stage = begin(survey)
        stage.kiosk.frame()
        for _ in range(5):
            stage.press(4)
            leave(stage)
    stage.press(4)
    assert stage.kiosk.frame().tally == Told(10, 10)


def test_a_press_of_just_before_is_thanked_for_and_can_be_taken_back(begin: Begin, clock: FakeClock) -> None:
    stage = begin(survey_of(WHY), cooldown_s=5.0)
    stage.press(1)
    clock.advance(2)
    stage = begin(survey_of(WHY), cooldown_s=5.0)
    screen = stage.kiosk.frame().screen
    assert (screen.state, screen.rating, screen.undo_ms) == ("thanks", 1, 8_000)
    stage.kiosk.undo()
    assert of(stage, PressUndone) == [PressUndone(press=1)]
    stage = begin(survey_of(WHY), cooldown_s=5.0)
    stage.kiosk.undo()
    assert len(of(stage, PressUndone)) == 1
    stage.press(4)
    assert [each.labels for each in of(stage, ButtonPressed)] == [[], []]


def test_the_cool_down_goes_on(begin: Begin, clock: FakeClock) -> None:
    begin(survey_of(WHY), cooldown_s=5.0).press(4)
    clock.advance(2)
    stage = begin(survey_of(WHY), cooldown_s=5.0)
    stage.press(4)
    assert [each.labels for each in of(stage, ButtonPressed)] == [[], ["repeat"]]


def test_a_press_of_another_boot_or_of_long_ago_is_over(begin: Begin, clock: FakeClock) -> None:
    begin(survey_of(WHY)).press(4)
    clock.advance(11)
    stage = begin(survey_of(WHY))
    assert stage.kiosk.frame().screen.state == "rate"
    stage.kiosk.undo()
    stage.press(4)
    clock.reboot(wall_ms=clock.stamp().t + 1_000)
    stage = begin(survey_of(WHY))
    stage.kiosk.undo()
    assert of(stage, PressUndone) == []


def test_nothing_that_somebody_said_is_written_down(begin: Begin) -> None:
    stage = begin(survey_of(LIKELY, question("words", "text")))
    stage.press(4)
    stage.choose("7")
    stage.kiosk.touch(lambda session: session.write("My name is Ann", session.screen().number))
    mark = stage.outbox.mark(MARK)
    assert mark is not None
    assert "Ann" not in mark and '"value"' not in mark and "likely" in mark


def test_a_press_is_forgotten_with_its_time(begin: Begin) -> None:
    stage = begin(survey_of(WHY))
    stage.press(1)
    stage.pass_time(9)
    assert '"rating"' in (stage.outbox.mark(MARK) or "")
    stage.pass_time(2)
    assert '"rating"' not in (stage.outbox.mark(MARK) or "")


def test_what_cannot_be_understood_is_forgotten(begin: Begin) -> None:
    stage = begin(survey_of(WHY))
    stage.outbox.set_mark(MARK, '{"old":1}')
    assert begin(survey_of(WHY)).kiosk.frame().screen.state == "rate"
