"""`tillsight-hub alerts`."""

import json
from pathlib import Path

import pytest
from sqlalchemy import insert
from tests.harness.ingesting import seeded

from tillsight_hub import tables
from tillsight_hub.__main__ import main
from tillsight_hub.access.clock import now_ms
from tillsight_hub.alerts.listing import COLUMNS
from tillsight_hub.database import writing


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a hub's database that has one alert."""
    engine = seeded(f"sqlite:///{tmp_path / 'hub.db'}")
    detail = dict.fromkeys(COLUMNS[4:], 1)
    now = now_ms()
    row = {"rule_id": 0, "rule_version": 1, "tp": "till-1", "since": now, "raised": now, "noticed": now}
    with writing(engine) as connection:
        connection.execute(insert(tables.alert).values(**row, detail=json.dumps(detail)))
    engine.dispose()
    return tmp_path


def test_alerts_are_listed_as_csv(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alerts", "--data-dir", str(folder), "--place", "rome"]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert head == ",".join(COLUMNS)
    assert row.startswith("till-1,")
    out = folder / "alerts.csv"
    assert main(["alerts", "--data-dir", str(folder), "--place", "pune", "--out", str(out)]) == 0
    assert out.read_bytes() == (",".join(COLUMNS) + "\r\n").encode()


def test_a_place_that_is_none_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alerts", "--data-dir", str(folder), "--place", "mars"]) == 1
    assert "place 'mars'" in capsys.readouterr().err
