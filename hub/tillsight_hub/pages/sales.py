"""`/sales`: what sellers do and what comes of it, live for today and place by place for a period."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from fastapi import APIRouter, Header, Query, Request
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from starlette.responses import Response

from ..access import CurrentViewer, PageSession
from ..access.clock import now_ms
from ..api.value import ValueOut, ValueQuery, value
from ..charts.drawing import Drawing
from ..charts.selling import SellingHour, selling_hours
from ..live.live import Parts
from ..periods import Period
from ..services import ServicesDep
from ..viewer import Viewer
from .choosing import choose, place_options, range_of, today_of
from .compare import BYS, places_within
from .rendering import Pages, PagesDep
from .selling import Selling, hours_period, read_hours, read_selling, read_teams, read_today, together
from .source import Source, SourceDep
from .standings import By

router = APIRouter(include_in_schema=False)

VALUE_FIELDS = (
    *("margin", "discount", "customers", "customers_after", "cost"),
    *("retention", "retention_after", "n", "n_after"),
)
EXAMPLE = dict(zip(VALUE_FIELDS, ("120", "0.1", "1000", "", "20000", "0.8", "0.82", "500", ""), strict=True))


@router.get("/sales")
def sales(
    *,
    request: Request,
    session: PageSession,
    pages: PagesDep,
    source: SourceDep,
    by: By = "store",
) -> Response:
    """The page."""
    scope, now, metrics = session.viewer.scope, now_ms(), source.metrics
    with source.reading() as (connection, hierarchy):
        place = request.query_params.get("place") or None
        places = places_within(hierarchy, scope, place)
        choice = choose(request.query_params, pages, today_of(places, now))
        period, asked = choice.period, place or scope
        today = read_today(connection, places, asked, metrics, now)
        found = read_selling(
            connection, hierarchy, places, asked=asked, period=period, by=by, metrics=metrics, now=now
        )
        shown_hours = hours_period(period)
        hours = read_hours(connection, places, shown_hours)
        teams = read_teams(connection, places, period, metrics, now)
    stores = {id: place.store_id for id, place in hierarchy.touchpoints.items()}
    scales: dict[str, list[Selling]] = {}
    for each in found:
        scales.setdefault(each.counts.scale.id, []).append(each)
    return pages.page(
        request,
        "sales.html",
        session,
        choice.status,
        structure=str(hierarchy.version),
        choice=choice,
        options=place_options(hierarchy, scope),
        by=by,
        bys=BYS,
        today=today,
        rows=[each for each in found if each.sells],
        silent=sum(not each.sells for each in found),
        totals=[
            together([each.group for each in members], asked, period, metrics, stores)
            for members in scales.values()
        ],
        hours=_hours(pages, hours, shown_hours),
        teams=teams,
        metrics=metrics,
    )


@router.get("/live/sales")
async def sales_stream(
    *,
    services: ServicesDep,
    viewer: CurrentViewer,
    pages: PagesDep,
    source: SourceDep,
    place: Annotated[str, Query(max_length=40)] = "",
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Today's numbers as server-sent events."""
    with source.reading() as (_, hierarchy):
        places_within(hierarchy, viewer.scope, place or None)
    return services.live.respond(SalesView(pages, source, place or viewer.scope), last_event_id)


@router.get("/sales/worth")
def worth(request: Request, session: PageSession, pages: PagesDep) -> Response:
    """What a better experience earned for its cost, reckoned from one's own figures."""
    given = request.query_params
    typed = {name: given[name] for name in VALUE_FIELDS if given.get(name)}
    found, problems = _worth(session.viewer, typed, pages) if typed else (None, {})
    return pages.page(
        request,
        "worth.html",
        session,
        422 if problems else 200,
        fields=VALUE_FIELDS,
        typed=typed or EXAMPLE,
        problems=problems,
        found=found,
    )


class SalesView:
    """Today at one place, in one part."""

    def __init__(self, pages: Pages, source: Source, place: str | None) -> None:
        self.key = f"sales {place or '*'} {pages.language}"
        self._pages = pages
        self._source = source
        self._place = place
        self._touchpoints: frozenset[str] = frozenset()

    def concerns(self, touchpoints: frozenset[str]) -> bool:
        return not touchpoints.isdisjoint(self._touchpoints)

    def read(self, changed: frozenset[str] | None) -> Parts:  # noqa: ARG002 - sums change wherever it was
        metrics = self._source.metrics
        with self._source.reading() as (connection, hierarchy):
            places = hierarchy.within(self._place)
            self._touchpoints = frozenset(place.id for place in places)
            today = read_today(connection, places, self._place, metrics, now_ms())
        html = self._pages.html("sales/today.html", today=today, metrics=metrics)
        return {
            "structure": msgspec.json.encode(str(hierarchy.version)),
            "today": msgspec.json.encode({"html": html}),
        }


def _hours(pages: Pages, hours: list[SellingHour], period: Period) -> Drawing | None:
    if not any(hour.receipts or hour.attempts for hour in hours):
        return None
    return selling_hours(
        pages,
        "hours",
        pages.t("sales.by_hour"),
        hours,
        summary=pages.t("sales.by_hour_summary", days=range_of(period, pages)),
    )


def _worth(viewer: Viewer, typed: Mapping[str, str], pages: Pages) -> tuple[ValueOut | None, dict[str, str]]:
    """The answer, or by field what is wrong with it."""
    try:
        return value(viewer, ValueQuery.model_validate(typed)), {}
    except ValidationError as error:
        return None, {str(item["loc"][0]): _problem(item, pages) for item in error.errors()}


def _problem(item: ErrorDetails, pages: Pages) -> str:
    expected = pages.t(f"worth.expected_{_kind(str(item['loc'][0]))}")
    if item["type"] == "missing":
        return pages.t("worth.missing", expected=expected)
    return pages.t("worth.bad", value=str(item["input"])[:40], expected=expected)


def _kind(field: str) -> str:
    if field.startswith("retention"):
        return "share"
    return "whole" if field in ("n", "n_after") else "discount" if field == "discount" else "amount"
