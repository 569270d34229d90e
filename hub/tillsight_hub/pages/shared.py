"""`/shared/{token}`: one place's scores for whoever has the link; read only, and without a login."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from ..access.clock import now_ms
from ..periods import Period
from ..reports.parts import headline_metrics, main_metric, scale_title, trend_drawings
from ..reports.reading import Asked, Told, read_told
from ..reports.sharing import Link, find_link
from ..reports.wording import axis_end, number, period_text, place_names
from ..services import ServicesDep
from ..visits.brake import WRONG_COSTS, Brake
from .rendering import Pages, PagesDep
from .source import Source, SourceDep

router = APIRouter(include_in_schema=False)

DAYS = 28
WEEKS = 13
CHART_HEIGHT = 220
LONGEST_TOKEN = 80
KEPT_S = 60.0
"""Only days that are over are shown: a minute more changes nothing."""
MOST_KEPT = 200
HIDDEN = {"X-Robots-Tag": "noindex, nofollow, noarchive", "Referrer-Policy": "no-referrer"}


Values = dict[str, Any] | None
"""What the page shows; None where its place is gone."""


class Recent:
    """What was worked out a moment ago; one page at a time, so that strangers keep at most one core busy."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[int, str], tuple[float, Values]] = OrderedDict()

    def of(self, key: tuple[int, str], work_out: Callable[[], Values]) -> Values:
        """Of a link in a language."""
        with self._lock:
            until, values = self._kept.get(key, (0.0, None))
            if self._monotonic() >= until:
                values = work_out()
                self._kept[key] = self._monotonic() + KEPT_S, values
                self._kept.move_to_end(key)
                if len(self._kept) > MOST_KEPT:
                    self._kept.popitem(last=False)
            return values


@router.get("/shared/{token}")
def shared(
    request: Request, token: str, services: ServicesDep, pages: PagesDep, source: SourceDep
) -> Response:
    """The page; a link that is unknown, over or taken back looks like any page that does not exist."""
    brake: Brake = request.app.state.brake
    address = request.client.host if request.client else "unknown"
    if not brake.allows(address):
        raise HTTPException(429, pages.t("shared.too_many"), headers={**HIDDEN, "Retry-After": "60"})
    link = find_link(services.engine, token) if len(token) <= LONGEST_TOKEN else None
    values = None
    if link is not None:
        work_out = partial(_values, source, pages, link)
        values = _recent(request).of((link.id, pages.language), work_out)
    if link is None or values is None:
        brake.allows(address, WRONG_COSTS)
        raise HTTPException(404, "there is nothing here", headers=HIDDEN)
    answer = pages.page(request, "shared.html", link=link, **values)
    answer.headers.update(HIDDEN)
    return answer


def _recent(request: Request) -> Recent:
    """This app's."""
    state = request.app.state
    if not hasattr(state, "shared_recently"):
        state.shared_recently = Recent()
    kept: Recent = state.shared_recently
    return kept


def _values(source: Source, pages: Pages, link: Link) -> Values:
    now = now_ms()
    with source.reading() as (connection, hierarchy):
        places = hierarchy.within(link.place)
        if not places:
            return None
        period = _period([place.calendar.business_day(now) for place in places])
        asked = Asked(connection, hierarchy, link.place, period, pages, source.metrics, now)
        told = read_told(asked, asked.level)
        own = read_told(asked, "touchpoint") if link.by_touchpoint else []
        metric = main_metric(told)
        drawings = trend_drawings(asked, metric, "week", WEEKS, height=CHART_HEIGHT)
    name, where = place_names(asked)
    return {
        "name": name,
        "where": where,
        "period": period_text(pages, period),
        "blocks": [(_title(asked, each, told, link), _cards(asked, each)) for each in told],
        "drawings": [
            (
                title
                if link.by_touchpoint
                else asked.voice.t(f"scale.{drawing.name.removeprefix('trend-')}"),
                drawing,
            )
            for title, drawing in drawings
        ],
        "rows": _rows(asked, own, metric),
        "metric": source.metrics[metric],
        "axis_end": axis_end(each.scores[metric] for each in own if metric in each.scores),
        "smallest": source.metrics.smallest_cell,
        "until": pages.figures.full_date(places[0].calendar.business_day(link.expires)),
    }


def _period(todays: list[str]) -> Period:
    """Whole days, up to the last one that is over at all of the places."""
    last = date.fromisoformat(min(todays)) - timedelta(days=1)
    return Period((last - timedelta(days=DAYS - 1)).isoformat(), last.isoformat())


def _title(asked: Asked, one: Told, told: list[Told], link: Link) -> str:
    """Which scale, where there are several; which touchpoints, where these are told."""
    words = scale_title(asked, one, told)
    if not words or link.by_touchpoint:
        return words
    return asked.voice.t(f"scale.{one.group.counts.scale.id}")


def _cards(asked: Asked, told: Told) -> list[Any]:
    return [number(asked, told, metric) for metric in headline_metrics(told)]


def _rows(asked: Asked, own: list[Told], metric: str) -> list[tuple[str, Any, Any]]:
    """Name, score and how many answered, of each touchpoint."""
    return [
        (_label(asked, each), number(asked, each, metric), number(asked, each, "responses"))
        for each in own
        if metric in each.scores
    ]


def _label(asked: Asked, told: Told) -> str:
    """Its name, with the store's where there are several."""
    if asked.level in ("store", "touchpoint"):
        return told.group.label
    return f"{asked.hierarchy.touchpoints[told.group.key].store_name}: {told.group.label}"
