"""The delivery guarantee: what an outbox has committed is stored exactly once, whatever is killed.

`scripts/soak` does the first of these for minutes, with other seeds.
"""

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.conftest import need
from tests.harness.brokers import Mosquitto
from tests.harness.chaos import Play, run_chaos
from tests.harness.chaos_books import read_ledger
from tests.harness.chaos_scenes import (
    copy_card,
    disagreements,
    drain,
    facts,
    playing,
    scores,
    set_aside,
    settle,
    stored,
    stored_facts,
)
from tests.harness.chaos_stage import Edge, Hub
from tests.harness.databases import PostgreSQL
from tests.harness.processes import wait_until

from tillsight_hub.database import writing
from tillsight_hub.ingest.crash_points import EXIT_CODE, LABELS, VARIABLE
from tillsight_models.delivery import DEFAULT_WINDOW

pytestmark = pytest.mark.mosquitto

POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.postgresql)


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str | None:
    """By parameter: None for the hub's own SQLite file, or the URL of an empty PostgreSQL database."""
    url: str | None = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else None
    return url


@pytest.mark.parametrize(
    ("broker", "database_url", "seconds"),
    [
        ("mosquitto", "sqlite", 15),
        pytest.param("mosquitto", "postgresql", 15, marks=pytest.mark.postgresql),
        ("amqtt", "sqlite", 10),
    ],
    indirect=["database_url"],
)
def test_every_committed_event_is_stored_exactly_once_whatever_is_killed(
    broker: str, database_url: str | None, seconds: float, tmp_path: Path
) -> None:
    outcome = run_chaos(Play(tmp_path, 7, seconds, broker, database_url))
    assert outcome.verdict.violations == []
    assert outcome.kills.total() >= 6
    assert set(outcome.kills) == {"broker", "hub", "edge"}
    assert outcome.verdict.stored > 500


@pytest.mark.parametrize("database_url", ["sqlite", POSTGRESQL], indirect=True)
def test_a_hub_that_dies_at_any_step_of_its_writer_neither_loses_nor_doubles(
    mosquitto: Mosquitto, database_url: str | None, tmp_path: Path
) -> None:
    edge = Edge(tmp_path / "edges", "till-1", mqtt_port=mosquitto.port, rate=50)
    with playing(tmp_path, mosquitto.port, [edge], database_url) as hub:
        edge.start()
        for label in LABELS:
            hub.start({VARIABLE: f"{label}:2"})
            assert hub.process.wait(60) == EXIT_CODE, label
            assert disagreements(hub) == [], label
        hub.start()
        verdict = settle(hub, [edge])
    assert verdict.violations == []
    assert verdict.stored > 100


def test_a_till_over_https_neither_loses_nor_doubles_when_the_hub_dies(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with playing(tmp_path, mosquitto.port, [], devices=["till-1"]) as hub:
        edge = Edge(tmp_path / "edges", "till-1", mqtt_port=0, rate=50, url=hub.url)
        try:
            hub.start()
            hub.wait_ready()
            edge.token.write_text(hub.new_token("device", "till-1"), encoding="utf-8")
            hub.kill()
            edge.start()
            for label in ("writer.before-commit", "writer.committed", "writer.before-puback"):
                hub.start({VARIABLE: f"{label}:2"})
                assert hub.process.wait(60) == EXIT_CODE, label
            hub.start()
            verdict = settle(hub, [edge])
        finally:
            edge.kill()
    assert verdict.violations == []
    assert verdict.stored > 100


def test_nothing_is_lost_when_the_broker_forgets_everything(mosquitto: Mosquitto, tmp_path: Path) -> None:
    edges = [Edge(tmp_path / "edges", f"till-{n}", mqtt_port=mosquitto.port, rate=100) for n in (1, 2)]
    with playing(tmp_path, mosquitto.port, edges) as hub:
        hub.start()
        for edge in edges:
            edge.start()
        hub.wait_ready()
        wait_until(lambda: stored(hub) > 100, "events on the hub")
        mosquitto.wipe()  # with messages under way
        mosquitto.start()
        before = stored(hub)
        wait_until(lambda: stored(hub) > before + 100, "more events on the hub")
        hub.kill()
        wait_until(lambda: all((edge.left or 0) > 200 for edge in edges), "events that the hub has not")
        mosquitto.wipe()  # with messages that it has acknowledged to the edges
        mosquitto.start()
        hub.start()
        verdict = settle(hub, edges)
    assert verdict.violations == []
    assert verdict.stored > 600


def test_what_a_full_outbox_drops_is_reported_and_marks_the_score(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    edge = Edge(tmp_path / "edges", "till-1", mqtt_port=mosquitto.port, rate=0, presses=1_000, max_events=200)
    with playing(tmp_path, mosquitto.port, [edge]) as hub:
        edge.start()
        wait_until(lambda: len(read_ledger(edge.ledger)) >= 1_000, "all presses")
        hub.start()
        drain(hub, [edge])
        flags = {flag for result in scores(hub) for score in result["scores"] for flag in score["flags"]}
        verdict = settle(hub, [edge], may_lose=True)
    assert verdict.violations == []
    assert verdict.lost >= 1_000 - 200
    assert "incomplete" in flags


def test_tills_with_the_same_card_lose_nothing_unseen(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """Both say that they are till-1 and number their events alike. Each number is stored once, for who comes
    first; the other's event is set aside on the hub, or begins a new stream there. What each has under way at
    that moment, at most a window, it cannot know about: that may be stored in both streams."""
    port = mosquitto.port
    first = Edge(tmp_path / "one", "till-1", mqtt_port=port, rate=40, boot="boot-one")
    other = Edge(tmp_path / "two", "till-1", mqtt_port=port, rate=40, boot="boot-two")
    honest = Edge(tmp_path / "three", "till-2", mqtt_port=port, rate=20, boot="boot-three")
    edges = [first, other, honest]
    with playing(tmp_path, port, edges) as hub:
        hub.start()
        first.start()
        honest.start()
        hub.wait_ready()
        wait_until(lambda: stored(hub) > 50, "events on the hub")
        first.stop()
        hub.kill()
        copy_card(first, other)
        first.start()
        other.start()
        wait_until(lambda: all((edge.left or 0) > 150 for edge in edges[:2]), "the same numbers twice")
        hub.start()
        wait_until(lambda: all(len(read_ledger(edge.ledger)) > 400 for edge in edges[:2]), "presses")
        drain(hub, edges, 90)
        assert disagreements(hub) == []
    there = Counter(stored_facts(hub))
    aside = {fact for _, fact in set_aside(hub)}
    happened = set().union(*map(facts, edges))
    doubled = there.total() - len(there)
    assert happened - set(there) - aside == set()
    assert facts(honest) <= set(there)
    assert {reason for reason, _ in set_aside(hub)} == {"reused-seq"}
    assert doubled <= 2 * DEFAULT_WINDOW


@pytest.mark.postgresql
def test_the_hub_waits_for_a_database_that_is_away_while_the_broker_restarts(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    edge = Edge(tmp_path / "edges", "till-1", mqtt_port=mosquitto.port, rate=50)
    server = need(PostgreSQL)
    try:
        server.start()
        with server.fresh_database() as url, playing(tmp_path, mosquitto.port, [edge], url) as hub:
            hub.start()
            edge.start()
            hub.wait_ready()
            wait_until(lambda: stored(hub) > 50, "events on the hub")
            server.kill()
            mosquitto.kill()
            mosquitto.start()
            wait_until(lambda: (edge.left or 0) > 300, "events that wait")
            server.start()
            verdict = settle(hub, [edge])
    finally:
        server.remove()
    assert verdict.violations == []


@pytest.mark.parametrize("database_url", ["sqlite", POSTGRESQL], indirect=True)
def test_events_wait_while_the_tables_are_not_what_the_hub_expects(
    mosquitto: Mosquitto, database_url: str | None, tmp_path: Path
) -> None:
    """A mistake of ours or of an operator says nothing about the events, so none is set aside for it."""
    edge = Edge(tmp_path / "edges", "till-1", mqtt_port=mosquitto.port, rate=50)
    with playing(tmp_path, mosquitto.port, [edge], database_url) as hub:
        hub.start()
        hub.wait_ready()
        execute(hub, "ALTER TABLE rollup_hour RENAME COLUMN dwell_ms TO elsewhere")
        edge.start()
        hub.process.wait_for(lambda: "takes no events" in hub.log, "trouble")
        execute(hub, "ALTER TABLE rollup_hour RENAME COLUMN elsewhere TO dwell_ms")
        verdict = settle(hub, [edge])
    assert verdict.violations == []
    assert verdict.stored > 0


def execute(hub: Hub, statement: str) -> None:
    engine = hub.open()
    with writing(engine) as connection:
        connection.execute(text(statement))
    engine.dispose()
