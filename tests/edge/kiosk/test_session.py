"""What one shopper is asked, and that nothing of it is left for the next one."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.kiosks import LANGUAGES, LIKELY, WHY, question, store_survey, survey_of

from tillsight_edge.fakes import FakeClock
from tillsight_edge.feedback import Vote
from tillsight_edge.kiosk.screens import DONE, SKIP
from tillsight_edge.kiosk.session import Pace, Session
from tillsight_models.events import Payload, QuestionAnswered, ReasonGiven, SurveyEnded
from tillsight_models.surveys import Survey

PACE = Pace(buttons=4)


class Shopper:
    """One session on a clock of its own, and all events that it made."""

    def __init__(self, survey: Survey | None = None, pace: Pace = PACE) -> None:
        self.clock = FakeClock()
        ids = iter(range(1, 1000))
        self.session = Session(
            survey or store_survey(), pace, self.clock, languages=LANGUAGES, new_id=lambda: f"v{next(ids)}"
        )
        self.made: list[Payload] = []
        self.seq = 0

    def vote(self, rating: int, *, is_repeat: bool = False) -> None:
        self.seq += 1
        vote = Vote(self.seq, rating, is_repeat, self.clock.mono_ms())
        self.made += self.session.voted(vote)

    def touch(self, *ids: str) -> None:
        for id in ids:
            self.clock.advance(1)
            self.made += self.session.choose(id, self.session.screen().number)

    def press(self, *buttons: int) -> None:
        for button in buttons:
            self.clock.advance(1)
            assert self.session.is_asking(self.clock.mono_ms())
            self.made += self.session.press(button)

    def write(self, text: str) -> None:
        self.clock.advance(1)
        self.made += self.session.write(text, self.session.screen().number)

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.made += self.session.tick()

    @property
    def state(self) -> str:
        return str(self.session.state)

    @property
    def values(self) -> dict[str, Any]:
        return {each.question: each.value for each in self.made if isinstance(each, QuestionAnswered)}

    @property
    def outcome(self) -> str:
        ends = [each.outcome for each in self.made if isinstance(each, SurveyEnded)]
        assert len(ends) == 1, self.made
        return ends[0]


def test_a_bad_rating_is_asked_why_and_then_all_that_follows() -> None:
    shopper = Shopper()
    shopper.vote(2)
    assert shopper.state == "reasons"
    shopper.touch("queue", "3", "bread", "fruit", DONE, "4", "5")
    shopper.write("More tills, please.")
    assert shopper.made[0] == ReasonGiven(press=1, reason="queue")
    assert shopper.values == {
        "likely": 3,
        "came-for": ["bread", "fruit"],
        "satisfied": {"air": 4, "light": 5},
        "words": "More tills, please.",
    }
    assert shopper.outcome == "complete"
    assert shopper.state == "thanks"
    assert {each.visit for each in shopper.made if isinstance(each, QuestionAnswered)} == {"v1"}


def test_the_panel_answers_with_the_same_events_as_touches() -> None:
    touching, pressing = Shopper(), Shopper()
    touching.vote(1)
    touching.touch("clean", "8", "bread", "wine", "bread", DONE, "2", SKIP, SKIP)
    pressing.vote(1)
    answer_by_panel(pressing, "clean", "8", "bread", "wine", "bread", DONE, "2", SKIP, SKIP)
    assert pressing.made == touching.made
    assert pressing.outcome == "complete"


def answer_by_panel(shopper: Shopper, *ids: str) -> None:
    """Press on until the button for the choice is there."""
    for id in ids:
        for _ in range(20):
            screen = shopper.session.screen()
            button = next(each.button for each in screen.choices if each.id == id)
            if button is not None:
                shopper.press(button)
                break
            assert screen.more
            shopper.press(screen.more)
        else:
            raise AssertionError(f"no button for {id}")


@given(rating=st.integers(1, 4), steps=st.lists(st.integers(0, 20), max_size=25), buttons=st.integers(2, 6))
def test_whatever_is_chosen_touch_and_panel_agree_and_every_visit_ends(
    rating: int, steps: list[int], buttons: int
) -> None:
    touching, pressing = Shopper(pace=Pace(buttons=buttons)), Shopper(pace=Pace(buttons=buttons))
    for shopper in (touching, pressing):
        shopper.vote(rating)
    for step in steps:
        choices = touching.session.screen().choices
        if not choices:
            break
        id = choices[step % len(choices)].id
        touching.touch(id)
        answer_by_panel(pressing, id)
    for shopper in (touching, pressing):
        shopper.wait(31)
        shopper.wait(31)
        assert shopper.state == "rate"
        assert sum(isinstance(each, SurveyEnded) for each in shopper.made) <= 1
    assert touching.made == pressing.made


def test_a_long_list_pages_by_the_last_button_and_comes_round() -> None:
    shopper = Shopper()
    shopper.vote(1)
    assert [each.button for each in shopper.session.screen().choices] == [1, 2, 3, None, None, None, None]
    assert shopper.session.screen().more == 4
    shopper.press(4)
    assert [each.button for each in shopper.session.screen().choices] == [None, None, None, 1, 2, 3, None]
    shopper.press(4, 4)
    assert shopper.session.screen().choices[0].button == 1


def test_choices_that_fit_need_no_paging() -> None:
    shopper = Shopper(survey_of(question("sure", "rating", points=[1, 3])))
    shopper.vote(4)
    assert [each.button for each in shopper.session.screen().choices] == [1, 2, 3, 4]
    assert shopper.session.screen().more is None


def test_a_good_rating_without_questions_is_thanked_at_once() -> None:
    shopper = Shopper(survey_of(WHY))
    shopper.vote(4)
    assert shopper.state == "thanks"
    shopper.wait(PACE.thanks_s)
    assert shopper.state == "rate"
    assert shopper.made == []


def test_without_a_questionnaire_a_vote_is_thanked() -> None:
    session = Session(None, PACE, FakeClock())
    assert session.voted(Vote(1, 1, False, 60_000)) == []
    assert session.state == "thanks"


@pytest.mark.parametrize(
    ("answers", "outcome"), [((), "abandoned"), (("3",), "partial"), ((SKIP,), "abandoned")]
)
def test_who_has_enough_leaves_a_partial_questionnaire(answers: tuple[str, ...], outcome: str) -> None:
    shopper = Shopper()
    shopper.vote(4)
    shopper.touch(*answers)
    shopper.made += shopper.session.leave(shopper.session.screen().number)
    assert shopper.outcome == outcome
    assert (shopper.state, shopper.session.screen().rating) == ("thanks", 4)
    shopper.wait(PACE.thanks_s)
    assert (shopper.state, shopper.session.screen().rating) == ("rate", None)
    assert shopper.outcome == outcome


def test_answered_skipped_and_timed_out_reasons_are_told_apart() -> None:
    outcomes = []
    ends: list[Callable[[Shopper], None]] = [
        lambda shopper: shopper.touch("queue"),
        lambda shopper: shopper.touch(SKIP),
        lambda shopper: shopper.wait(31),
    ]
    for end in ends:
        shopper = Shopper(survey_of(WHY))
        shopper.vote(1)
        end(shopper)
        [told] = shopper.made
        assert isinstance(told, ReasonGiven)
        outcomes.append(told.outcome)
    assert outcomes == ["answered", "skipped", "timeout"]


def test_silence_is_warned_of_then_cleared_and_a_touch_extends() -> None:
    shopper = Shopper()
    shopper.vote(4)
    shopper.touch("9")
    shopper.wait(19.9)
    assert shopper.session.screen().warning_ms is None
    shopper.wait(0.2)
    assert shopper.session.screen().warning_ms == 9_900
    shopper.made += shopper.session.stay()
    assert shopper.session.screen().warning_ms is None
    shopper.wait(29.9)
    assert shopper.state == "questionnaire"
    shopper.wait(0.2)
    assert shopper.state == "rate"
    assert shopper.outcome == "timeout"
    assert shopper.values == {"likely": 9}


def test_a_button_under_the_warning_only_extends() -> None:
    shopper = Shopper()
    shopper.vote(4)
    shopper.clock.advance(25)
    shopper.press(1)
    assert shopper.values == {}
    assert shopper.session.screen().warning_ms is None


def test_rows_that_were_answered_before_the_time_was_over_are_kept() -> None:
    shopper = Shopper()
    shopper.vote(4)
    shopper.touch("9", "3")
    shopper.wait(31)
    assert shopper.values == {"likely": 9, "satisfied": {"air": 3}}
    assert shopper.outcome == "timeout"


def test_nothing_of_one_shopper_is_left_for_the_next() -> None:
    shopper = Shopper()
    shopper.session.speak("ar")
    shopper.vote(1)
    shopper.touch("queue", "3", "bread")
    shopper.wait(31)
    fresh = Shopper()
    fresh.clock.advance_to(shopper.clock.mono_ms())
    told = msgspec.structs.replace(shopper.session.screen(), number=fresh.session.screen().number)
    assert told == fresh.session.screen()
    shopper.vote(1)
    shopper.touch("staff", "3")
    assert not any(each.chosen for each in shopper.session.screen().choices)
    visits = {each.visit for each in shopper.made if isinstance(each, QuestionAnswered)}
    assert visits == {"v1", "v2"}
    languages = [each.language for each in shopper.made if isinstance(each, QuestionAnswered)]
    assert languages == ["ar", "en"]


def test_the_next_shoppers_press_during_thanks_starts_in_the_first_language() -> None:
    shopper = Shopper(survey_of(LIKELY))
    shopper.session.speak("de")
    shopper.vote(4)
    shopper.touch("9")
    shopper.vote(3)
    assert shopper.session.screen().language == "en"
    assert shopper.session.screen().rating == 3


def test_a_press_that_is_taken_back_asks_nothing_and_keeps_the_language() -> None:
    shopper = Shopper()
    shopper.session.speak("it")
    shopper.vote(1)
    assert shopper.session.screen().undo_ms == 3_000
    shopper.made += shopper.session.undone()
    screen = shopper.session.screen()
    assert (screen.state, screen.language, screen.rating, screen.undone) == ("rate", "it", None, True)
    assert shopper.made == []
    shopper.wait(20)
    assert shopper.session.screen().language == "en"


def test_repeats_of_the_same_shopper_do_not_ask_again() -> None:
    shopper = Shopper()
    shopper.vote(1)
    shopper.vote(1, is_repeat=True)
    shopper.touch("queue")
    assert shopper.made == [ReasonGiven(press=1, reason="queue")]


def test_a_button_right_after_the_vote_is_a_rating_and_not_an_answer() -> None:
    shopper = Shopper()
    assert not shopper.session.is_asking(shopper.clock.mono_ms())
    shopper.vote(1)
    assert not shopper.session.is_asking(shopper.clock.mono_ms() + 500)
    assert shopper.session.is_asking(shopper.clock.mono_ms() + 700)


def test_a_touch_of_a_screen_that_is_gone_does_nothing() -> None:
    shopper = Shopper()
    shopper.vote(4)
    old = shopper.session.screen().number
    shopper.touch("9")
    assert shopper.session.choose("3", old) == []
    assert shopper.session.leave(old) == []
    assert shopper.session.write("hello", old) == []
    assert shopper.session.choose("no-such-choice", shopper.session.screen().number) == []


def test_a_question_that_has_to_be_answered_offers_no_skip() -> None:
    shopper = Shopper(survey_of({**LIKELY, "optional": False}, question("words", "text", optional=False)))
    shopper.vote(4)
    assert SKIP not in {each.id for each in shopper.session.screen().choices}
    shopper.touch("7")
    shopper.write("   ")
    assert shopper.state == "questionnaire"


def test_the_attract_screen_comes_when_nobody_does_anything_and_a_touch_or_a_vote_ends_it() -> None:
    shopper = Shopper()
    shopper.wait(60)
    assert shopper.state == "attract"
    shopper.made += shopper.session.wake()
    assert shopper.state == "rate"
    shopper.wait(60)
    shopper.vote(1)
    assert shopper.state == "reasons"


def test_only_some_are_asked_and_reasons_always() -> None:
    shopper = Shopper(store_survey(limits={"every_contacts": 2, "every_minutes": 5}))
    asked = []
    for contacts, minutes in ((0, 0), (0, 0), (1, 9), (1, 1), (0, 9)):
        for _ in range(contacts):
            shopper.session.contact()
        shopper.clock.advance(60 * minutes)
        shopper.vote(1)
        shopper.touch("queue")
        asked.append(shopper.state)
        shopper.wait(40)
    assert asked == ["questionnaire", "thanks", "thanks", "questionnaire", "thanks"]
    assert sum(isinstance(each, ReasonGiven) for each in shopper.made) == 5


def test_quotas_of_a_question_and_of_the_questionnaire_end_with_the_day() -> None:
    likely = {**LIKELY, "per_day": 1}
    shopper = Shopper(survey_of(likely, question("sure", "rating"), limits={"per_day": 3}))
    asked = []
    for advance in (0, 0, 0, 0, 86_400):
        shopper.clock.advance(advance)
        shopper.vote(4)
        asked.append(shopper.session.screen().title[:3])
        shopper.touch("5", "5")
        shopper.wait(40)
    assert asked == ["How", "sur", "sur", "", "How"]


def test_questions_of_a_group_take_turns() -> None:
    shopper = Shopper(
        survey_of(*(question(f"q{n}", "nps", group="poll") for n in range(3)), rotation={"poll": 1})
    )
    for _ in range(6):
        shopper.vote(4)
        shopper.touch("5")
        shopper.wait(7)
    asked = [each.question for each in shopper.made if isinstance(each, QuestionAnswered)]
    assert asked == ["q0", "q1", "q2", "q0", "q1", "q2"]
