"""The hub's wishes on the device: section by section, kept on disk, applied between two shoppers."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.harness.kiosk_stage import KioskStage, kiosk_stage
from tests.harness.kiosks import LIKELY, WHY, survey_of

from tillsight_edge.kiosk.contents import Contents, contents_of
from tillsight_edge.wanted import Section, Wanted
from tillsight_models.errors import BadConfig
from tillsight_models.events import QuestionAnswered
from tillsight_models.wanted import ConfigIs, version_of


def message(version: str = "", **sections: Any) -> bytes:
    return json.dumps({"version": version or version_of(sections), **sections}).encode()


class Part:
    """A part of a device that follows numbers below ten."""

    def __init__(self) -> None:
        self.value: Any = None
        self.settled = True

    def follow(self, value: Any) -> None:
        if value.get("n", 0) >= 10:
            raise BadConfig([f"part.n: {value['n']}: should be below 10"])
        self.value = value

    @property
    def sections(self) -> Mapping[str, Section]:
        return {"part": Section(self.follow, lambda: self.settled)}


def test_a_refused_section_leaves_the_one_before_in_force_and_says_why(tmp_path: Path) -> None:
    part = Part()
    wanted = Wanted(tmp_path / "wanted.json", part.sections)
    wanted.take(message("a", part={"n": 3}))
    wanted.take(message("b", part={"n": 30}, printer={"paper": "a4"}))
    assert part.value == {"n": 3}
    problems = ["part.n: 30: should be below 10"]
    assert wanted.answer() == ConfigIs(version="b", problems=problems, ignored=["printer"])


def test_what_was_followed_is_followed_again_after_a_week_without_the_hub(tmp_path: Path) -> None:
    Wanted(tmp_path / "wanted.json", Part().sections).take(message("a", part={"n": 3}))
    part = Part()
    later = Wanted(tmp_path / "wanted.json", part.sections)
    later.begin()
    assert part.value == {"n": 3}
    assert later.answer() == ConfigIs(version="a")


def test_a_part_that_comes_later_finds_what_was_wanted_of_it(tmp_path: Path) -> None:
    Wanted(tmp_path / "wanted.json", {}).take(message("a", part={"n": 3}))
    part = Part()
    later = Wanted(tmp_path / "wanted.json", part.sections)
    later.begin()
    assert part.value is None
    later.take(message("a", part={"n": 3}))
    assert part.value == {"n": 3}
    assert later.answer() == ConfigIs(version="a")


def test_what_a_newer_program_refuses_is_told_when_the_hub_says_it_again(tmp_path: Path) -> None:
    (tmp_path / "wanted.json").write_text(
        '{"sections": {"part": {"n": 30}}, "answer": {"version": "a"}}', encoding="utf-8"
    )
    wanted = Wanted(tmp_path / "wanted.json", Part().sections)
    wanted.begin()
    assert wanted.answer() is None
    wanted.take(message("a", part={"n": 30}))
    told = wanted.answer()
    assert told is not None
    assert told.problems == ["part.n: 30: should be below 10"]


def test_a_section_that_is_gone_is_left_to_the_devices_own_file(tmp_path: Path) -> None:
    part = Part()
    wanted = Wanted(tmp_path / "wanted.json", part.sections)
    wanted.take(message("a", part={"n": 3}))
    wanted.take(message("b"))
    assert part.value == {}


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"{}", b'{"version": 3}', b'{"version": ""}', b"\xff\xfe"])
def test_what_is_no_configuration_changes_nothing(tmp_path: Path, raw: bytes) -> None:
    part = Part()
    wanted = Wanted(tmp_path / "wanted.json", part.sections)
    wanted.take(message("a", part={"n": 3}))
    wanted.take(raw)
    assert (part.value, wanted.answer()) == ({"n": 3}, ConfigIs(version="a"))


def test_a_damaged_file_is_no_reason_not_to_begin(tmp_path: Path) -> None:
    (tmp_path / "wanted.json").write_text('{"sections": {"part"', encoding="utf-8")
    wanted = Wanted(tmp_path / "wanted.json", Part().sections)
    wanted.begin()
    assert wanted.answer() is None


def test_the_answer_waits_until_it_is_in_force(tmp_path: Path) -> None:
    part = Part()
    wanted = Wanted(tmp_path / "wanted.json", part.sections)
    wanted.take(message("a", part={"n": 3}))
    assert wanted.answer() == ConfigIs(version="a")
    part.settled = False
    wanted.take(message("b", part={"n": 4}))
    assert wanted.answer() == ConfigIs(version="a")
    part.settled = True
    assert wanted.answer() == ConfigIs(version="b")


# --- On the screen -----------------------------------------------------------------------------------------


def wanted_survey(version: int, *questions: dict[str, Any], **more: Any) -> dict[str, Any]:
    languages = ["en", "it", "de", "ar"]
    return {
        "survey": {
            "id": "exit",
            "version": version,
            "languages": languages,
            "questions": list(questions),
        },
        **more,
    }


def follow(stage: KioskStage, value: Any) -> None:
    own = Contents(stage.config.kiosk, survey_of(WHY))
    stage.kiosk.change(contents_of(own, value))


def test_another_survey_waits_until_the_shopper_has_finished(tmp_path: Path) -> None:
    with kiosk_stage(tmp_path, survey_of(WHY, LIKELY)) as stage:
        stage.press(1)
        stage.pass_time(1)
        follow(stage, wanted_survey(9, LIKELY))
        assert not stage.kiosk.is_settled
        assert stage.kiosk.frame().screen.state == "reasons", "the visit goes on"
        for _ in range(50):
            stage.pass_time(1)
        assert stage.kiosk.is_settled
        stage.press(1)
        stage.pass_time(1)
        assert stage.kiosk.frame().screen.kind == "nps"
        stage.press(1)
        [answered] = [made for made in stage.made if isinstance(made, QuestionAnswered)]
        assert (answered.survey, answered.survey_version) == ("exit", 9)


def test_pages_learn_that_there_are_other_contents(tmp_path: Path) -> None:
    with kiosk_stage(tmp_path) as stage:
        before = stage.kiosk.frame().contents
        follow(stage, {"languages": ["de", "it"], "default_language": "it", "survey": None})
        assert stage.kiosk.frame().contents == before + 1
        assert stage.kiosk.frame().screen.language == "it"


def test_who_chose_another_language_is_not_interrupted(tmp_path: Path) -> None:
    with kiosk_stage(tmp_path) as stage:
        stage.kiosk.touch(lambda session: session.speak("ar"))
        follow(stage, {"survey": None})
        assert stage.kiosk.frame().screen.language == "ar"
        assert not stage.kiosk.is_settled


def test_cards_are_shown_in_their_language_and_on_their_days(tmp_path: Path) -> None:
    words = {"said": "Too cold", "did": "Warmer now"}
    cards = [
        {"id": 1, "texts": {"en": words}, "first_day": "2026-01-01", "last_day": "2026-09-30"},
        {"id": 2, "texts": {"en": words}, "first_day": "2027-01-01"},
        {"id": 3, "texts": {"it": words}, "first_day": "2026-01-01"},
    ]
    with kiosk_stage(tmp_path) as stage:
        contents = contents_of(Contents(stage.config.kiosk), {"cards": cards, "survey": None})
        assert contents.card(5, "en", "2026-09-21") == 0
        assert contents.card(5, "en", "2026-10-01") is None
        assert contents.card(5, "it", "2026-09-21") == 2
        assert contents.card(5, "ar", "2026-09-21") is None


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"languages": ["en", "xx"]}, "languages: en, xx: should be some of"),
        ({"languages": []}, "length >= 1"),
        ({"languages": ["en", "it"], "default_language": "de"}, "default_language: de: should be one of"),
        ({"languages": ["fr"]}, "should be some of"),
        ({"idle_s": 3}, ">= 10"),
        ({"question": {"en": "x" * 61}}, "question.en: should have 1 to 60 characters"),
        ({"survey": {"id": "a b"}}, "survey"),
        ({"cards": [{"id": 1, "texts": {"en": {"said": "", "did": "x"}}, "first_day": "x"}]}, "cards"),
        ({"cards": [{"id": 1, "texts": {"en": {"said": "a", "did": "x"}}, "first_day": "x"}]}, "cards.1"),
    ],
)
def test_what_makes_no_screen_is_refused_in_words(tmp_path: Path, value: Any, problem: str) -> None:
    with kiosk_stage(tmp_path) as stage, pytest.raises(BadConfig) as refused:
        contents_of(Contents(stage.config.kiosk), value)
    assert problem in str(refused.value)
