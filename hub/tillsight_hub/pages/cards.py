"""`/cards`: you said, we did. Written for a place and its days, also from a case that is closed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import APIRouter, HTTPException
from sqlalchemy import Connection, select
from starlette.responses import RedirectResponse, Response

from tillsight_models.wanted import LONGEST_CARD, SPOKEN

from ..access.forms import CheckedForm
from ..hierarchy import Hierarchy
from ..shown.cards import Card, find_card, is_shown, put_card, read_cards, remove_card
from ..shown.errors import BadLook
from ..shown.places import has_whole, names_of, own_places
from ..shown.preview import kiosk_words
from ..tables import service_case
from ..wanted.keeping import Wanted, read_wanted
from .desk import Desk, DeskDep
from .screens import shows_card

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class CardLine:
    """A card with what the list says of it."""

    card: Card
    place: str
    state: str
    """`shown`, `planned` or `over`."""
    screens: tuple[tuple[str, bool], ...]
    """Touchpoints that the viewer sees, by device: their names, and whether the device has taken it over."""
    may_change: bool

    @property
    def taken(self) -> int:
        """How many have."""
        return sum(has for _, has in self.screens)


@router.get("/cards")
def cards_page(desk: DeskDep, case: int | None = None) -> Response:
    """All cards, and the form for a new one; `case` is a closed case that it tells the end of."""
    fields = {} if case is None else _of_case(desk, case)
    return _page(desk, fields)


@router.get("/cards/{number}")
def card_page(desk: DeskDep, number: int) -> Response:
    """The form of a card."""
    with desk.reading() as (connection, hierarchy):
        card = _own(desk, connection, hierarchy, number)
    fields = {"id": str(card.id), "place": card.place, "first_day": card.first_day}
    fields |= {"last_day": card.last_day or "", "case": str(card.case_id or "")}
    for language, words in card.texts.items():
        fields |= {f"said_{language}": words["said"], f"did_{language}": words["did"]}
    return _page(desk, fields)


@router.post("/cards")
def keep_card(desk: DeskDep, form: CheckedForm) -> Response:
    """Write it."""
    desk.must_keep()
    sent = {name: str(value).strip() for name, value in form.items()}
    new = _card(sent)
    try:
        with desk.writing() as (connection, hierarchy):
            desk.must_have(hierarchy, new.place)
            if new.id:
                _own(desk, connection, hierarchy, new.id)
            put_card(connection, new, desk.viewer.name)
    except BadLook as error:
        return _page(desk, sent, error.problems, 422)
    return RedirectResponse("/cards", 303)


@router.post("/cards/{number}/remove")
def take_down(desk: DeskDep, number: int, form: CheckedForm) -> Response:  # noqa: ARG001 - checked
    """No screen shows it any more."""
    desk.must_keep()
    with desk.writing() as (connection, hierarchy):
        _own(desk, connection, hierarchy, number)
        remove_card(connection, number, desk.viewer.name)
    return RedirectResponse("/cards", 303)


def _card(sent: Mapping[str, str]) -> Card:
    texts = {
        language: {name: sent.get(f"{name}_{language}", "") for name in ("said", "did")}
        for language in SPOKEN
        if sent.get(f"said_{language}") or sent.get(f"did_{language}")
    }
    numbers = {name: int(sent[name]) if sent.get(name, "").isdecimal() else 0 for name in ("id", "case")}
    return Card(
        id=numbers["id"],
        place=sent.get("place", ""),
        texts=texts,
        first_day=sent.get("first_day", "") or _today(),
        last_day=sent.get("last_day") or None,
        case_id=numbers["case"] or None,
    )


def _page(
    desk: Desk, fields: Mapping[str, str], problems: Mapping[str, str] | None = None, status: int = 200
) -> Response:
    with desk.reading() as (connection, hierarchy):
        wanted, cards = read_wanted(connection), read_cards(connection)
    seen = {each.id for each in hierarchy.within(desk.viewer.scope)}
    lines = [
        _line(desk, hierarchy, wanted, each)
        for each in cards
        if seen & {place.id for place in hierarchy.within(each.place)}
    ]
    return desk.page(
        "cards.html",
        status,
        lines=lines,
        own=own_places(hierarchy, desk.viewer),
        fields={"first_day": _today(), **fields},
        problems=problems or {},
        spoken=[(each, kiosk_words(each)) for each in SPOKEN],
        longest=LONGEST_CARD,
    )


def _line(desk: Desk, hierarchy: Hierarchy, wanted: Mapping[str, Wanted], card: Card) -> CardLine:
    inside = {each.id for each in hierarchy.within(card.place)}
    inside &= {each.id for each in hierarchy.within(desk.viewer.scope)}
    boxes = [
        each for each in hierarchy.devices.values() if each.touchpoint_id in inside and not each.is_import
    ]
    names, today = names_of(hierarchy), _today()
    return CardLine(
        card,
        names.get(card.place, card.place),
        "over" if card.is_over(today) else "shown" if is_shown(card, today) else "planned",
        tuple((names[each.touchpoint_id], shows_card(wanted.get(each.id), card.id)) for each in boxes),
        desk.keeps and has_whole(hierarchy, desk.viewer, card.place),
    )


def _own(desk: Desk, connection: Connection, hierarchy: Hierarchy, number: int) -> Card:
    """404 where it is not wholly theirs."""
    try:
        card = find_card(connection, number)
    except LookupError as error:
        raise HTTPException(404, str(error)) from error
    desk.must_have(hierarchy, card.place)
    return card


def _of_case(desk: Desk, number: int) -> dict[str, str]:
    """What a closed case says, as the beginning of a card; 404 for one that is open or somewhere else."""
    query = select(service_case).where(service_case.c.id == number)
    with desk.reading() as (connection, hierarchy):
        found = connection.execute(query).mappings().one_or_none()
        seen = {each.id for each in hierarchy.within(desk.viewer.scope)}
    if found is None or found["tp"] not in seen or found["state"] != "closed":
        raise HTTPException(404, f"case {number}: there is no closed case of this number")
    language = desk.pages.language
    return {
        "case": str(number),
        "place": found["tp"],
        f"said_{language}": found["title"][:LONGEST_CARD],
        f"did_{language}": (found["outcome"] or "")[:LONGEST_CARD],
    }


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
