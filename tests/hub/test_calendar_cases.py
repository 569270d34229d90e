"""Calendar cases that an analyst can read: tests/hub/cases/calendar.toml."""

import csv
import io
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.harness.ingesting import DAY, Box, intake, seeded, take

from tillsight_hub.access import create_token
from tillsight_hub.app import create_app
from tillsight_hub.calendar import UNKNOWN_HOURS, WEEKDAYS, OpeningHours, PlaceCalendar
from tillsight_hub.config import HubConfig
from tillsight_hub.periods import bucket_of
from tillsight_models.configuration import read_settings

CASES = tomllib.loads((Path(__file__).parent / "cases" / "calendar.toml").read_text(encoding="utf-8"))


def cases(kind: str) -> Any:
    return pytest.mark.parametrize("case", [pytest.param(c, id=c.get("name")) for c in CASES[kind]])


def calendar_of(case: dict[str, Any]) -> PlaceCalendar:
    week = case.get("week") or {day: case["hours"] for day in WEEKDAYS if "hours" in case}
    return PlaceCalendar(case["tz"], OpeningHours.parse(week) if week else UNKNOWN_HOURS)


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@cases("day")
def test_days_are_as_long_as_they_are(case: dict[str, Any]) -> None:
    calendar = calendar_of(case)
    start, end = calendar.day_bounds(case["date"])
    assert (end - start) / 3_600_000 == case["length_h"]
    assert calendar.open_minutes(case["date"]) == case["open_minutes"]
    assert sum(calendar.open_minutes_by_hour(case["date"])) == case["open_minutes"]
    if "start" in case:
        assert (start, end) == (ms(case["start"]), ms(case["end"]))


@cases("moment")
def test_instants_belong_to_a_business_day_and_an_hour(case: dict[str, Any]) -> None:
    calendar, t = calendar_of(case), ms(case["at"])
    assert calendar.business_day(t) == case["day"]
    hour = calendar.local(calendar.hour_start(t) * 1000)
    assert hour.isoformat(timespec="minutes") == case["hour"]
    assert calendar.is_open(t) is case["open"]


@cases("week")
def test_dates_belong_to_an_iso_week_and_a_month(case: dict[str, Any]) -> None:
    assert (bucket_of(case["date"], "week"), bucket_of(case["date"], "month")) == (
        case["week"],
        case["month"],
    )


class Chain:
    """Shops as a case describes them, whose presses went through the hub's ingest."""

    def __init__(self, case: dict[str, Any], folder: Path) -> None:
        url = f"sqlite:///{folder / 'hub.db'}"
        self.engine = seeded(url, seed_of(case["shops"]))
        events: dict[int, list[bytes]] = {}
        boxes = {
            shop: Box(f"box-{shop}", f"till-{shop}", f"{'stream':x<15}{shop}", f"shop-{shop}")
            for shop in range(len(case["shops"]))
        }
        for shop, at in sorted(case["presses"], key=lambda press: ms(press[1])):
            events.setdefault(shop, []).append(boxes[shop].press(t=ms(at)))
        latest = max(ms(at) for _, at in case["presses"])
        outcome = take(
            intake(self.engine, latest + DAY), *((boxes[shop], body) for shop, body in events.items())
        )
        assert outcome.receipt.quarantined == 0
        token = create_token(self.engine, "anna", "analyst", None)
        app = create_app(read_settings({"data_dir": str(folder), "database": {"url": url}}, HubConfig))
        self._client = TestClient(app, headers={"Authorization": f"Bearer {token}"})
        self._period = {"from": case["from"], "to": case["to"], "metric": "presses"}

    def results(self, by: str, **query: Any) -> dict[str, dict[str, Any]]:
        answer = self._client.get("/api/v1/scores", params={**self._period, "by": by, **query})
        assert answer.status_code == 200, answer.text
        return {result["key"]: result for result in answer.json()["results"]}

    def rows(self, by: str, **query: Any) -> list[dict[str, str]]:
        answer = self._client.get("/api/v1/export", params={**self._period, "by": by, **query})
        assert answer.status_code == 200, answer.text
        return list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))


def seed_of(shops: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "org": [{"id": "acme", "name": "Acme"}],
        "region": [{"id": "world", "name": "World", "org": "acme"}],
        "store": [
            {
                "id": f"shop-{number}",
                "name": f"Shop {number}",
                "region": "world",
                "tz": shop["tz"],
                "opening_hours": {day: shop["hours"] for day in WEEKDAYS if "hours" in shop},
            }
            for number, shop in enumerate(shops)
        ],
        "touchpoint": [
            {"id": f"till-{number}", "name": f"Till {number}", "store": f"shop-{number}"}
            for number in range(len(shops))
        ],
        "device": [{"id": f"box-{number}", "touchpoint": f"till-{number}"} for number in range(len(shops))],
    }


@cases("flow")
def test_presses_come_out_in_their_own_day_and_hour(case: dict[str, Any], tmp_path: Path) -> None:
    chain = Chain(case, tmp_path)
    for by in ("day", "week"):
        if f"{by}s" in case:
            told = {key: result["counts"]["presses"] for key, result in chain.results(by).items()}
            assert told == case[f"{by}s"]
    for by, expected in (("hour", case.get("profile", {})), ("weekday", case.get("weekdays", {}))):
        results = chain.results(by, place="till-0") if expected else {}
        for key, (presses, open_minutes, per_hour) in expected.items():
            result = results[key]
            assert result["counts"]["presses"] == presses, key
            assert result["period"]["open_minutes"] == open_minutes, key
            told = result["per_open_hour"]
            assert (told and told["presses"]) == (pytest.approx(per_hour) if open_minutes else None), key
    if "hours" in case:
        rows = chain.rows("hour", place="till-0")
        assert {row["local_label"]: int(float(row["value"])) for row in rows} == case["hours"]
        assert all(row["tz"] == case["shops"][0]["tz"] for row in rows)
        for row in rows:
            begin = datetime.fromisoformat(row["local_label"]).astimezone(UTC)
            assert datetime.fromisoformat(row["period_start_utc"]) == begin
