"""How seldom shoppers are asked for more than a rating: quotas, fatigue cap, and whose turn it is."""

from collections import Counter
from datetime import UTC, datetime

import msgspec

from tillsight_models.surveys import Survey, rotated_out


class RationMemory(msgspec.Struct, frozen=True):
    """What is known again after a restart: numbers, and ids of questions."""

    day: int | None = None
    asked: int = 0
    answered: dict[str, int] = {}
    turn: int = 0
    last_ms: int | None = None
    contacts_since: int | None = None


class Ration:
    """Counts what was asked at this touchpoint; a new day begins anew."""

    def __init__(self, survey: Survey) -> None:
        self._survey = survey
        self._day: int | None = None
        self._asked = 0
        """Questionnaires of the day."""
        self._answered: Counter[str] = Counter()
        self._turn = 0
        self._last_ms: int | None = None
        self._contacts_since: int | None = None
        """Contacts since the last questionnaire; None before the first one."""

    def change(self, survey: Survey) -> None:
        """Another version, or another survey, at the same touchpoint."""
        self._survey = survey

    @property
    def memory(self) -> RationMemory:
        """For a restart."""
        return RationMemory(
            day=self._day,
            asked=self._asked,
            answered=dict(self._answered),
            turn=self._turn,
            last_ms=self._last_ms,
            contacts_since=self._contacts_since,
        )

    def recall(self, memory: RationMemory) -> None:
        """After a restart."""
        self._day, self._asked, self._turn = memory.day, memory.asked, memory.turn
        self._answered = Counter(memory.answered)
        self._last_ms, self._contacts_since = memory.last_ms, memory.contacts_since

    def contact(self) -> None:
        """One more customer was served."""
        if self._contacts_since is not None:
            self._contacts_since += 1

    def left_out(self, mono_ms: int, wall_ms: int) -> frozenset[str]:
        """Questions that the shopper of this moment is not asked; fatigue spares the reasons."""
        self._new_day(wall_ms)
        full = {
            each.id
            for each in self._survey.questions
            if each.per_day is not None and self._answered[each.id] >= each.per_day
        }
        if self._is_too_soon(mono_ms):
            full |= {each.id for each in self._survey.questions if each.kind != "reason"}
        return frozenset(full | rotated_out(self._survey, self._turn))

    def began(self, mono_ms: int) -> None:
        """Somebody is shown the first question of the questionnaire."""
        self._asked += 1
        self._turn += 1
        self._last_ms, self._contacts_since = mono_ms, 0

    def answered(self, question: str) -> None:
        """Somebody answered this one."""
        self._answered[question] += 1

    def _is_too_soon(self, mono_ms: int) -> bool:
        limits = self._survey.limits
        if limits.per_day and self._asked >= limits.per_day:
            return True
        if self._last_ms is None or self._contacts_since is None:
            return False
        return mono_ms - self._last_ms < limits.every_minutes * 60_000 or (
            self._contacts_since < limits.every_contacts
        )

    def _new_day(self, wall_ms: int) -> None:
        day = datetime.fromtimestamp(wall_ms / 1000, UTC).astimezone().toordinal()
        if day != self._day:
            self._day, self._asked = day, 0
            self._answered.clear()
