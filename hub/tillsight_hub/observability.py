"""Operational counters for Prometheus, read when they are asked for; none is about a person or a score."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from . import tables
from .fleet.alarm_book import open_by_condition
from .identity.revocation import days_left
from .imports.origin import is_box
from .services import Services

COUNTERS: dict[str, str] = {
    "tillsight_ingest_messages_total": "messages taken in, over MQTT and HTTPS",
    "tillsight_ingest_events_stored_total": "events stored",
    "tillsight_ingest_events_duplicate_total": "events that were stored before",
    "tillsight_ingest_events_quarantined_total": "events or messages set aside, by reason",
    "tillsight_ingest_events_reordered_total": "events that came after later ones of their device",
    "tillsight_ingest_events_replayed_total": "events that came again, too old for a retry",
    "tillsight_ingest_transactions_total": "transactions committed",
    "tillsight_ingest_transaction_seconds_total": "time in committed transactions",
    "tillsight_ingest_retries_total": "transactions that the database refused and that were tried again",
    "tillsight_ingest_waiting_messages": "messages that wait for a transaction",
    "tillsight_ingest_last_commit_timestamp_seconds": "when a transaction was last committed",
    "tillsight_devices": "devices, by state",
    "tillsight_fleet_alarms": "alarms of devices and of the hub that go on, by condition",
    "tillsight_revocation_list_days": "until the revocation list ends; NaN without one",
    "tillsight_rollup_mismatches_total": "buckets that a nightly check found to differ from the events",
    "tillsight_live_streams": "open live pages",
    "tillsight_mqtt_connected": "1 while the hub is connected to its broker",
}
"""Every family and what it counts."""


def exposition(services: Services) -> bytes:
    """The text that Prometheus scrapes."""
    registry = CollectorRegistry()
    registry.register(_HubCollector(services))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class _HubCollector(Collector):
    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterator[Metric]:
        counts = self._services.writer.counts
        yield _counter("tillsight_ingest_messages_total", counts.messages)
        yield _counter("tillsight_ingest_events_stored_total", counts.stored)
        yield _counter("tillsight_ingest_events_duplicate_total", counts.duplicates)
        yield _counter("tillsight_ingest_events_reordered_total", counts.reordered)
        yield _counter("tillsight_ingest_events_replayed_total", counts.replayed)
        yield _by("tillsight_ingest_events_quarantined_total", "reason", dict(counts.quarantined))
        yield _counter("tillsight_ingest_transactions_total", counts.transactions)
        yield _counter("tillsight_ingest_transaction_seconds_total", counts.transaction_s)
        yield _counter("tillsight_ingest_retries_total", counts.retries)
        yield _gauge("tillsight_ingest_waiting_messages", self._services.writer.waiting)
        yield _gauge("tillsight_ingest_last_commit_timestamp_seconds", (counts.last_commit or 0) / 1000)
        yield _gauge("tillsight_live_streams", self._services.live.watchers)
        subscriber = self._services.subscriber
        yield _gauge("tillsight_mqtt_connected", int(subscriber is not None and subscriber.connected))
        yield from self._stored()

    def _stored(self) -> Iterator[Metric]:
        """What the tables say."""
        state = tables.device.c.state
        mismatches = select(func.coalesce(func.sum(tables.consistency_run.c.mismatches), 0))
        with self._services.engine.connect() as connection:
            states = connection.execute(
                select(state, func.count()).where(is_box()).group_by(state).order_by(state)
            ).all()
            found = connection.scalar(mismatches) or 0
            alarms = open_by_condition(connection)
        yield _by("tillsight_devices", "state", {row[0]: row[1] for row in states})
        yield _by("tillsight_fleet_alarms", "condition", alarms)
        left = days_left(self._services.config, datetime.now(UTC))
        yield _gauge("tillsight_revocation_list_days", math.nan if left is None else left)
        yield _counter("tillsight_rollup_mismatches_total", int(found))


def _counter(name: str, value: float) -> Metric:
    return CounterMetricFamily(name, COUNTERS[name], value=value)


def _gauge(name: str, value: float) -> Metric:
    return GaugeMetricFamily(name, COUNTERS[name], value=value)


def _by(name: str, label: str, values: dict[str, int]) -> Metric:
    family_type = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
    family: Metric = family_type(name, COUNTERS[name], labels=[label])
    for key, value in values.items():
        family.add_sample(name, {label: key}, value)
    return family
