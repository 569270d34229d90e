"""The play log, and what it says of who was there."""

import csv
import io
from pathlib import Path

import pytest
from tests.harness.edge_configs import device_settings, write_toml
from tests.harness.kiosk_stage import kiosk_stage

from tillsight_edge.__main__ import main
from tillsight_edge.fakes import FakeClock
from tillsight_edge.kiosk.play_log import MOST_BYTES, PlayLog
from tillsight_edge.kiosk.plays import COLUMNS, read_plays
from tillsight_models.events import ContactEnded


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "plays.jsonl"


def at(second: float) -> int:
    return 1_790_000_000_000 + round(1000 * second)


@pytest.fixture
def written(tmp_path: Path, log: Path) -> Path:
    """Half a minute: nobody for 10 s, then somebody who is served for 8 s, then nobody."""
    with kiosk_stage(tmp_path, attract_s=60, play_log=str(log)) as stage:
        stage.pass_time(61)
        stage.pass_time(10, present=True)
        stage.pass_time(10)
        contact = ContactEnded(source="presence", dwell_s=8.0)
        stage.kiosk.contact(contact, stage.clock.stamp())
        stage.pass_time(10)
    return log


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_each_play_has_the_contacts_that_could_see_it(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = write_toml(tmp_path / "device.toml", device_settings(tmp_path, kiosk={"play_log": str(written)}))
    assert main(["kiosk", "plays", "--csv", "--config", str(config)]) == 0
    rows = rows_of(capsys.readouterr().out)
    told = [(row["item"], row["seconds"], row["present_s"], row["contacts"]) for row in rows]
    assert told == [
        ("away", "10.0", "0.0", "0"),
        ("present", "10.0", "10.0", "1"),
        ("away", "10.0", "0.0", "0"),
    ]
    assert list(rows[0]) == list(COLUMNS)
    assert main(["kiosk", "plays", "--config", str(config)]) == 0
    assert "present: 10.0 s, somebody there for 10.0 s, 1 contacts" in capsys.readouterr().out


def test_what_another_player_has_played_is_joined_with_the_same_contacts(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = device_settings(tmp_path, kiosk={"play_log": str(written)})
    config = write_toml(tmp_path / "device.toml", settings)
    playback = tmp_path / "player.csv"
    playback.write_text(
        f"item,from,until\nwinter,{at(61)},{at(76)}\nsummer,2026-09-21T14:14:36Z,2026-09-21T16:14:46+02:00\n"
    )
    command = ["kiosk", "plays", "--csv", "--playback", str(playback), "--config", str(config)]
    assert main(command) == 0
    rows = rows_of(capsys.readouterr().out)
    assert [(row["item"], row["present_s"], row["contacts"]) for row in rows] == [
        ("winter", "5.0", "1"),
        ("summer", "5.0", "1"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("item,from\na,1\n", "has no column until"),
        ("item,from,until\na,1,later\n", "player.csv:2: '1', 'later': should be moments"),
        (None, "No such file"),
    ],
)
def test_a_playback_that_cannot_be_read_is_one_line(
    tmp_path: Path, log: Path, capsys: pytest.CaptureFixture[str], text: str | None, said: str
) -> None:
    config = write_toml(tmp_path / "device.toml", device_settings(tmp_path, kiosk={"play_log": str(log)}))
    if text is not None:
        (tmp_path / "player.csv").write_text(text)
    command = ["kiosk", "plays", "--playback", str(tmp_path / "player.csv"), "--config", str(config)]
    assert main(command) == 2
    assert said in capsys.readouterr().err


def test_without_a_play_log_nothing_is_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write_toml(tmp_path / "device.toml", device_settings(tmp_path))
    assert main(["kiosk", "plays", "--config", str(config)]) == 1
    assert "kiosk.play_log" in capsys.readouterr().err


def test_the_log_stays_small_and_the_part_before_is_read_too(log: Path) -> None:
    clock, plays = FakeClock(), PlayLog(log)
    for number in range(28_000):
        plays.shows(f"p{number}", clock.stamp())
    kept = log.with_name("plays.jsonl.1")
    assert log.stat().st_size + kept.stat().st_size < 2 * MOST_BYTES + 200
    book = read_plays(log)
    assert book.plays[-1].name == "p27998"
    assert len(book.plays) > 10_000


def test_a_line_that_was_cut_is_left_out(log: Path) -> None:
    log.write_text(
        '{"picture":"away","from":1,"until":2,"tq":"ntp"}\n{"picture":"aw\n[]\n7\n{"there":true}\n'
    )
    assert [each.name for each in read_plays(log).plays] == ["away"]
