"""Calibrations: what audits by hand say of each contact counter, and who validated the emotion model."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import msgspec
from sqlalchemy import Connection, select

from tillsight_models.events import CounterAudited, EmotionWindowed

from ..hierarchy import Touchpoint
from ..metrics.counts import NEVER_AUDITED, Audit, Calibration, Validation
from ..metrics.pooling import AuditSums, pooled_corrections
from ..periods import Period
from ..rollups import TO_THE_HOUR
from ..tables import IS_RARE, event, store, touchpoint

VALID_DAYS = 365
"""An audit, or a validation, counts for periods that end up to this long after it."""

Pool = tuple[str, str]
"""Org and contact source: counters that may learn from each other."""


@dataclass(frozen=True)
class Known:
    """What is known of counters and emotion models, from wherever it was read."""

    audits: Mapping[str, Sequence[CounterAudited]]
    """By touchpoint; of its own contact source, none too old."""
    pools: Mapping[str, Pool]
    """Of every touchpoint in `audits`."""
    validations: Mapping[str, Validation]
    """By touchpoint, of the emotion model that it used last."""


def read_calibrations(
    connection: Connection, places: Sequence[Touchpoint], period: Period
) -> dict[str, Calibration]:
    """By touchpoint: from its audits in the year before the period's end and later, and from those of the
    other touchpoints of the company; absent where nothing at all is known."""
    orgs = {place.org_id for place in places}
    valid_from = earliest_valid(period)
    audits: dict[str, list[CounterAudited]] = {}
    pools: dict[str, Pool] = {}
    for tp, source, org, data in connection.execute(
        select(event.c.tp, touchpoint.c.contact_source, store.c.org_id, event.c.data)
        .join(touchpoint, touchpoint.c.id == event.c.tp)
        .join(store, store.c.id == touchpoint.c.store_id)
        .where(IS_RARE, event.c.type == CounterAudited.TYPE, event.c.t >= valid_from)
        .where(event.c.tq.in_(TO_THE_HOUR), store.c.org_id.in_(orgs))
    ):
        audit = msgspec.json.decode(data, type=CounterAudited)
        if audit.source == source:
            audits.setdefault(tp, []).append(audit)
            pools[tp] = org, source
    return calibrations(places, Known(audits, pools, _validations(connection, places, valid_from)))


def calibrations(places: Iterable[Touchpoint], known: Known) -> dict[str, Calibration]:
    """By touchpoint; a touchpoint has the same one whatever others are asked for with it."""
    sums = {tp: _sums(audits) for tp, audits in known.audits.items()}
    pooled = {pool: _pooled(pool, sums, known.pools) for pool in set(known.pools.values())}
    found = {}
    for place in places:
        of_pool = pooled.get((place.org_id, place.contact_source or ""), {})
        own = _calibration(place.id, known.audits.get(place.id, ()), of_pool)
        calibration = replace(own, validation=known.validations.get(place.id))
        if calibration != _NOTHING:
            found[place.id] = calibration
    return found


def earliest_valid(period: Period) -> int:
    """ms UTC: what was found before is too old for this period."""
    end = datetime.combine(date.fromisoformat(period.last) + timedelta(days=1), datetime.min.time(), UTC)
    return int((end - timedelta(days=VALID_DAYS)).timestamp()) * 1000


_NOTHING = Calibration(NEVER_AUDITED, NEVER_AUDITED)
_UNSEEN = AuditSums()


def _sums(audits: Iterable[CounterAudited]) -> AuditSums:
    found = list(audits)
    return AuditSums(
        sum(audit.observed for audit in found),
        sum(audit.matched for audit in found),
        sum(audit.counted for audit in found),
    )


def _pooled(pool: Pool, sums: Mapping[str, AuditSums], pools: Mapping[str, Pool]) -> dict[str, Calibration]:
    """By audited touchpoint of the pool, and under "" for all others."""
    members = sorted(tp for tp in sums if pools[tp] == pool)
    corrections = pooled_corrections((*(sums[tp] for tp in members), _UNSEEN))
    if corrections is None:
        return {}
    return {
        tp: replace(_NOTHING, pooled=correction)
        for tp, correction in zip((*members, ""), corrections, strict=True)
    }


def _calibration(
    tp: str, audits: Sequence[CounterAudited], of_pool: Mapping[str, Calibration]
) -> Calibration:
    """Precision = matched / counted, recall = matched / observed, over all audits together.

    Touchpoints without an audit share one calibration, and so add up as if they erred alike.
    """
    if not audits:
        return of_pool.get("", _NOTHING)
    observed, matched, counted = _sums(audits)
    seen = sum(audit.pressers_observed for audit in audits)
    return Calibration(
        precision=Audit(matched, counted),
        recall=Audit(matched, observed),
        of=tp,
        pressers=Audit(sum(audit.pressers_matched for audit in audits), seen),
        pooled=of_pool[tp].pooled if tp in of_pool else None,
    )


def _validations(
    connection: Connection, places: Sequence[Touchpoint], valid_from: int
) -> dict[str, Validation]:
    """What the newest emotion window of each touchpoint says about its model."""
    newest = (
        select(event.c.data)
        .where(IS_RARE, event.c.type == EmotionWindowed.TYPE, event.c.tp == touchpoint.c.id)
        .where(event.c.tq.in_(TO_THE_HOUR), event.c.t >= valid_from)
        .order_by(event.c.t.desc(), event.c.seq.desc())
        .limit(1)
        .correlate(touchpoint)
        .scalar_subquery()
    )
    query = select(touchpoint.c.id, newest).where(touchpoint.c.id.in_([place.id for place in places]))
    windows = {
        tp: msgspec.json.decode(data, type=EmotionWindowed)
        for tp, data in connection.execute(query)
        if data is not None
    }
    return {tp: window.validation for tp, window in windows.items() if window.validation is not None}
