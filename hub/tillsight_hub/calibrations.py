"""Calibrations: what audits by hand say of each touchpoint's contact counter."""

from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import Connection, select

from tillsight_models.events import CounterAudited

from .hierarchy import Touchpoint
from .metrics.counts import Audit, Calibration
from .periods import Period
from .rollups import TO_THE_HOUR
from .tables import IS_RARE, event

VALID_DAYS = 365
"""An audit counts for periods that end up to this long after it."""
DAY_MS = 86_400_000


def read_calibrations(
    connection: Connection, places: Sequence[Touchpoint], period: Period
) -> dict[str, Calibration]:
    """By touchpoint: the sums of its audits, of its own contact source, from a year before the period's end
    on; absent where there is none."""
    by_id = {place.id: place for place in places}
    ends = {id(place.calendar): period.bounds(place.calendar)[1] for place in places}
    earliest = min(ends.values()) - VALID_DAYS * DAY_MS
    query = select(event.c.tp, event.c.t, event.c.data).where(
        IS_RARE,
        event.c.type == CounterAudited.TYPE,
        event.c.tp.in_(list(by_id)),
        event.c.t >= earliest,
        event.c.tq.in_(TO_THE_HOUR),
    )
    audits: dict[str, list[CounterAudited]] = {}
    for tp, t, data in connection.execute(query):
        audit = msgspec.json.decode(data, type=CounterAudited)
        end = ends[id(by_id[tp].calendar)]
        if audit.source == by_id[tp].contact_source and t >= end - VALID_DAYS * DAY_MS:
            audits.setdefault(tp, []).append(audit)
    return {tp: calibration_of(found) for tp, found in audits.items()}


def calibration_of(audits: Iterable[CounterAudited]) -> Calibration:
    """Precision = matched / counted, recall = matched / observed, over all of them together."""
    found = list(audits)
    matched = sum(audit.matched for audit in found)
    return Calibration(
        precision=Audit(matched, sum(audit.counted for audit in found)),
        recall=Audit(matched, sum(audit.observed for audit in found)),
    )
