"""Alerts by mail: to whoever wants those of a place, and only those that a budget lets through."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from ..alerts.outbox import Filed
from ..alerts.rules import path_of
from ..charts.drawing import Voice
from ..mail.outbox import post
from ..tables import alert, report_schedule, store
from .making import voice_of
from .schedules import Schedule, key_of, schedule_of
from .settings import ReportSettings


@dataclass(frozen=True)
class AlertMails:
    """Writes a mail for each alert that is sent, in the transaction that files the alert."""

    spoken: Callable[[], Mapping[str, Voice]]
    settings: ReportSettings

    def __call__(self, connection: Connection, filed: Filed) -> None:
        """Alerts that a budget, a snooze or a storm holds are not mailed either."""
        if filed.held is not None:
            return
        place = filed.place
        of_place = (report_schedule.c.kind == "alerts") & report_schedule.c.place.in_(path_of(place))
        query = select(report_schedule).where(of_place, report_schedule.c.enabled.is_(True))
        schedules = [schedule_of(row) for row in connection.execute(query).mappings()]
        told: set[str] = set()
        for schedule in schedules:
            subject, body = self._words(connection, filed, schedule)
            for recipient in schedule.recipients:
                if recipient not in told:
                    key = f"{key_of(schedule)}{filed.id}:{recipient}"
                    post(connection, key=key, recipient=recipient, subject=subject, body=body)
                told.add(recipient)

    def _words(self, connection: Connection, filed: Filed, schedule: Schedule) -> tuple[str, str]:
        """Subject and text."""
        place, row = filed.place, connection.execute(select(alert).where(alert.c.id == filed.id)).one()
        language = schedule.language or connection.scalar(
            select(store.c.language).where(store.c.id == place.store_id)
        )
        voice, detail = voice_of(self.spoken(), language or "en"), json.loads(row.detail)
        said = voice.t(
            "mail.alert_said",
            negative=voice.figures.count(detail["votes_neg"]),
            positive=voice.figures.count(detail["votes_pos"]),
            begin=voice.figures.clock(place.calendar, row.since),
            end=voice.figures.clock(place.calendar, row.raised),
        )
        lines = [said]
        if detail.get("contacts"):
            served, usual = voice.figures.count(detail["contacts"]), detail["expected_neg"]
            usual_text = voice.figures.number(usual)
            lines.append(voice.t("mail.alert_usual", served=served, usual=usual_text))
        if (months := detail.get("arl0_months")) is not None:
            lines.append(voice.t("mail.alert_wrong", months=voice.figures.number(months)))
        if self.settings.address is not None:
            lines.append(f"{self.settings.address.rstrip('/')}/touchpoints/{place.id}")
        lines.append(voice.t("mail.why", actor=schedule.actor, place=schedule.place))
        subject = voice.t("mail.alert_subject", place=place.name, store=place.store_name)
        return subject, "\n\n".join(lines) + "\n"
