"""The weekly page: how much, why, and who, for the manager of one place, to be read in two minutes."""

from collections.abc import Sequence

from ..alerts.listing import Entry, read_alerts
from ..alerts.rules import read_rules
from ..alerts.settings import AlertSettings
from ..cases.listing import Case, read_cases
from ..scores.scores import PlaceBy
from .document import Block, Cell, Column, Note, Report, Section, Table
from .parts import happened, headlines, main_metric, notes, place_table, report, trend_chart
from .reading import Asked, Told, changed, read_told
from .uptime import Box, heard_share, read_boxes
from .why import why
from .wording import became, why_nothing

WEEKS = 13
"""Of the trend."""
MOST_ALERTS = 8
MOST_CASES = 10
MOST_DEVICES = 12
"""Of more only those are shown that somebody has to look at."""


def weekly(asked: Asked) -> Report:
    """The page of a week."""
    told = read_told(asked, asked.level)
    before = read_told(asked, asked.level, asked.before)
    own = read_told(asked, "touchpoint")
    voice = asked.voice
    metric = main_metric(own)
    much: list[Block] = [*headlines(asked, told, before)]
    parts: PlaceBy = "store" if asked.level in ("org", "region") else "touchpoint"
    each_part = own if parts == "touchpoint" else read_told(asked, parts)
    if len(each_part) > 1:
        then = read_told(asked, parts, asked.before)
        much.append(place_table(asked, each_part, then, voice.t(f"reports.column_{parts}"), metric))
    sections = [
        Section(voice.t("reports.how_much"), tuple(much)),
        *why(asked),
        _alerts(asked),
        _cases(asked),
        _trend(asked, metric),
        _devices(asked, own),
        notes(asked, told),
    ]
    lead = _lead(asked, told, before)
    return report(asked, "weekly", [each for each in sections if each is not None], lead)


def _lead(asked: Asked, told: Sequence[Told], before: Sequence[Told]) -> str:
    """The week in two sentences."""
    voice, sentences = asked.voice, []
    if len(told) > 1:
        return ""  # numbers of several scales do not make one sentence
    for each in told:
        metric = "relative_dissatisfaction" if each.group.counts.contact_sources else "csat"
        if metric not in each.scores:
            continue
        score, about = each.scores[metric], asked.metrics[metric]
        served = each.scores["contacts"].value
        said = {
            "served": voice.figures.count(served),
            "answers": voice.figures.count(each.group.counts.accepted),
            "value": voice.figures.value_text(score, about.unit),
            "range": voice.figures.range_text(score, about.unit),
        }
        if score.value is None:
            sentences.append(voice.t("reports.lead_nothing", why=why_nothing(voice, score) or "", **said))
            continue
        key = "reports.lead_served" if metric == "relative_dissatisfaction" else "reports.lead_answers"
        sentences.append(voice.t(key, **said))
        change = changed(asked, metric, [each], before).get(each.key)
        if change is not None:
            found = became(asked, change, about)
            sentences.append(voice.t("reports.lead_change", change=found.text))
    return " ".join(sentences)


def _trend(asked: Asked, metric: str) -> Section | None:
    charts = trend_chart(asked, metric, "week", WEEKS)
    if not charts:
        return None
    voice = asked.voice
    title = voice.t("reports.trend_weeks", n=WEEKS, name=voice.t(f"reports.name_{metric}"))
    blocks: tuple[Block, ...] = (*charts, *happened(asked, "week", WEEKS))
    return Section(title, blocks, voice.t("reports.trend_lead"))


# --- Alerts and devices -----------------------------------------------------------------------------------


def _alerts(asked: Asked) -> Section:
    voice = asked.voice
    found = _alerts_of(asked)
    title = voice.t("reports.alerts")
    if not found:
        return Section(title, (Note(voice.t("reports.no_alerts"), "good"),))
    rows = tuple(_alert_row(asked, entry) for entry in found[:MOST_ALERTS])
    columns = (
        Column(voice.t("reports.column_when")),
        Column(voice.t("reports.column_touchpoint")),
        Column(voice.t("reports.column_what"), width=1),
        Column(voice.t("reports.column_state")),
    )
    more = len(found) - MOST_ALERTS
    lead = voice.t("reports.alerts_more", n=more) if more > 0 else ""
    return Section(title, (Table(columns, rows),), lead)


def _alerts_of(asked: Asked) -> list[Entry]:
    """Raised in the period, the newest first; those that belong to a storm are its head's."""
    bounds = [asked.period.bounds(place.calendar) for place in asked.places]
    start, end = min(start for start, _ in bounds), max(end for _, end in bounds)
    rules = read_rules(asked.connection, AlertSettings())
    entries = read_alerts(
        asked.connection, asked.hierarchy, asked.places, rules, start=start, end=end, limit=500
    )
    return [entry for entry in entries if entry.storm is None]


def _alert_row(asked: Asked, entry: Entry) -> tuple[Cell, ...]:
    voice, calendar, detail = asked.voice, entry.place.calendar, entry.detail
    state = "judged_" + entry.qualified if entry.qualified else "ended" if entry.cleared else "open"
    return (
        Cell(
            voice.figures.short_date(calendar.business_day(entry.raised)),
            voice.figures.clock(calendar, entry.raised),
        ),
        Cell(entry.place.name),
        Cell(
            voice.t(
                "reports.alert_said",
                negative=voice.figures.count(detail["votes_neg"]),
                positive=voice.figures.count(detail["votes_pos"]),
                begin=voice.figures.clock(calendar, entry.since),
                end=voice.figures.clock(calendar, entry.raised),
            )
        ),
        Cell(voice.t(f"reports.alert_{state}"), mood="bad" if state == "open" else ""),
    )


def _cases(asked: Asked) -> Section:
    """Who is waiting, and for how long; what people left to be reached is not on paper."""
    voice = asked.voice
    found = read_cases(asked.connection, asked.hierarchy, asked.places, now=asked.now)
    title = voice.t("reports.cases")
    if not found:
        return Section(title, (Note(voice.t("reports.no_cases"), "good"),))
    columns = (
        Column(voice.t("reports.what"), width=1),
        Column(voice.t("reports.column_touchpoint")),
        Column(voice.t("reports.column_owner")),
        Column(voice.t("reports.column_deadline"), "right"),
    )
    overdue = sum(case.is_overdue(asked.now) for case in found)
    lead = voice.t("reports.cases_lead", n=len(found), overdue=overdue)
    return Section(
        title, (Table(columns, tuple(_case_row(asked, each) for each in found[:MOST_CASES])),), lead
    )


def _case_row(asked: Asked, case: Case) -> tuple[Cell, ...]:
    voice, calendar = asked.voice, case.place.calendar
    late = case.is_overdue(asked.now)
    words = voice.t(f"reports.case_{case.origin}")
    title = case.title if case.origin == "person" else ""
    return (
        Cell(f"{case.id}: {title or words}", words if title else "", strong=late),
        Cell(case.place.name),
        Cell(case.owner or voice.t("reports.nobody"), mood="" if case.owner else "warn"),
        Cell(
            voice.figures.moment(calendar, case.deadline),
            voice.t("reports.overdue") if late else "",
            mood="bad" if late else "",
        ),
    )


def _devices(asked: Asked, told: Sequence[Told]) -> Section:
    """Whether the boxes reported, and the cameras could see."""
    voice, boxes = asked.voice, read_boxes(asked.connection, asked.places)
    groups = {each.group.key: each for each in told}
    rows = []
    alone = asked.level in ("store", "touchpoint")
    for place in asked.places:
        heard = heard_share(asked.connection, place, asked.period, asked.now)
        counts = groups[place.id].group.counts if place.id in groups else None
        seen = counts.camera_share if counts else None
        rows.append(
            (
                Cell(place.name, "" if alone else place.store_name, strong=True),
                _state_cell(asked, boxes.get(place.id, [])),
                _share_cell(asked, heard, "reports.no_reports"),
                _share_cell(asked, seen, "reports.no_camera"),
            )
        )
    columns = (
        Column(voice.t("reports.column_touchpoint")),
        Column(voice.t("reports.column_device"), width=1),
        Column(voice.t("reports.column_heard"), "right"),
        Column(voice.t("reports.column_seen"), "right"),
    )
    title, lead = voice.t("reports.devices"), voice.t("reports.devices_lead")
    if len(rows) <= MOST_DEVICES:
        return Section(title, (Table(columns, tuple(rows)),), lead)
    troubled = [row for row in rows if any(cell.mood in ("bad", "warn") for cell in row)]
    said = Note(voice.t("reports.devices_fine", n=len(rows) - len(troubled), all=len(rows)))
    shown = Table(columns, tuple(troubled[: 2 * MOST_DEVICES]))
    return Section(title, (shown, said) if troubled else (said,), lead)


def _state_cell(asked: Asked, boxes: Sequence[Box]) -> Cell:
    voice = asked.voice
    if not boxes:
        return Cell(voice.t("reports.no_device"), mood="quiet")
    worst = min(boxes, key=lambda box: ("lost", "disconnected", "unknown", "ready").index(box.state))
    calendar = asked.hierarchy.touchpoints[worst.touchpoint].calendar
    seen = voice.figures.moment(calendar, worst.last_seen) if worst.last_seen else ""
    words = voice.t(f"link.{worst.state}")
    return Cell(
        words,
        voice.t("reports.last_seen", when=seen) if seen else "",
        mood="bad" if worst.state == "lost" else "",
    )


def _share_cell(asked: Asked, share: float | None, nothing: str) -> Cell:
    if share is None:
        return Cell(asked.voice.t(nothing), mood="quiet")
    return Cell(asked.voice.figures.share(share), mood="warn" if share < LITTLE else "")


LITTLE = 0.9
"""Share of the time below which a device or camera is worth a look."""
