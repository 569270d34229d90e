"""Posting: reports go into the outbox once their period is over, each exactly once."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, select

from ..access.clock import now_ms
from ..charts.drawing import Voice
from ..courier import Courier
from ..database import writing
from ..hierarchy import Hierarchy, read_hierarchy
from ..mail.outbox import Attachment, post, post_failed
from ..metrics.registry import Catalogue
from ..periods import Period
from ..tables import mail
from .kinds import Kind, due_at, latest_over, name_of_period
from .making import language_of, make_report, voice_of
from .schedules import Schedule, key_of, read_schedules
from .settings import ReportSettings
from .typesetting import pdf_of

log = logging.getLogger(__name__)

LOOK_S = 30.0


@dataclass(frozen=True)
class _Due:
    """A report that somebody is to get."""

    schedule: Schedule
    kind: Kind
    period: Period
    again: str = ""
    """What sets the keys of its mails apart from those that were written when it was due."""

    @property
    def key(self) -> str:
        """How the keys of its mails begin."""
        return f"{key_of(self.schedule)}{self.again}{self.kind}:{self.period.first}:"

    @property
    def file_name(self) -> str:
        return f"{self.kind}-{self.schedule.place}-{name_of_period(self.kind, self.period)}.pdf"


class ReportPost:
    """Looks what is due, makes it, and writes a mail to everybody who gets it.

    Only the latest period that is over is ever sent: after a long time off there are no old ones.
    """

    def __init__(
        self,
        engine: Engine,
        spoken: Callable[[], Mapping[str, Voice]],
        metrics: Catalogue,
        settings: ReportSettings,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._engine = engine
        self._spoken = spoken
        self._metrics = metrics
        self._settings = settings
        self._clock = clock
        self._courier = Courier("report", self.post_due, look_s=LOOK_S)
        self.start, self.stop = self._courier.start, self._courier.stop

    def post_due(self) -> bool:
        """Write the mails of every schedule that is due; True, since one failure keeps no other back."""
        now = self._clock()
        with self._engine.connect() as connection:
            hierarchy = read_hierarchy(connection)
            schedules = read_schedules(connection, hierarchy, None, enabled=True)
        for each in schedules:
            if each.kind == "alerts":
                continue
            calendars = [place.calendar for place in hierarchy.within(each.place)]
            period = latest_over(each.kind, calendars, now)
            if due_at(calendars, period) >= each.created:
                self._post(hierarchy, _Due(each, each.kind, period))
        return True

    def post_now(self, schedule: Schedule) -> None:
        """The latest period again, to everybody, because somebody asked for it."""
        now = self._clock()
        assert schedule.kind != "alerts"
        with self._engine.connect() as connection:
            hierarchy = read_hierarchy(connection)
        calendars = [place.calendar for place in hierarchy.within(schedule.place)]
        period = latest_over(schedule.kind, calendars, now)
        self._post(hierarchy, _Due(schedule, schedule.kind, period, f"again-{now}:"))

    def _post(self, hierarchy: Hierarchy, due: _Due) -> None:
        now, key = self._clock(), due.key
        with self._engine.connect() as connection:
            begins = mail.c.key.startswith(key, autoescape=True)
            known = set(connection.scalars(select(mail.c.key).where(begins)))
        waiting = [each for each in due.schedule.recipients if key + each not in known]
        if not waiting:
            return
        try:
            subject, body, attachment = self._letter(hierarchy, due, now)
        except Exception as error:
            log.exception("the %s report of %s cannot be made", due.kind, due.schedule.place)
            problem = f"the report could not be made: {error}"
            with writing(self._engine) as connection:
                for each in waiting:
                    post_failed(connection, key=key + each, recipient=each, problem=problem, now=now)
            return
        letter: dict[str, Any] = {"subject": subject, "body": body, "attachment": attachment, "now": now}
        with writing(self._engine) as connection:
            for each in waiting:
                post(connection, key=key + each, recipient=each, **letter)

    def _letter(self, hierarchy: Hierarchy, due: _Due, now: int) -> tuple[str, str, Attachment]:
        """Subject, text and file."""
        schedule = due.schedule
        voice = voice_of(self._spoken(), schedule.language or language_of(hierarchy, schedule.place))
        with self._engine.connect() as connection:
            report = make_report(
                connection,
                hierarchy,
                due.kind,
                schedule.place,
                due.period,
                voice=voice,
                metrics=self._metrics,
                settings=self._settings,
                now=now,
            )
        lines = [report.title, report.lead, voice.t("mail.report_attached")]
        if self._settings.address is not None:
            lines.append(voice.t("mail.report_live", address=self._settings.address))
        lines.append(voice.t("mail.why", actor=schedule.actor, place=report.heading))
        body = "\n\n".join(line for line in lines if line) + "\n"
        return report.title, body, Attachment(due.file_name, pdf_of(report))
