"""The six-month camera check: what every counter saw, how right it was, what happened, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
from sqlalchemy import select

from tillsight_models.events import CameraReported, CounterAudited, EmotionWindowed

from ..compliance.declared import told_spans
from ..hierarchy import Touchpoint
from ..metrics.counts import LEAST_AUDITED, Counts, Validation
from ..metrics.intervals import wilson
from ..metrics.registry import DEFAULT_LEVEL
from ..tables import IS_RARE, event
from .document import Block, Cell, Column, Note, Number, Point, Points, Report, Section, Table
from .parts import notes, report
from .reading import Asked, Told, read_told
from .wording import cell_of, hours_text, number

SHOULD_SEE = 0.9
"""Share of the opening time that a camera should see."""
GOOD_RECALL = 0.85
MOST_NAMES = 12
OTHER = "other"
"""Time in which a camera could not see, and said nothing of a state."""
AUDIT_EVERY_DAYS = 92
"""Somebody should count beside a counter every quarter."""
INCIDENTS = ("down", "frozen", "dark", "covered", "moved", "paused", OTHER)
METRICS = ("contacts", "response_rate")


@dataclass
class Audited:
    """Counts by hand at one counter in the period, added up."""

    times: int = 0
    latest: int = 0
    """ms UTC"""
    observed: int = 0
    matched: int = 0
    counted: int = 0


@dataclass
class Watched:
    """One camera in the period."""

    camera: str
    period_s: float = 0.0
    working_s: float = 0.0
    incidents: dict[str, int] = field(default_factory=dict)
    """How often it came into a state that is not `ok`."""
    seconds: dict[str, float] = field(default_factory=dict)
    """For how long it could not see, by the state that it was then in."""
    state: str = "ok"
    """The last one that it reported."""


def camera_check(asked: Asked) -> Report:
    """The check of every touchpoint that counts who is served, or has a camera."""
    voice = asked.voice
    told = {each.group.key: each for each in read_told(asked, "touchpoint", metrics=METRICS)}
    audits = _audits(asked)
    cameras = {place.id: _cameras(asked, place) for place in asked.places if place.contact_source == "camera"}
    counters = [place for place in asked.places if place.contact_source is not None]
    if not counters:
        section = Section("", (Note(voice.t("reports.check_nothing")),))
        return report(asked, "camera-check", [section])
    to_do = _to_do(asked, counters, told, audits, cameras)
    sections = [
        Section(voice.t("reports.check_to_do"), (to_do,)),
        _counters(asked, counters, told),
        _audit_section(asked, counters, audits),
        *_camera_section(asked, cameras),
        *_emotion_section(asked),
        notes(asked, list(told.values()), METRICS, compared=False),
    ]
    return report(asked, "camera-check", sections)


# --- What to do -------------------------------------------------------------------------------------------


def _to_do(
    asked: Asked,
    counters: Sequence[Touchpoint],
    told: dict[str, Told],
    audits: dict[str, Audited],
    cameras: dict[str, list[Watched]],
) -> Block:
    found = []
    for place in counters:
        counts = told[place.id].group.counts if place.id in told else None
        reasons = _reasons(asked, counts, audits.get(place.id, Audited()), cameras.get(place.id, []))
        found += [Point(reason, f"{place.store_name}, {place.name}.") for reason in reasons]
    if few := [place for place in counters if audits.get(place.id, Audited()).observed < LEAST_AUDITED]:
        names = "; ".join(f"{place.store_name}, {place.name}" for place in few[:MOST_NAMES])
        names += " \N{HORIZONTAL ELLIPSIS}" if len(few) > MOST_NAMES else ""
        head = asked.voice.t("reports.do_audit_head", n=len(few), all=len(counters))
        found.append(Point(asked.voice.t("reports.do_audit", least=LEAST_AUDITED, names=names), head))
    if not found:
        return Note(asked.voice.t("reports.check_fine"), "good")
    return Points(tuple(found))


def _reasons(asked: Asked, counts: Counts | None, audited: Audited, cameras: Sequence[Watched]) -> list[str]:
    """What is to be done at one counter, in words."""
    voice, reasons = asked.voice, []
    seen = counts.camera_share if counts else None
    if seen is not None and seen < SHOULD_SEE:
        reasons.append(voice.t("reports.do_coverage", share=voice.figures.share(seen)))
    for each in cameras:
        if each.state not in ("ok", "paused"):
            reasons.append(voice.t(f"reports.do_{each.state}", camera=each.camera))
        elif each.incidents.get("moved"):
            reasons.append(voice.t("reports.do_was_moved", camera=each.camera))
    if audited.observed < LEAST_AUDITED:
        return reasons
    if _days_since(asked, audited.latest) > AUDIT_EVERY_DAYS:
        reasons.append(voice.t("reports.do_audit_again"))
    if audited.matched < GOOD_RECALL * audited.observed:
        recall = voice.figures.share(audited.matched / audited.observed)
        reasons.append(voice.t("reports.do_recall", recall=recall))
    return reasons


def _days_since(asked: Asked, t: int) -> float:
    """From an audit to the end of the period, or to now where that is earlier."""
    ends = [asked.period.bounds(place.calendar)[1] for place in asked.places]
    return (min(asked.now, max(ends)) - t) / 86_400_000


# --- Counters and audits ----------------------------------------------------------------------------------


def _counters(asked: Asked, counters: Sequence[Touchpoint], told: dict[str, Told]) -> Section:
    voice = asked.voice
    rows, numbers = [], []
    for place in counters:
        if place.id not in told:
            continue
        shown: list[Number] = [number(asked, told[place.id], metric) for metric in METRICS]
        numbers += shown
        seen = told[place.id].group.counts.camera_share
        rows.append(
            (
                Cell(place.name, place.store_name, strong=True),
                Cell(voice.t(f"source.{place.contact_source}")),
                *(cell_of(each) for each in shown),
                Cell(voice.figures.share(seen), mood="warn" if seen < SHOULD_SEE else "")
                if seen is not None
                else Cell(voice.t("reports.no_camera"), mood="quiet"),
            )
        )
    columns = (
        Column(voice.t("reports.column_touchpoint"), width=1),
        Column(voice.t("reports.column_source")),
        Column(voice.t("reports.name_contacts"), "right"),
        Column(voice.t("reports.name_response_rate"), "right"),
        Column(voice.t("reports.column_seen"), "right"),
    )
    table = Table(columns, tuple(rows), tuple(numbers))
    return Section(voice.t("reports.check_counters"), (table,), voice.t("reports.check_counters_lead"))


def _audit_section(asked: Asked, counters: Sequence[Touchpoint], audits: dict[str, Audited]) -> Section:
    voice = asked.voice
    rows = tuple(_audit_row(asked, place, audits[place.id]) for place in counters if place.id in audits)
    title, lead = voice.t("reports.check_audits"), voice.t("reports.check_audits_lead")
    if not rows:
        return Section(title, (Note(voice.t("reports.check_no_audits"), "warn"),), lead)
    columns = (
        Column(voice.t("reports.column_touchpoint"), width=1),
        Column(voice.t("reports.column_audits"), "right"),
        Column(voice.t("reports.column_observed"), "right"),
        Column(voice.t("reports.column_recall"), "right"),
        Column(voice.t("reports.column_precision"), "right"),
        Column(voice.t("reports.column_calibration")),
    )
    return Section(title, (Table(columns, rows),), lead)


def _audit_row(asked: Asked, place: Touchpoint, audited: Audited) -> tuple[Cell, ...]:
    voice = asked.voice
    latest = voice.figures.full_date(place.calendar.business_day(audited.latest))
    enough = audited.observed >= LEAST_AUDITED
    status = "reports.calibrated" if enough else "reports.not_calibrated"
    return (
        Cell(place.name, place.store_name, strong=True),
        Cell(voice.figures.count(audited.times), latest),
        Cell(voice.figures.count(audited.observed)),
        _share_cell(asked, audited.matched, audited.observed),
        _share_cell(asked, audited.matched, audited.counted),
        Cell(voice.t(status, least=LEAST_AUDITED), mood="good" if enough else "warn"),
    )


def _share_cell(asked: Asked, k: int, n: int) -> Cell:
    """A share with Wilson's interval."""
    if not n:
        return Cell(asked.voice.t("reports.no_data"), mood="quiet")
    interval = wilson(k, n, DEFAULT_LEVEL)
    figures = asked.voice.figures
    ends = f"{figures.share(interval.lower)}\N{EN DASH}{figures.share(interval.upper)}" if interval else ""
    return Cell(figures.share(k / n), ends, strong=True)


def _audits(asked: Asked) -> dict[str, Audited]:
    """By touchpoint, those of its own contact source in the period."""
    sources = {place.id: place for place in asked.places}
    query = (
        select(event.c.tp, event.c.t, event.c.data)
        .where(IS_RARE, event.c.type == CounterAudited.TYPE, event.c.tp.in_(list(sources)))
        .order_by(event.c.t)
    )
    found: dict[str, Audited] = {}
    for tp, t, data in asked.connection.execute(query):
        audit = msgspec.json.decode(data, type=CounterAudited)
        start, end = asked.period.bounds(sources[tp].calendar)
        if not start <= t < end or audit.source != sources[tp].contact_source:
            continue
        known = found.setdefault(tp, Audited())
        known.times, known.latest = known.times + 1, t
        known.observed += audit.observed
        known.matched += audit.matched
        known.counted += audit.counted
    return found


# --- Cameras ----------------------------------------------------------------------------------------------


def _camera_section(asked: Asked, cameras: dict[str, list[Watched]]) -> list[Section]:
    voice = asked.voice
    rows = [
        _camera_row(asked, asked.hierarchy.touchpoints[tp], each)
        for tp, watched in cameras.items()
        for each in watched
    ]
    if not rows:
        return []
    columns = (
        Column(voice.t("reports.column_camera")),
        Column(voice.t("reports.column_touchpoint")),
        Column(voice.t("reports.column_uptime"), "right"),
        Column(voice.t("reports.column_incidents"), width=1),
        Column(voice.t("reports.column_camera_now")),
    )
    title, lead = voice.t("reports.check_cameras"), voice.t("reports.check_cameras_lead")
    return [Section(title, (Table(columns, tuple(rows)),), lead)]


def _camera_row(asked: Asked, place: Touchpoint, each: Watched) -> tuple[Cell, ...]:
    voice = asked.voice
    share = each.working_s / each.period_s if each.period_s else None
    incidents = [
        _incident(asked, each, state)
        for state in INCIDENTS
        if each.incidents.get(state) or each.seconds.get(state)
    ]
    return (
        Cell(each.camera, strong=True),
        Cell(place.name, place.store_name),
        Cell(voice.figures.share(share), mood="warn" if share is not None and share < SHOULD_SEE else ""),
        Cell("; ".join(incidents) or voice.t("reports.no_incidents"), mood="" if incidents else "quiet"),
        Cell(voice.t(f"reports.camera_{each.state}"), mood="" if each.state == "ok" else "warn"),
    )


def _incident(asked: Asked, each: Watched, state: str) -> str:
    voice, time = asked.voice, hours_text(asked.voice, each.seconds.get(state, 0.0))
    if state == OTHER:
        return voice.t("reports.incident_other", time=time)
    return voice.t(
        "reports.incident",
        state=voice.t(f"reports.camera_{state}"),
        times=voice.t("reports.times", n=each.incidents.get(state, 0)),
        time=time,
    )


def _cameras(asked: Asked, place: Touchpoint) -> list[Watched]:
    """What each camera of a touchpoint reported in the period, summed up."""
    start, end = asked.period.bounds(place.calendar)
    query = (
        select(event.c.data)
        .where(event.c.tp == place.id, event.c.t >= start, event.c.t < end)
        .where(event.c.type == CameraReported.TYPE)
        .order_by(event.c.t, event.c.seq)
        .execution_options(yield_per=1000)
    )
    found: dict[str, Watched] = {}
    for data in asked.connection.scalars(query):
        _add(found, msgspec.json.decode(data, type=CameraReported))
    return [found[camera] for camera in sorted(found)]


def _add(found: dict[str, Watched], report: CameraReported) -> None:
    known = found.setdefault(report.camera, Watched(report.camera))
    known.period_s += report.period_s
    known.working_s += report.working_s
    blind = max(0.0, report.period_s - report.working_s)
    # Time in which it could not see belongs to the state before, unless only this report tells of one.
    state = known.state if known.state != "ok" else report.state
    if blind:
        state = OTHER if state == "ok" else state
        known.seconds[state] = known.seconds.get(state, 0.0) + blind
    if report.state not in ("ok", known.state):
        known.incidents[report.state] = known.incidents.get(report.state, 0) + 1
    known.state = report.state


# --- What people look like --------------------------------------------------------------------------------


def _emotion_section(asked: Asked) -> list[Section]:
    """How right the model is, where one is in use and declared."""
    rows = []
    voice = asked.voice
    declared = {tp for tps in told_spans(asked.connection, asked.places).values() for tp in tps}
    for place in asked.places:
        window = _latest_window(asked, place) if place.id in declared else None
        if window is None:
            continue
        validation = window.validation
        judged = sum(sum(row) for row in validation) if validation else 0
        right = sum(validation[mood][mood] for mood in range(3)) if validation else 0
        said = _said(validation) if validation else 0
        rows.append(
            (
                Cell(place.name, place.store_name, strong=True),
                Cell(window.model),
                Cell(voice.figures.count(judged))
                if validation
                else Cell(voice.t("reports.not_validated"), mood="warn"),
                _share_cell(asked, right, said),
                _share_cell(asked, judged - said, judged),
            )
        )
    if not rows:
        return []
    columns = (
        Column(voice.t("reports.column_touchpoint"), width=1),
        Column(voice.t("reports.column_model")),
        Column(voice.t("reports.column_judged"), "right"),
        Column(voice.t("reports.column_right"), "right"),
        Column(voice.t("reports.column_unknown"), "right"),
    )
    title, lead = voice.t("reports.check_emotion"), voice.t("reports.check_emotion_lead")
    return [Section(title, (Table(columns, tuple(rows)),), lead)]


def _said(validation: Validation) -> int:
    """Of the judged people those of whom the model said something."""
    return sum(sum(row[:3]) for row in validation)


def _latest_window(asked: Asked, place: Touchpoint) -> EmotionWindowed | None:
    start, end = asked.period.bounds(place.calendar)
    query = (
        select(event.c.data)
        .where(IS_RARE, event.c.type == EmotionWindowed.TYPE, event.c.tp == place.id)
        .where(event.c.t >= start, event.c.t < end)
        .order_by(event.c.t.desc(), event.c.seq.desc())
        .limit(1)
    )
    data = asked.connection.scalar(query)
    return None if data is None else msgspec.json.decode(data, type=EmotionWindowed)
