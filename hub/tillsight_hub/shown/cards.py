"""Cards: what customers said and what was done about it, by place, language and days."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from tillsight_models.wanted import LONGEST_CARD, MOST_CARDS, SPOKEN, WantedCard

from ..access.audit import record
from ..access.clock import now_ms
from ..tables import card
from ..wanted.sections import note_change
from .errors import BadLook, UnknownSurvey

Words = Mapping[str, Mapping[str, str]]
"""By language: `said` and `did`."""


@dataclass(frozen=True)
class Card:
    """One card as it is kept."""

    id: int
    place: str
    texts: Words
    first_day: str
    last_day: str | None
    case_id: int | None = None
    created: int = 0
    actor: str = ""

    def is_over(self, day: str) -> bool:
        """Whether its last day was before this local day."""
        return self.last_day is not None and self.last_day < day

    def wanted(self) -> dict[str, Any]:
        """As devices get it."""
        return {
            "id": self.id,
            "texts": self.texts,
            "first_day": self.first_day,
            "last_day": self.last_day,
        }


def read_cards(connection: Connection, places: Iterable[str] | None = None) -> list[Card]:
    """The newest first."""
    query = select(card).order_by(card.c.id.desc())
    if places is not None:
        query = query.where(card.c.place.in_(list(places)))
    return [_card(row) for row in connection.execute(query).mappings()]


def find_card(connection: Connection, number: int) -> Card:
    """UnknownSurvey where there is none."""
    row = connection.execute(select(card).where(card.c.id == number)).mappings().one_or_none()
    if row is None:
        raise UnknownSurvey(f"card {number}: there is none")
    return _card(row)


def put_card(connection: Connection, new: Card, actor: str) -> int:
    """Write a card, a new one where its id is 0; BadLook says what is wrong by field."""
    if problems := card_problems(new):
        raise BadLook(problems)
    values = {
        "place": new.place,
        "texts": json.dumps(new.texts, ensure_ascii=False),
        "first_day": new.first_day,
        "last_day": new.last_day,
        "case_id": new.case_id,
        "created": now_ms(),
        "actor": actor,
    }
    if new.id:
        connection.execute(update(card).where(card.c.id == new.id).values(values))
        number = new.id
    else:
        number = int(connection.scalar(insert(card).values(values).returning(card.c.id)) or 0)
    record(connection, actor, "card.put", f"{number} {new.place}")
    note_change(connection)
    return number


def remove_card(connection: Connection, number: int, actor: str) -> None:
    """Take it down."""
    connection.execute(delete(card).where(card.c.id == number))
    record(connection, actor, "card.remove", str(number))
    note_change(connection)


def card_problems(new: Card) -> dict[str, str]:
    """By field; the values are keys of texts with what they need, see pages."""
    problems: dict[str, str] = {}
    if not new.texts:
        problems["texts"] = "empty"
    for language, words in new.texts.items():
        for name in ("said", "did"):
            if language not in SPOKEN or not 1 <= len(words.get(name, "").strip()) <= LONGEST_CARD:
                problems[f"{name}_{language}"] = f"1-{LONGEST_CARD}"
    for name, day in (("first_day", new.first_day), ("last_day", new.last_day)):
        if day is not None and not _is_day(day):
            problems[name] = "day"
    if not problems and new.is_over(new.first_day):
        problems["last_day"] = "before"
    return problems


def wanted_of(cards: Iterable[Card], path: tuple[str, ...], day: str) -> list[dict[str, Any]]:
    """Those of a touchpoint that are not over, the newest ones."""
    return [each.wanted() for each in cards if each.place in path and not each.is_over(day)][:MOST_CARDS]


def is_shown(new: Card, day: str) -> bool:
    """Whether it is on screens on this local day."""
    return WantedCard(id=0, texts={}, first_day=new.first_day, last_day=new.last_day).is_shown_on(day)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _card(row: RowMapping) -> Card:
    names = ("id", "place", "first_day", "last_day", "case_id", "created", "actor")
    return Card(texts=json.loads(row["texts"]), **{name: row[name] for name in names})
