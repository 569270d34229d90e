"""`/touchpoints/{id}`: one touchpoint's day, from how many were served to what they said."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Header, HTTPException, Request
from starlette.responses import Response

from ..access import CurrentViewer, PageSession
from ..access.clock import now_ms
from ..live.live import Parts
from ..metrics.registry import Catalogue
from ..services import ServicesDep
from .day import Day, read_day
from .figures import axis_end
from .rendering import Pages, PagesDep
from .source import Source, SourceDep

router = APIRouter(include_in_schema=False)

PARTS = ("state", "headline", "funnel", "hours", "shares", "scores", "presses", "devices", "flags")
"""Fragments of the page that are renewed by themselves."""
HEADLINE = ("relative_dissatisfaction", "relative_satisfaction", "response_rate", "silent_share")
PER_HOUR = ("relative_dissatisfaction", "response_rate")


@router.get("/touchpoints/{touchpoint_id}")
def touchpoint(
    *,
    request: Request,
    session: PageSession,
    pages: PagesDep,
    source: SourceDep,
    touchpoint_id: str,
    day: str = "",
) -> Response:
    """The page; `day` is a business day of the touchpoint, today without it."""
    shown = _read(source, session.viewer.scope, touchpoint_id, _checked(day))
    if shown is None:
        raise HTTPException(404, "no such touchpoint")
    version, model = shown
    values = fragment_values(model, source.metrics)
    return pages.page(
        request, "touchpoint.html", session, structure=version, chosen_day=day, parts_shown=PARTS, **values
    )


@router.get("/live/touchpoints/{touchpoint_id}")
def touchpoint_stream(
    *,
    services: ServicesDep,
    viewer: CurrentViewer,
    pages: PagesDep,
    source: SourceDep,
    touchpoint_id: str,
    day: str = "",
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """The changes of the page as server-sent events."""
    chosen = _checked(day)
    with source.reading() as (_, hierarchy):
        if not hierarchy.contains(viewer.scope, touchpoint_id):
            raise HTTPException(404, "no such touchpoint")
    view = TouchpointView(pages, source, touchpoint_id, chosen)
    return services.live.respond(view, last_event_id)


class TouchpointView:
    """One day of one touchpoint, in the parts of its page; without a day, the business day of now."""

    def __init__(self, pages: Pages, source: Source, touchpoint_id: str, day: str | None) -> None:
        self.key = f"touchpoint {touchpoint_id} {day or 'today'} {pages.language}"
        self._pages = pages
        self._source = source
        self._touchpoint = touchpoint_id
        self._day = day

    def concerns(self, touchpoints: frozenset[str]) -> bool:
        return self._touchpoint in touchpoints

    def read(self, changed: frozenset[str] | None) -> Parts:  # noqa: ARG002 - whatever changed, it was here
        shown = _read(self._source, None, self._touchpoint, self._day)
        if shown is None:
            return {}
        version, model = shown
        values = fragment_values(model, self._source.metrics)
        counts = model.counts
        return {
            "structure": msgspec.json.encode(version),
            "counts": msgspec.json.encode(
                {"presses": counts.presses, "responses": counts.accepted, "contacts": counts.contacts}
            ),
            **{
                name: msgspec.json.encode({"html": self._pages.html(f"touchpoint/{name}.html", **values)})
                for name in PARTS
            },
        }


def fragment_values(model: Day, metrics: Catalogue) -> Mapping[str, Any]:
    """What the page's fragments show."""
    per_person = [model.numbers[metric].score for metric in HEADLINE[:2]]
    return {
        "model": model,
        "place": model.place,
        "headline": [model.numbers[metric] for metric in HEADLINE],
        "axis_end": axis_end(per_person),
        "per_hour": metrics.chosen(PER_HOUR),
    }


def _read(source: Source, scope: str | None, touchpoint_id: str, day: str | None) -> tuple[str, Day] | None:
    """Version of the hierarchy with the day shown, and the day; None outside the scope.

    A page of today is another one tomorrow: its title and its links speak of the day.
    """
    with source.reading() as (connection, hierarchy):
        if not hierarchy.contains(scope, touchpoint_id):
            return None
        model = read_day(connection, hierarchy.touchpoints[touchpoint_id], day, source.metrics, now_ms())
        return f"{hierarchy.version}/{model.day}", model


def _checked(day: str) -> str | None:
    if not day:
        return None
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError:
        raise HTTPException(404, f"day {day!r}: expected a date like 2026-03-29") from None
