"""What the page of an audit asks and tells."""

from typing import Annotated

import msgspec

from ..audit import AuditSession
from .server import Answer, Route, as_json

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Tapped(msgspec.Struct, frozen=True):
    """A served customer walked away."""

    id: Id
    age_ms: Annotated[int, msgspec.Meta(ge=0, le=86_400_000)]
    pressed: bool = False


class Corrected(msgspec.Struct, frozen=True):
    """The customer of a tap pressed a button after all, or did not."""

    id: Id
    pressed: bool


class TakenBack(msgspec.Struct, frozen=True):
    """A tap that was a mistake."""

    id: Id


def audit_routes(session: AuditSession, touchpoint: str, *, groups: bool) -> dict[str, Route]:
    """Every answer is the session as it is then; `groups`: the counter counts groups as one."""

    def view() -> Answer:
        return as_json({"touchpoint": touchpoint, "groups": groups, **session.view()})

    def look(_: bytes) -> Answer:
        return view()

    def begin(_: bytes) -> Answer:
        session.begin()
        return view()

    def end(_: bytes) -> Answer:
        session.end()
        return view()

    def tap(body: bytes) -> Answer:
        tapped = msgspec.json.decode(body, type=Tapped)
        session.tap(tapped.id, tapped.age_ms, tapped.pressed)
        return view()

    def correct(body: bytes) -> Answer:
        corrected = msgspec.json.decode(body, type=Corrected)
        session.correct(corrected.id, corrected.pressed)
        return view()

    def take_back(body: bytes) -> Answer:
        session.take_back(msgspec.json.decode(body, type=TakenBack).id)
        return view()

    return {
        "GET state": look,
        "POST begin": begin,
        "POST end": end,
        "POST tap": tap,
        "POST correct": correct,
        "POST take-back": take_back,
    }
