"""The kiosk of a device: what presses and touches store, and what its page is told."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.harness.kiosk_stage import KioskStage, kiosk_stage
from tests.harness.kiosks import LIKELY, WHY, survey_of, texts

from tillsight_edge.kiosk.cards import load_cards
from tillsight_edge.kiosk.contents import Contents, contents_problems, read_contents
from tillsight_edge.kiosk.tally import DELAY_S, Tally, Told
from tillsight_edge.kiosk.texts import load_texts
from tillsight_edge.kiosk_config import KioskSettings
from tillsight_edge.ports import LightSignal
from tillsight_models.errors import BadConfig
from tillsight_models.events import ButtonPressed, PressUndone, QuestionAnswered, ReasonGiven, SurveyEnded
from tillsight_models.scales import SCALES
from tillsight_models.wanted import SPOKEN


def tell(stage: KioskStage, name: str, **body: Any) -> dict[str, Any]:
    """A touch, as the page sends it; the frame that it is answered with."""
    connection = http.client.HTTPConnection("127.0.0.1", stage.pages.port, timeout=60)
    try:
        connection.request("POST", f"/{stage.pages.token}/{name}", json.dumps(body))
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        frame: dict[str, Any] = json.loads(answer.read())
        return frame
    finally:
        connection.close()


def frames(stage: KioskStage) -> Iterator[dict[str, Any]]:
    """What a page hears."""
    connection = http.client.HTTPConnection("127.0.0.1", stage.pages.port, timeout=60)
    connection.request("GET", f"/{stage.pages.token}/events")
    answer = connection.getresponse()
    assert answer.getheader("Content-Type") == "text/event-stream"
    try:
        for line in answer:
            if line.startswith(b"data: "):
                yield json.loads(line[6:])
    finally:
        connection.close()


def number(stage: KioskStage) -> int:
    """Of the screen that is shown."""
    return stage.kiosk.frame().screen.number


def without_origin(stage: KioskStage) -> list[Any]:
    """What was stored, but for visits and for where presses came from."""
    told: list[Any] = []
    for each in stage.made:
        if isinstance(each, ButtonPressed):
            told.append((each.button, each.rating, each.labels))
        elif isinstance(each, QuestionAnswered):
            told.append((each.question, each.value, each.language))
        elif isinstance(each, SurveyEnded):
            told.append((each.survey, each.outcome))
        else:
            told.append(each)
    return told


def test_touches_and_presses_of_the_panel_store_the_same(tmp_path: Path) -> None:
    stored = []
    for way in ("touch", "panel"):
        (tmp_path / way).mkdir()
        with kiosk_stage(tmp_path / way) as stage:
            tell(stage, "rate", button=1, number=number(stage)) if way == "touch" else stage.press(1)
            for id in ("staff", "3", "fruit", "-done", "5", "2", "-skip"):
                stage.clock.advance(1)
                if way == "touch":
                    tell(stage, "choose", id=id, number=number(stage))
                    continue
                while all(
                    each.button is None for each in stage.kiosk.frame().screen.choices if each.id == id
                ):
                    stage.press(4)
                    stage.clock.advance(1)
                button = next(each.button for each in stage.kiosk.frame().screen.choices if each.id == id)
                stage.press(button or 0)
            stored.append(without_origin(stage))
    assert stored[0] == stored[1]
    assert stored[0][0] == (1, 1, [])
    assert stored[0][-1] == ("exit", "complete")


def test_a_touch_is_a_press_of_the_screen_with_the_same_cool_down(stage: KioskStage) -> None:
    tell(stage, "rate", button=4, number=number(stage))
    stage.clock.advance(1)
    stage.kiosk.touch(lambda session: session.leave(number(stage)))
    stage.clock.advance(1)
    stage.press(4)
    presses = [each for each in stage.made if isinstance(each, ButtonPressed)]
    assert [(each.panel, each.labels) for each in presses] == [("screen", []), ("simulated", ["repeat"])]
    assert stage.lights == [LightSignal.THANKS, LightSignal.THANKS]


@pytest.mark.parametrize("button", [0, 5, 11])
def test_a_touch_of_a_face_that_is_not_there_does_nothing(stage: KioskStage, button: int) -> None:
    tell(stage, "rate", button=button, number=number(stage))
    tell(stage, "rate", button=1, number=number(stage) + 1)
    assert stage.made == []


def test_undo_by_touch_and_by_the_panel_takes_the_vote_back(stage: KioskStage) -> None:
    stage.press(1)
    frame = tell(stage, "undo")
    assert frame["screen"]["undone"] is True
    stage.clock.advance(1)
    stage.press(2)
    stage.clock.advance(1)
    stage.press(5)
    assert [type(each) for each in stage.made] == [ButtonPressed, PressUndone, ButtonPressed, PressUndone]
    assert stage.kiosk.frame().screen.state == "rate"


def test_an_undo_that_comes_too_late_changes_nothing(stage: KioskStage) -> None:
    stage.press(1)
    stage.clock.advance(11)
    frame = tell(stage, "undo")
    assert frame["screen"]["state"] == "reasons"
    assert frame["screen"]["undo_ms"] == 0


def test_all_pages_are_told_the_same_and_the_first_touch_counts(stage: KioskStage) -> None:
    one, other = frames(stage), frames(stage)
    asked = next(one)["screen"]["number"]
    assert next(other)["screen"]["number"] == asked
    stage.press(1)
    asked = next(one)["screen"]["number"]
    assert next(other)["screen"]["number"] == asked
    stage.clock.advance(1)
    tell(stage, "choose", id="queue", number=asked)
    tell(stage, "choose", id="staff", number=asked)
    assert [each for each in stage.made if isinstance(each, ReasonGiven)] == [
        ReasonGiven(press=1, reason="queue")
    ]
    assert next(one) == next(other)


def test_the_kiosk_is_lost_when_no_page_calls(stage: KioskStage) -> None:
    stage.pass_time(29)
    assert stage.kiosk.state == "ok"
    stage.pass_time(2)
    assert stage.kiosk.state == "lost"
    tell(stage, "ping")
    assert stage.kiosk.state == "ok"


def test_a_stopped_kiosk_tells_what_was_not_finished(tmp_path: Path) -> None:
    with kiosk_stage(tmp_path, survey_of(LIKELY)) as stage:
        stage.press(4)
        stage.kiosk.stop()
        assert isinstance(stage.made[-1], SurveyEnded)
        assert stage.made[-1].outcome == "timeout"


def test_pictures_are_logged_with_their_times(tmp_path: Path) -> None:
    with kiosk_stage(tmp_path, attract_s=60, play_log=str(tmp_path / "plays.jsonl")) as stage:
        stage.pass_time(61)
        stage.pass_time(5, present=True)
        stage.pass_time(3)
        tell(stage, "wake")
        told = [json.loads(line) for line in (tmp_path / "plays.jsonl").read_text().splitlines()]
    lines = [each for each in told if "picture" in each]
    assert [(each["picture"], each["until"] - each["from"]) for each in lines] == [
        ("away", 5_000),
        ("present", 3_000),
        ("away", 0),
    ]


def test_a_press_that_the_disk_does_not_take_is_asked_for_again(stage: KioskStage, tmp_path: Path) -> None:
    stage.outbox.close()
    for file in tmp_path.glob("outbox.db*"):
        file.unlink()
    (tmp_path / "outbox.db").mkdir()
    frame = tell(stage, "rate", button=4, number=number(stage))
    assert (frame["not_stored"], frame["screen"]["state"]) == (True, "rate")
    (tmp_path / "outbox.db").rmdir()
    assert tell(stage, "rate", button=4, number=number(stage))["not_stored"] is False


def test_the_root_leads_to_the_page_and_other_pages_cannot_send_touches(stage: KioskStage) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", stage.pages.port, timeout=60)
    connection.request("GET", "/")
    answer = connection.getresponse()
    answer.read()
    assert (answer.status, answer.getheader("Location")) == (307, f"/{stage.pages.token}/")
    connection.request("POST", "/rate", b"{}")
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 404
    connection.request("POST", f"/{stage.pages.token}/rate", b"{}", {"Origin": "http://elsewhere.example"})
    assert connection.getresponse().status == 421
    connection.close()


def test_a_tally_is_late_and_its_steps_are_at_least_ten_people() -> None:
    tally, day = Tally(frozenset({3, 4})), 1_790_000_000_000
    assert tally.told(0, day) is None
    for seq in range(9):
        tally.voted(seq, 4)
    late = round(DELAY_S * 1000)
    assert tally.told(late, day) is None
    tally.voted(9, 1)
    assert tally.told(late - 1, day) is None
    assert tally.told(late, day) == Told(10, 9)
    tally.undone(9)
    for seq in range(10, 20):
        tally.voted(seq, 1)
    assert tally.told(late * 3, day) == Told(10, 9)
    tally.voted(20, 1)
    assert tally.told(late * 3, day) == Told(20, 9)
    assert tally.told(late * 4, day + 86_400_000) is None


def test_every_language_has_every_word_for_every_scale() -> None:
    texts = load_texts(SPOKEN)
    for words in texts.values():
        assert words.keys() == texts["en"].keys()
        assert words["camera-states"].keys() == texts["en"]["camera-states"].keys()
        for scale in SCALES.values():
            assert len(words["ratings"][scale.id]) == scale.ratings
        for name, text in words.items():
            if isinstance(text, str):
                assert text.strip()
                assert text.count("{") == texts["en"][name].count("{"), name


def test_mistakes_in_survey_and_cards_are_lines_and_the_faces_work_without(tmp_path: Path) -> None:
    survey, cards = tmp_path / "survey.json", tmp_path / "cards.toml"
    survey.write_text(
        json.dumps(
            {"id": "exit", "version": 1, "languages": ["de"], "questions": [WHY | {"text": texts("x")}]}
        )
    )
    cards.write_text('[[cards]]\nsaid = { en = "Too slow" }\ndone = { de = "Schneller" }\n')
    settings = KioskSettings(survey=survey, cards=cards)
    problems = contents_problems(settings)
    assert problems[0].startswith("kiosk.survey: questions.why.text.")
    assert problems[-1] == "kiosk.cards: cards.1.done.en: should have 1 to 100 characters"
    assert read_contents(settings) == Contents(settings)


def test_cards_need_all_languages_of_the_kiosk(tmp_path: Path) -> None:
    file = tmp_path / "cards.json"
    file.write_text(json.dumps({"cards": [{"said": {"en": "a", "it": "b"}, "done": {"en": "c", "it": "d"}}]}))
    assert load_cards(file, ("en", "it"))[0].said["it"] == "b"
    with pytest.raises(BadConfig, match=r"cards.1.said.ar: should have"):
        load_cards(file, ("en", "ar"))
