"""Columns of exported scores: the agreed names, ranks, audits, bounds, and what is withheld."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert
from tests.harness.chain import Chain, open_chain

from tillsight_hub import tables
from tillsight_hub.database import writing
from tillsight_hub.exports.columns import SCORE_COLUMNS
from tillsight_hub.exports.dictionary import assumptions, data_dictionary
from tillsight_hub.exports.export import Export, write_export
from tillsight_hub.labels import Label
from tillsight_hub.metrics.catalogue import catalogue
from tillsight_hub.metrics.counts import FLAGS
from tillsight_hub.metrics.registry import STATUSES
from tillsight_hub.metrics.settings import MetricSettings
from tillsight_hub.periods import Period
from tillsight_hub.scores.score_ids import ScoreId
from tillsight_models.events import CameraReported, ContactEnded, CounterAudited

METRICS = catalogue(MetricSettings())
Row = dict[str, str]

AGREED = """
org store_id touchpoint_id touchpoint_name metric metric_version period_start_utc period_end_utc tz
local_label open_minutes counter_up_minutes value lower upper level interval_method shrunk_value rank_low
rank_high p_worst n_votes_raw n_votes_clean n_negative n_positive n_quarantined contacts_counted
contacts_est precision_k precision_n recall_k recall_n response_rate silent_share bound_lower bound_upper
assumption status flags weights computed_at_utc software_version
"""
"""What analysts were promised, in this order; our own columns come after them."""


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    with open_chain(f"sqlite:///{tmp_path / 'hub.db'}") as made:
        yield made


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def any_chain(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Chain]:
    on_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'hub.db'}" if on_sqlite else request.getfixturevalue("postgresql_url")
    with open_chain(url) as made:
        yield made


def rows(chain: Chain, first: str = "2026-03-02", last: str = "2026-03-02", **asked: Any) -> list[Row]:
    settings: dict[str, Any] = {"kind": "scores", "format": "csv", "every": "day", "level": 0.95}
    places = tuple(chain.touchpoints())
    export = Export(places=places, period=Period.between(first, last), metrics=METRICS, **(settings | asked))
    text = b"".join(write_export(chain.engine, export)).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def one(found: list[Row], touchpoint: str, metric: str) -> Row:
    (row,) = (row for row in found if (row["touchpoint_id"], row["metric"]) == (touchpoint, metric))
    return row


def test_the_columns_have_the_agreed_names_in_the_agreed_order() -> None:
    agreed = AGREED.split()
    assert [column.name for column in SCORE_COLUMNS][: len(agreed)] == agreed


def test_touchpoints_of_one_scale_are_compared_within_a_period(any_chain: Chain) -> None:
    for touchpoint, bad in (("till-1", 30), ("till-2", 5), ("counter", 6)):
        hour = "2026-03-02T19:00"
        any_chain.press(touchpoint, hour, 1, times=bad)
        any_chain.press(touchpoint, hour, 4, times=100 - bad)
    any_chain.press("desk", "2026-03-02T10:00", 11, times=80)
    any_chain.settle()
    found = rows(any_chain, chosen=("csat", "nps", "presses"))
    worst = one(found, "till-1", "csat")
    assert (worst["rank_low"], worst["rank_high"]) == ("3", "3")
    assert 0.7 < float(worst["shrunk_value"]) < 0.8
    assert float(worst["p_worst"]) > 0.95
    tie = one(found, "till-2", "csat")
    assert (tie["rank_low"], tie["rank_high"]) == ("1", "2")
    assert one(found, "desk", "nps")["rank_low"] == ""
    assert one(found, "till-1", "presses")["shrunk_value"] == ""
    assert all(row["rank_low"] == "" for row in rows(any_chain, chosen=("csat",), ranks=False))
    assert all(row["rank_low"] == "" for row in rows(any_chain, chosen=("csat",), every="hour"))


def test_weeks_are_cut_at_the_ends_and_compared_one_by_one(chain: Chain) -> None:
    for day, bad in (("2026-03-07", 5), ("2026-03-09", 40)):
        for touchpoint, more in (("till-1", 0), ("till-2", 10)):
            chain.press(touchpoint, f"{day}T10:00", 1, times=bad + more)
            chain.press(touchpoint, f"{day}T10:00", 4, times=60)
    chain.settle()
    found = rows(chain, "2026-03-06", "2026-03-10", every="week", chosen=("csat",))
    assert [(row["local_label"], row["touchpoint_id"], row["period_end_utc"][:10]) for row in found] == [
        ("2026-W10", "till-2", "2026-03-08"),
        ("2026-W10", "till-1", "2026-03-08"),
        ("2026-W11", "till-2", "2026-03-10"),
        ("2026-W11", "till-1", "2026-03-10"),
    ]
    assert all(row["shrunk_value"] for row in found)


def test_audits_bounds_and_the_camera_are_in_their_columns(chain: Chain) -> None:
    with writing(chain.engine) as connection:
        till = tables.touchpoint.c.id == "till-1"
        connection.execute(tables.touchpoint.update().where(till).values(contact_source="camera"))
    noon = chain.at("till-1", "2026-03-02T12:00")
    chain.press("till-1", "2026-03-02T10:00", 1, times=20)
    chain.press("till-1", "2026-03-02T10:00", 4, times=40)
    chain.press("till-1", "2026-03-02T10:00", 4, times=7, labels=Label.MASHING | Label.SET_ASIDE)
    audit = CounterAudited(period_s=600, counted=90, observed=100, matched=80)
    chain.put("till-1", noon, audit)
    for hour in range(12):
        working_s = 1800.0 if hour == 3 else 3600.0
        seen = CameraReported(camera="a", state="ok", period_s=3600, working_s=working_s)
        chain.put("till-1", chain.at("till-1", f"2026-03-02T{9 + hour:02}:59"), seen)
    chain.put("till-1", noon, ContactEnded(source="camera", dwell_s=9), times=300)
    chain.settle()
    found = rows(chain)
    row = one(found, "till-1", "dissatisfied_among_all")
    assert (row["open_minutes"], row["counter_up_minutes"]) == ("720", "690")
    assert (row["contacts_counted"], row["n_quarantined"], row["n_votes_raw"]) == ("300", "7", "67")
    assert [row[name] for name in ("precision_k", "precision_n", "recall_k", "recall_n")] == [
        "80",
        "90",
        "80",
        "100",
    ]
    assert float(row["contacts_est"]) == pytest.approx(300 * (80 / 90) / (80 / 100), rel=0.02)
    assert row["value"] == ""
    assert float(row["bound_lower"]) == pytest.approx(20 / float(row["contacts_est"]))
    assert float(row["bound_upper"]) == pytest.approx(1 - 40 / float(row["contacts_est"]))
    assert row["assumption"] == "the silent may all be satisfied, or all dissatisfied"
    assert one(found, "till-1", "csat")["bound_lower"] == ""


def test_what_too_few_people_said_is_in_no_column(chain: Chain) -> None:
    chain.press("till-1", "2026-03-02T10:00", 1, times=3)
    chain.press("till-1", "2026-03-02T10:00", 4, times=2)
    chain.settle()
    for every in ("day", "total", "hour"):
        found = rows(chain, every=every)
        row = one(found, "till-1", "csat")
        assert (row["status"], row["value"], row["n_negative"], row["n_positive"]) == (
            "suppressed",
            "",
            "",
            "",
        )
        assert (row["n_votes_raw"], row["n_votes_clean"]) == ("5", "5")


def test_what_the_hub_could_not_take_is_counted_where_its_device_stands(any_chain: Chain) -> None:
    any_chain.press("till-1", "2026-03-02T10:00", 1, times=3)
    any_chain.press("till-1", "2026-03-03T10:00", 1, times=3)
    any_chain.settle()
    with writing(any_chain.engine) as connection:
        for device, local, replayed in (
            ("box-till-1", "2026-03-02T10:05", None),
            ("box-till-1", "2026-03-02T10:06", 1),
            ("box-till-1", "2026-03-03T23:59", None),
            ("box-till-1", "2026-03-04T00:00", None),
            ("box-till-2", "2026-03-02T10:05", None),
        ):
            row = {
                "received": any_chain.at("till-1", local),
                "topic": "t",
                "dev": device,
                "replayed": replayed,
            }
            rest = {"reason": "bad-json", "detail": "", "payload": b"", "size": 0}
            connection.execute(insert(tables.quarantine).values(**row, **rest))
    found = rows(any_chain, "2026-03-02", "2026-03-03", chosen=("presses",))
    assert [(row["local_label"], row["n_refused"]) for row in found] == [
        ("2026-03-02", "1"),
        ("2026-03-03", "1"),
    ]
    assert [row["n_refused"] for row in rows(any_chain, chosen=("presses",), every="hour")] == ["1"]


def test_every_row_has_the_id_of_its_score(chain: Chain) -> None:
    chain.press("till-1", "2026-03-02T10:00", 4, times=30)
    chain.settle()
    for every in ("hour", "day", "week", "month", "total"):
        [row] = [
            row for row in rows(chain, every=every, chosen=("csat",)) if row["touchpoint_id"] == "till-1"
        ]
        asked = ScoreId.parse(row["score_id"])
        assert (asked.metric, asked.place, str(asked)) == ("csat", "till-1", row["score_id"])
        assert int(row["revision"]) >= 1


def test_the_dictionary_has_every_word_that_a_file_may_have() -> None:
    text = data_dictionary(METRICS)
    words = [column.name for column in SCORE_COLUMNS] + [metric.id for metric in METRICS]
    words += [*STATUSES, *FLAGS, *(str(label.name).lower().replace("_", "-") for label in Label if label)]
    missing = [word for word in words if f"| `{word}` |" not in text]
    assert not missing
    assert all(
        column.unit
        for column in SCORE_COLUMNS
        if column.kind in ("integer", "number") and column.name != "metric_version"
    )


def test_the_dictionary_knows_every_assumption_of_an_export(chain: Chain) -> None:
    chain.press("till-1", "2026-03-02T10:00", 1, times=30)
    chain.serve("till-1", "2026-03-02T10:00", 100)
    chain.settle()
    told = {(row["metric"], row["assumption"]) for row in rows(chain) if row["assumption"]}
    assert told
    assert told <= {(each.metric, each.text) for each in assumptions(METRICS)}
