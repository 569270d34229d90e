"""`/data`: whether the numbers can be trusted, from what was heard to what was checked, and what to do."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import Response

from ..access import PageSession
from ..access.clock import now_ms
from ..calendar import utc
from ..fleet.boxes import read_boxes
from ..fleet.coverage import HEIGHT, STEP, Strip, read_strips
from ..fleet.findings import (
    AUDIT_DAYS,
    Known,
    findings,
    read_audits,
    read_check,
    read_delay,
    read_reviews,
    read_set_aside,
)
from ..periods import Period
from .rendering import PagesDep
from .source import SourceDep

router = APIRouter(include_in_schema=False)

Days = Literal["7", "28", "90"]


@router.get("/data")
def data_page(
    *, request: Request, session: PageSession, pages: PagesDep, source: SourceDep, days: Days = "28"
) -> Response:
    """The findings first, then what they rest on."""
    now, scope = now_ms(), session.viewer.scope
    with source.reading() as (connection, hierarchy):
        places = hierarchy.within(scope)
        inside = {place.id: place for place in places}
        today = max((place.calendar.business_day(now) for place in places), default=utc().business_day(now))
        period = _until(today, int(days))
        boxes = read_boxes(connection, hierarchy, inside, now)
        known = Known(
            strips=read_strips(connection, places, period, now),
            boxes=boxes,
            audits=read_audits(connection, places, now),
            set_aside=read_set_aside(connection, None if scope is None else {box.id for box in boxes}),
            check=read_check(connection),
            reviews=read_reviews(connection, places, today),
        )
        delay = read_delay(connection, inside)
    return pages.page(
        request,
        "data.html",
        session,
        known=known,
        findings=findings(known, now),
        delay=delay,
        stores=_by_store(known.strips),
        cameras=[strip for strip in known.strips if strip.place.contact_source == "camera"],
        period=period,
        days=days,
        audit_days=AUDIT_DAYS,
        width=STEP * int(days),
        height=HEIGHT,
        utc=utc(),
        now=now,
    )


def _until(today: str, days: int) -> Period:
    return Period((date.fromisoformat(today) - timedelta(days=days - 1)).isoformat(), today)


def _by_store(strips: Sequence[Strip]) -> list[tuple[str, list[Strip]]]:
    """Region and store by name, then their strips, which come in this order already."""
    stores = groupby(strips, lambda strip: f"{strip.place.region_name}: {strip.place.store_name}")
    return [(name, list(members)) for name, members in stores]
