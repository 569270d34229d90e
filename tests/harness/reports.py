"""Weeks of traffic for reports, and reports made of them as the hub makes them."""

from datetime import date, timedelta

from sqlalchemy import insert, update
from tests.harness.declared import declare_faces

from tillsight_hub.metrics.catalogue import catalogue
from tillsight_hub.metrics.settings import MetricSettings
from tillsight_hub.pages.assets import Assets
from tillsight_hub.pages.rendering import in_every_language
from tillsight_hub.reports.document import Report
from tillsight_hub.reports.kinds import Kind, period_of
from tillsight_hub.reports.making import language_of, make_report, voice_of
from tillsight_hub.reports.settings import ReportSettings
from tillsight_hub.tables import action, store, touchpoint
from tillsight_models.events import (
    CameraReported,
    CounterAudited,
    EmotionWindowed,
    HealthReported,
    ReasonGiven,
)

from .chain import Chain

MARKUP = '#eval("1+1") $x$ \\ "*_`<@ [a] {b} // /* &'
"""Everything that typst reads as something else than letters."""
WEEK = "2026-W11"
"""9 to 15 March."""
FIRST = date(2026, 3, 2)
DAYS = 17


def some_weeks(chain: Chain) -> None:
    """Customers every day; the till gets worse in the second week, the bar has too few to tell."""
    for day in range(DAYS):
        on, second = (FIRST + timedelta(days=day)).isoformat(), day >= 7
        chain.serve("till-1", f"{on}T10:00", 120)
        chain.press("till-1", f"{on}T10:00", 1, times=14 if second else 3)
        chain.press("till-1", f"{on}T10:30", 4, times=20)
        chain.press("till-2", f"{on}T11:00", 4, times=12)
        chain.press("desk", f"{on}T12:00", 10, times=11)
        chain.serve("stall", f"{on}T12:00", 60)
        chain.press("stall", f"{on}T12:00", 3, times=15)
    chain.serve("counter", "2026-03-10T19:00", 30)
    chain.press("counter", "2026-03-10T19:00", 1, times=4)
    chain.put("till-1", chain.at("till-1", "2026-03-10T09:15"), HealthReported())
    with chain.engine.begin() as connection:
        connection.execute(update(store).where(store.c.id == "market").values(name=MARKUP, language="it"))
    chain.settle()


def watch(chain: Chain) -> None:
    """A camera at the counter of the bar: audits, an hour of darkness, and a model of moods."""
    with chain.engine.begin() as connection:
        connection.execute(
            update(touchpoint).where(touchpoint.c.id == "counter").values(contact_source="camera")
        )
    at = chain.at("counter", "2026-03-10T20:00")
    for minute, state, working in ((0, "ok", 3600.0), (60, "dark", 3600.0), (120, "ok", 0.0)):
        report = CameraReported(camera="front", state=state, period_s=3600, working_s=working)  # type: ignore[arg-type]
        chain.put("counter", at + minute * 60_000, report)
    chain.put("counter", at, CounterAudited(period_s=7200, counted=60, observed=62, matched=55))
    declare_faces(chain.engine, "acme")
    validation = ((80, 15, 5, 0), (10, 80, 10, 0), (5, 35, 60, 0))
    window = EmotionWindowed(
        period_s=3600, positive=9, neutral=8, negative=7, unknown=1, model="moods-2", validation=validation
    )
    chain.put("counter", at, window)
    chain.settle()


def name_reasons(chain: Chain) -> None:
    """Why people at the till were unhappy, on one day; and what only three said on another."""
    for reason, times in (("waiting-time", 12), ("staff", 5)):
        given = ReasonGiven(reason=reason)
        chain.put("till-1", chain.at("till-1", "2026-03-10T10:01"), given, times=times)
    chain.put("till-1", chain.at("till-1", "2026-03-12T10:01"), ReasonGiven(reason="price"), times=3)
    chain.put("till-1", chain.at("till-1", "2026-03-10T10:02"), ReasonGiven(outcome="timeout"), times=4)


def note_action(chain: Chain) -> None:
    """Something that was done in the week before."""
    done = {"place": "market", "kind": "action", "title": MARKUP, "detail": "", "roles": "{}", "created": 0}
    with chain.engine.begin() as connection:
        connection.execute(insert(action).values(**done, first_day="2026-03-04", actor="ada"))


def report_of(
    chain: Chain, kind: Kind, place: str, period: str = WEEK, language: str | None = None, **settings: str
) -> Report:
    """As the hub makes it, in March."""
    spoken = in_every_language(Assets())
    with chain.engine.connect() as connection:
        hierarchy = chain.settle()
        return make_report(
            connection,
            hierarchy,
            kind,
            place,
            period_of(kind, period),
            voice=voice_of(spoken, language or language_of(hierarchy, place)),
            metrics=catalogue(MetricSettings()),
            settings=ReportSettings(**settings),
            now=chain.at("till-1", "2026-03-18T12:00"),
        )
