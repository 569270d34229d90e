"""`tillsight-hub analyse` on a tiny world: the files that it leaves, and what it says to who asks wrongly."""

import csv
import json
from pathlib import Path

import pytest
from tests.harness.small_world import contact, press, write_world

from tillsight_hub.__main__ import main
from tillsight_hub.exports.columns import SCORE_COLUMNS

FILES = ("expressed_dissat", "response_rate", "csat_pressers", "positive_emotion", "dissat_all")


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """200 customers one after the other, each 30 s; every fifth votes, every twentieth is unhappy."""
    lines = []
    for n in range(200):
        hour, minute = divmod(9 * 60 + 3 * n, 60)
        at = f"{hour:02}:{minute:02}"
        lines.append(contact(f"c{n}", f"{at}:00", f"v{n}", 30, ("pos", "neu", "neg")[n % 3]))
        if n % 5 == 0:
            lines.append(press(f"p{n}", f"{at}:25", 0 if n % 20 == 0 else 3))
    made: Path = write_world(tmp_path / "world", *lines)
    return made


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_metric_gets_a_file_with_its_interval(world: Path, tmp_path: Path) -> None:
    assert main(["analyse", "--world", str(world), "--out", str(tmp_path / "out")]) == 0
    found = {name: rows(tmp_path / "out" / f"{name}.csv")[0] for name in FILES}
    served = 200 * 100 / 95
    assert float(found["expressed_dissat"]["score"]) == pytest.approx(10 / served, rel=0.02)
    assert float(found["response_rate"]["score"]) == pytest.approx(40 / served, rel=0.02)
    assert float(found["csat_pressers"]["score"]) == pytest.approx(0.75)
    assert found["dissat_all"]["score"] == ""
    for row in found.values():
        assert row["touchpoint"] == "s00-t0"
        assert float(row["lower"]) < float(row["upper"])


def test_the_whole_export_is_there_too(world: Path, tmp_path: Path) -> None:
    main(["analyse", "--world", str(world), "--out", str(tmp_path / "out")])
    exported = rows(tmp_path / "out" / "scores.csv")
    assert list(exported[0]) == [column.name for column in SCORE_COLUMNS]
    of_metric = {row["metric"]: row for row in exported}
    assert of_metric["contacts"]["status"] == "ok"
    assert of_metric["relative_dissatisfaction"]["local_label"] == "2026-03-16/2026-03-16"


def test_a_summary_comes_as_json(world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["analyse", "--world", str(world), "--out", str(tmp_path / "out"), "--json"])
    summary = json.loads(capsys.readouterr().out)
    assert (summary["events"], summary["touchpoints"], summary["first_day"]) == (240, 1, "2026-03-16")
    assert summary["statuses"]["contacts"] == {"ok": 1}


def test_its_own_settings_hold(world: Path, tmp_path: Path) -> None:
    config = tmp_path / "hub.toml"
    config.write_text("[metrics]\neagerness = [2, 2]\n", encoding="utf-8")
    arguments = ["analyse", "--world", str(world), "--out", str(tmp_path / "out"), "--config", str(config)]
    assert main(arguments) == 0
    exported = {row["metric"]: row for row in rows(tmp_path / "out" / "scores.csv")}
    assert exported["dissatisfied_by_eagerness"]["status"] == "ok"


@pytest.mark.parametrize(
    ("make", "code", "said"),
    [
        (lambda folder: folder / "missing", 2, "--world {folder}/missing: expected a folder"),
        (lambda folder: folder, 1, "{folder}: expected seed.toml"),
        (
            lambda folder: write_world(folder / "w", press("a", "09:00:00", tp="who")),
            1,
            "line 1: touchpoint 'who' is not in calibration.json",
        ),
    ],
)
def test_who_asks_wrongly_gets_one_line(
    make: object, code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert callable(make)
    world = make(tmp_path)
    assert main(["analyse", "--world", str(world), "--out", str(tmp_path / "out")]) == code
    error = capsys.readouterr().err
    assert said.format(folder=tmp_path) in error
    assert error.count("\n") == 1


def test_a_folder_without_its_events_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = write_world(tmp_path / "w")
    (world / "events.jsonl").unlink()
    assert main(["analyse", "--world", str(world), "--out", str(tmp_path / "out")]) == 1
    assert "events.jsonl: No such file" in capsys.readouterr().err


def test_results_cannot_go_where_a_file_is(
    world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    assert main(["analyse", "--world", str(world), "--out", str(tmp_path / "taken")]) == 2
    assert "--out" in capsys.readouterr().err
