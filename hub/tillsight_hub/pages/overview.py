"""`/`: every touchpoint that the viewer may see, today, in one page that keeps itself up to date."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from ..access import CurrentViewer, PageSession
from ..access.clock import now_ms
from ..hierarchy import Hierarchy, Touchpoint
from ..live.live import Parts
from ..metrics.counts import Counts
from ..metrics.registry import Score
from ..scores.score_ids import explain_page
from ..services import ServicesDep
from .board import MEASURES, Measure, Row, read_rows, still_there, total_by_scale
from .figures import axis_end
from .first_run import first_page
from .rendering import Pages, PagesDep
from .source import Source, SourceDep

router = APIRouter(include_in_schema=False)

Sort = Literal["place", "score", "responses", "quiet", "attention"]
SORTS: tuple[Sort, ...] = ("place", "score", "responses", "quiet", "attention")
LINK_ORDER = ("lost", "none", "unknown", "disconnected", "ready")


@dataclass(frozen=True)
class Look:
    """How somebody wants to see the overview."""

    measure: Measure = "dissatisfied"
    sort: Sort = "place"
    find: str = ""


@router.get("/")
def overview(
    *,
    request: Request,
    session: PageSession,
    pages: PagesDep,
    source: SourceDep,
    measure: Measure = "dissatisfied",
    sort: Sort = "place",
    find: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """The page; without a touchpoint it says what to do first."""
    look = Look(measure, sort, find.strip())
    with source.reading() as (connection, hierarchy):
        now = now_ms()
        places = still_there(hierarchy.within(session.viewer.scope), now)
        rows = read_rows(connection, places, source.metrics, now)
    if not rows:
        return first_page(request, session, pages, hierarchy)
    values = overview_values(source, hierarchy, rows, look, session.viewer.scope)
    return pages.page(request, "overview.html", session, **values)


@router.get("/live/overview")
async def overview_stream(
    *,
    services: ServicesDep,
    viewer: CurrentViewer,
    pages: PagesDep,
    source: SourceDep,
    measure: Measure = "dissatisfied",
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """The changes of the page as server-sent events."""
    return services.live.respond(OverviewView(pages, source, viewer.scope, measure), last_event_id)


class OverviewView:
    """The overview of one scope, in parts: the sums, one part per store and one per touchpoint."""

    def __init__(self, pages: Pages, source: Source, scope: str | None, measure: Measure) -> None:
        self.key = f"overview {scope or '*'} {measure} {pages.language}"
        self._pages = pages
        self._source = source
        self._scope = scope
        self._measure: Measure = measure
        self._rows: dict[str, Row] = {}
        self._axis_end = 1.0
        self._drawn: dict[str, tuple[Row, float, bytes]] = {}
        """Per touchpoint the row, the axis that it was drawn for, and the part."""

    def concerns(self, touchpoints: frozenset[str]) -> bool:
        return not touchpoints.isdisjoint(self._rows)

    def read(self, changed: frozenset[str] | None) -> Parts:
        with self._source.reading() as (connection, hierarchy):
            places = still_there(hierarchy.within(self._scope), now_ms())
            if changed is None:
                self._rows = {}
            else:
                places = [place for place in places if place.id in changed]
            rows = read_rows(connection, places, self._source.metrics, now_ms())
        self._rows |= {row.touchpoint.id: row for row in rows}
        if changed is None:
            self._axis_end = axis_end(shown_scores(rows, self._measure))
            self._forget_others()
        return self._parts(hierarchy, rows, complete=changed is None)

    def _parts(self, hierarchy: Hierarchy, rows: Sequence[Row], *, complete: bool) -> dict[str, bytes]:
        values = {"measure": self._measure, "axis_end": self._axis_end}
        parts = {f"tp.{row.touchpoint.id}": self._row(row) for row in rows}
        summary = summary_values(self._source, self._rows.values(), self._scope)
        parts["summary"] = _part(self._pages.html("overview/summary.html", **summary, **values))
        if complete:
            parts["structure"] = msgspec.json.encode(hierarchy.version)
            for place, store_rows in _by_store(rows):
                html = self._pages.html("overview/store.html", store=place, is_open=store_rows[0].is_open)
                parts[f"store.{place.store_id}"] = _part(html)
        return parts

    def _row(self, row: Row) -> bytes:
        """Most rows are what they were at the last refresh: only the others are drawn again."""
        drawn = self._drawn.get(row.touchpoint.id)
        if drawn is None or drawn[:2] != (row, self._axis_end):
            html = self._pages.html(
                "overview/row.html", row=row, measure=self._measure, axis_end=self._axis_end
            )
            part = _part(html, presses=row.counts.presses, last_press=row.last_press)
            drawn = self._drawn[row.touchpoint.id] = (row, self._axis_end, part)
        return drawn[2]

    def _forget_others(self) -> None:
        for gone in self._drawn.keys() - self._rows.keys():
            del self._drawn[gone]


def overview_values(
    source: Source, hierarchy: Hierarchy, rows: Sequence[Row], look: Look, scope: str | None
) -> dict[str, Any]:
    """What the overview's template shows."""
    found = [row for row in rows if _matches(row, look.find)]
    return {
        "look": look,
        "measure": look.measure,
        "measures": MEASURES,
        "sorts": SORTS,
        "structure": hierarchy.version,
        "regions": _regions(found),
        "ranked": _sorted(found, look),
        "found": len(found),
        "axis_end": axis_end(shown_scores(rows, look.measure)),
        "metric": source.metrics[MEASURES[look.measure]],
        **summary_values(source, rows, scope),
    }


def summary_values(source: Source, rows: Iterable[Row], scope: str | None) -> dict[str, object]:
    """Sums over all rows, for each scale, and how many devices are in which state."""
    rows = list(rows)
    links = [row.devices.link for row in rows]
    days = sorted({row.day for row in rows})

    def explain(score: Score, counts: Counts) -> str:
        """None of one period where the sum is of two business days, as it is while the date line passes."""
        return explain_page(score, scope, counts.scale.id, days[0]) if len(days) == 1 else ""

    return {
        "explain": explain,
        "totals": [
            (counts, {score.metric: score for score in source.metrics.scores(counts)})
            for counts in total_by_scale(rows)
        ],
        "touchpoints": len(rows),
        "ready": links.count("ready"),
        "troubled": len([link for link in links if link in ("lost", "disconnected")]),
        "waiting": not any(row.counts.events for row in rows),
    }


def shown_scores(rows: Iterable[Row], measure: Measure) -> list[Score]:
    """The scores that share the overview's axis: those per person served."""
    scores = (row.score(measure) for row in rows if row.touchpoint.contact_source is not None)
    return [score for score in scores if score is not None]


def _part(html: str, **values: object) -> bytes:
    return msgspec.json.encode({"html": html, **values})


def _matches(row: Row, find: str) -> bool:
    place = row.touchpoint
    text = f"{place.name} {place.id} {place.store_name} {place.region_name}".lower()
    return all(word in text for word in find.lower().split())


def _regions(rows: Sequence[Row]) -> list[tuple[str, list[tuple[Touchpoint, list[Row]]]]]:
    """Region name, then its stores with their rows; rows come in this order already."""
    return [
        (group[0].touchpoint.region_name, _by_store(group))
        for _, members in groupby(rows, lambda row: row.touchpoint.region_id)
        for group in [list(members)]
    ]


def _by_store(rows: Iterable[Row]) -> list[tuple[Touchpoint, list[Row]]]:
    """One touchpoint of each store, to stand for it, and the store's rows."""
    return [
        (group[0].touchpoint, group)
        for _, members in groupby(rows, lambda row: row.touchpoint.store_id)
        for group in [list(members)]
    ]


def _sorted(rows: Sequence[Row], look: Look) -> list[Row]:
    """The most interesting first; by score that means what is surely bad (or good), by the interval's lower
    end, so that a till with three answers does not lead the list."""
    keys: dict[Sort, Any] = {
        "score": lambda row: -_surely(row, look.measure),
        "responses": lambda row: -row.counts.accepted,
        "quiet": lambda row: row.last_press or 0,
        "attention": lambda row: (LINK_ORDER.index(row.devices.link), row.devices.last_seen or 0),
    }
    return [] if look.sort == "place" else sorted(rows, key=keys[look.sort])


def _surely(row: Row, measure: Measure) -> float:
    """The lower end; below every score where there is none, or where it is of those who pressed only, which
    does not compare."""
    score = row.score(measure)
    if score is None or score.lower is None or row.touchpoint.contact_source is None:
        return -1.0
    return score.lower
