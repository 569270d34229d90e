"""From a vote to thanks: what the kiosk asks one shopper, as a machine without screen and panel."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from tillsight_models.continuation import VISIT_BYTES
from tillsight_models.events import Payload, QuestionAnswered, ReasonGiven, SurveyEnded
from tillsight_models.surveys import (
    LONGEST_TEXT,
    Answer,
    Question,
    Survey,
    next_question,
    options_for,
)

from ..feedback import Vote
from ..ports import Clock
from .ration import Ration, RationMemory
from .screens import (
    DONE,
    SKIP,
    Ease,
    Screen,
    State,
    choices_of,
    in_language,
    next_window,
    reached_by_panel,
)
from .visit import OpenVisit, Visit


@dataclass(frozen=True)
class Pace:
    """Times in seconds, and the buttons of the panel."""

    idle_s: float = 20.0
    warning_s: float = 10.0
    thanks_s: float = 6.0
    attract_s: float = 60.0
    """0: no attract screen."""
    undo_s: float = 3.0
    settle_s: float = 0.6
    """A press so soon after a new screen was not meant for it."""
    buttons: int = 0
    """That rate; 0: answers come by touch only."""


class Session:
    """One touchpoint's screen. Every call returns the events that it makes, oldest first.

    Not for several threads. Nothing of a visit outlives it: the next shopper gets a new one.
    """

    def __init__(
        self,
        survey: Survey | None,
        pace: Pace,
        clock: Clock,
        *,
        languages: tuple[str, ...] = ("en",),
        new_id: Callable[[], str] = lambda: secrets.token_hex(VISIT_BYTES),
    ) -> None:
        self._survey = survey
        self._pace = pace
        self._clock = clock
        self._languages = languages
        self._new_id = new_id
        self._ration = Ration(survey) if survey else None
        self._rested = RationMemory()
        """What was known when there was last no survey."""
        self._language = languages[0]
        self._ease = Ease()
        self._state: State = "rate"
        self._visit: Visit | None = None
        self._question: Question | None = None
        self._window = 0
        self._number = 1
        self._undone = False
        self._shown_ms = self._acted_ms = clock.mono_ms()

    @property
    def state(self) -> State:
        """What is shown."""
        return self._state

    @property
    def is_resting(self) -> bool:
        """Whether nobody is in the middle of something: not in a visit, not in another language, and not
        about to choose again."""
        is_free = self._visit is None and self._state in ("rate", "attract")
        if self._undone or self._is_adapted:
            return is_free and self._clock.mono_ms() - self._acted_ms >= self._pace.idle_s * 1000
        return is_free

    def change(self, survey: Survey | None, pace: Pace, languages: tuple[str, ...]) -> bool:
        """Other contents for the next shopper; False while there is one. What was asked today counts on."""
        if not self.is_resting:
            return False
        if survey is None:
            self._rested, self._ration = self.ration, None
        elif self._ration is None:
            self._ration = Ration(survey)
            self._ration.recall(self._rested)
        else:
            self._ration.change(survey)
        self._survey, self._pace, self._languages = survey, pace, languages
        self._language = languages[0]
        self._number += 1
        return True

    def voted(self, vote: Vote) -> list[Payload]:
        """A press was stored. Of who presses again and again, only the first press asks for a reason."""
        if vote.is_repeat and self._visit is not None:
            return []
        if self._state == "thanks":
            self._forget_wishes()
        ended = self._end("timeout")
        left_out: frozenset[str] = frozenset()
        if self._ration is not None:
            left_out = self._ration.left_out(vote.mono_ms, self._clock.stamp().t)
        self._visit = Visit(self._new_id(), vote, left_out)
        if vote.is_repeat:
            self._show("thanks")
        else:
            self._ask_next()
        return ended

    def undone(self) -> list[Payload]:
        """The press was taken back: there is no vote to ask about, and the same shopper chooses again."""
        ended = self._end(None)
        self._show("rate")
        self._undone = True
        return ended

    def is_asking(self, mono_ms: int) -> bool:
        """Whether a button that was pressed then was meant for a question, and not as a rating."""
        is_question = self._state in ("reasons", "questionnaire") and self._pace.buttons > 1
        return is_question and mono_ms >= self._shown_ms + self._pace.settle_s * 1000

    def press(self, button: int) -> list[Payload]:
        """A button of the panel while a question is shown: choice n of those that it reaches."""
        if self._is_warning():
            return self.stay()
        screen = self.screen()
        self._touched()
        if button == screen.more:
            self._window = next_window(len(screen.choices), self._window, self._pace.buttons)
            return []
        meant = [each.id for each in screen.choices if each.button == button]
        return self.choose(meant[0], self._number) if meant else []

    def choose(self, id: str, number: int) -> list[Payload]:
        """A choice of the screen of this number; one of a screen that is gone does nothing."""
        question, visit = self._question, self._visit
        if number != self._number or question is None or visit is None:
            return []
        self._touched()
        if id in {each.id for each in self.screen().choices}:
            return self._chosen(id, question, visit)
        return []

    def write(self, text: str, number: int) -> list[Payload]:
        """A text as the answer to the question of this number; an empty one skips it."""
        if number != self._number or self._question is None or self._question.kind != "text":
            return []
        self._touched()
        return self._answer(text.strip()[:LONGEST_TEXT] or None)

    def speak(self, language: str) -> None:
        """Another language, until the visit is over."""
        if language in self._languages:
            self._language = language
            self._touched()

    def adapt(self, name: str) -> None:
        """Switch larger letters, stronger contrast or reading aloud on or off, until the visit is over."""
        self._ease = self._ease.turned(name)
        self._touched()

    @property
    def visit(self) -> tuple[str, Vote] | None:
        """The id of the visit that is on the screen, and its vote."""
        return None if self._visit is None else (self._visit.id, self._visit.vote)

    @property
    def open_visit(self) -> OpenVisit | None:
        """The questionnaire that is under way; None while there is none."""
        if self._survey is None or self._visit is None or self._question is None or not self._visit.began:
            return None
        return OpenVisit(self._visit.id, self._survey.id, self._survey.version, self._language)

    @property
    def ration(self) -> RationMemory:
        """Quotas and turns, as far as they are to be known after a restart; they outlive a survey."""
        return self._ration.memory if self._ration else self._rested

    def recall_ration(self, memory: RationMemory) -> None:
        """After a restart; a survey may come later."""
        self._rested = memory
        if self._ration is not None:
            self._ration.recall(memory)

    def recall(self, vote: Vote) -> None:
        """A vote of just before a restart: it is thanked for, and can still be taken back."""
        self._visit = Visit(self._new_id(), vote, frozenset())
        self._show("thanks")

    def leave(self, number: int) -> list[Payload]:
        """Enough: the shopper ends the questions, and is thanked."""
        visit = self._visit
        if number != self._number or visit is None or self._question is None:
            return []
        ended = self._end("skipped")
        self._visit = visit  # whose rating is thanked for
        self._show("thanks")
        return ended

    def close(self) -> list[Payload]:
        """The kiosk ends."""
        ended = self._end("timeout")
        self._rest()
        return ended

    def stay(self) -> list[Payload]:
        """Still there: begin to wait anew."""
        self._touched()
        return []

    def wake(self) -> list[Payload]:
        """Somebody touched the attract screen."""
        if self._state == "attract":
            self._rest()
        self._touched()
        return []

    def contact(self) -> None:
        """A customer was served."""
        if self._ration is not None:
            self._ration.contact()

    def tick(self) -> list[Payload]:
        """Time passes: warn, clear what nobody goes on with, and go back to rest."""
        silent_s = (self._clock.mono_ms() - self._acted_ms) / 1000
        pace = self._pace
        if self._state in ("reasons", "questionnaire"):
            if silent_s < pace.idle_s + pace.warning_s:
                return []
            ended = self._end("timeout")
            self._rest()
            return ended
        if self._state == "thanks" and silent_s >= pace.thanks_s:
            self._end(None)
            self._rest()
        elif self._state == "rate" and silent_s >= pace.idle_s and self._is_adapted:
            self._rest()
        elif self._state == "rate" and pace.attract_s and silent_s >= pace.attract_s:
            self._show("attract")
        return []

    def screen(self) -> Screen:
        """What is to be seen now."""
        now_ms, visit, question = self._clock.mono_ms(), self._visit, self._question
        undo_ms = 0
        if visit is not None:
            undo_ms = max(0, round(visit.vote.mono_ms + self._pace.undo_s * 1000 - now_ms))
        row, step = self._row()
        choices = (
            choices_of(question, self._language, visit.vote.rating, visit.chosen)
            if question and visit
            else []
        )
        more = None
        if self._pace.buttons > 1:
            choices, more = reached_by_panel(choices, self._window, self._pace.buttons)
        return Screen(
            number=self._number,
            state=self._state,
            language=self._language,
            ease=self._ease,
            kind=question.kind if question else "",
            title=in_language(question.text, self._language) if question else "",
            row=in_language(question.options[row].text, self._language) if question and step else "",
            step=step,
            ends=question.ends.get(self._language) if question else None,
            choices=choices,
            more=more,
            rating=visit.vote.rating if visit else None,
            undo_ms=undo_ms,
            warning_ms=self._warning_ms(now_ms),
            undone=self._undone,
        )

    def _chosen(self, id: str, question: Question, visit: Visit) -> list[Payload]:
        if id == SKIP:
            return self._answer(dict(visit.rows) or None)
        if id == DONE:
            return self._answer(sorted(visit.chosen) or (None if question.optional else []))
        if question.kind == "multiple":
            visit.chosen = [each for each in (*visit.chosen, id) if each != id or id not in visit.chosen]
            return []
        if question.kind == "matrix":
            return self._point_of_row(question, visit, int(id))
        return self._answer(int(id) if question.kind in ("rating", "nps") else id)

    def _row(self) -> tuple[int, tuple[int, int] | None]:
        """The row of a matrix that is asked about, and that as a step of so many."""
        question, visit = self._question, self._visit
        if question is None or visit is None or question.kind != "matrix":
            return 0, None
        rows = options_for(question, visit.vote.rating)
        waiting = [each.id for each in rows if each.id not in visit.rows]
        place = next(place for place, each in enumerate(question.options) if each.id == waiting[0])
        return place, (len(visit.rows) + 1, len(rows))

    def _point_of_row(self, question: Question, visit: Visit, point: int) -> list[Payload]:
        row, _ = self._row()
        visit.rows[question.options[row].id] = point
        if len(visit.rows) == len(options_for(question, visit.vote.rating)):
            return self._answer(dict(visit.rows))
        self._show(self._state)
        return []

    def _answer(self, answer: Answer) -> list[Payload]:
        """The answer to the question that is shown, as an event; then the next question, or thanks."""
        question, visit = self._question, self._visit
        assert question is not None and visit is not None
        if answer is None and not question.optional:
            return []
        visit.answers[question.id] = answer
        made = [self._told(question, visit, answer)]
        if self._ration is not None and answer is not None:
            self._ration.answered(question.id)
        visit.chosen, visit.rows = [], {}
        self._ask_next()
        if self._question is None and visit.began:
            made.append(self._survey_ended(visit, "complete" if visit.given else "abandoned"))
        return made

    def _told(self, question: Question, visit: Visit, answer: Answer) -> Payload:
        if question.kind == "reason":
            if answer is None:
                return ReasonGiven(press=visit.vote.seq, outcome="skipped")
            return ReasonGiven(press=visit.vote.seq, reason=str(answer))
        assert self._survey is not None
        visit.given += answer is not None
        return QuestionAnswered(
            survey=self._survey.id,
            survey_version=self._survey.version,
            visit=visit.id,
            question=question.id,
            value=answer,
            language=self._language,
        )

    def _ask_next(self) -> None:
        visit, survey = self._visit, self._survey
        assert visit is not None
        following = None
        if survey is not None:
            following = next_question(survey, visit.answers, visit.vote.rating, visit.left_out)
        self._question = following
        if following is None:
            self._show("thanks")
            return
        if following.kind != "reason" and not visit.began:
            visit.began = True
            if self._ration is not None:
                self._ration.began(self._clock.mono_ms())
        self._show("reasons" if following.kind == "reason" else "questionnaire")

    def _end(self, why: str | None) -> list[Payload]:
        """Forget the shopper; what was begun and not finished is told as such.

        `why`: `timeout`, `skipped` (the shopper had enough), or None (the press was taken back).
        """
        visit, question = self._visit, self._question
        self._visit = self._question = None
        if visit is None or question is None:
            return []
        if question.kind == "reason":
            if why == "timeout":
                return [ReasonGiven(press=visit.vote.seq, outcome="timeout")]
            return [ReasonGiven(press=visit.vote.seq, outcome="skipped")] if why else []
        made = [self._told(question, visit, dict(visit.rows))] if visit.rows else []
        left = "partial" if visit.given else "abandoned"
        return [*made, self._survey_ended(visit, "timeout" if why == "timeout" else left)]

    def _survey_ended(self, visit: Visit, outcome: str) -> Payload:
        assert self._survey is not None
        return SurveyEnded(
            survey=self._survey.id,
            survey_version=self._survey.version,
            visit=visit.id,
            outcome=outcome,  # type: ignore[arg-type]
            language=self._language,
        )

    def _rest(self) -> None:
        """As the first shopper of the day found it."""
        self._visit = self._question = None
        self._forget_wishes()
        self._show("rate")

    @property
    def _is_adapted(self) -> bool:
        return self._language != self._languages[0] or self._ease != Ease()

    def _forget_wishes(self) -> None:
        self._language, self._ease = self._languages[0], Ease()

    def _show(self, state: State) -> None:
        self._state = state
        self._number += 1
        self._window = 0
        self._undone = False
        self._shown_ms = self._clock.mono_ms()
        self._touched()

    def _touched(self) -> None:
        self._acted_ms = self._clock.mono_ms()

    def _is_warning(self) -> bool:
        return self._warning_ms(self._clock.mono_ms()) is not None

    def _warning_ms(self, now_ms: int) -> int | None:
        """Milliseconds until the screen is cleared, once that is near."""
        if self._state not in ("reasons", "questionnaire"):
            return None
        silent_ms = now_ms - self._acted_ms
        idle_ms, warning_ms = self._pace.idle_s * 1000, self._pace.warning_s * 1000
        return round(max(0, idle_ms + warning_ms - silent_ms)) if silent_ms >= idle_ms else None
