"""Counting in clips: files made here, and the reference clips against what people saw in them."""

import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tests.harness.reference_data import reference_data

from tillsight_edge.__main__ import main
from tillsight_edge.camera_config import CameraSettings
from tillsight_edge.vision.counting.clips import Clip, count_clip
from tillsight_edge.vision.detections import Detection, Detections, Image
from tillsight_edge.vision.errors import BadClip

ZONE = "0.4,0.6,0.7,1"
CAMERA = CameraSettings(source="clip", zone=((0.4, 0.6), (0.7, 1.0)))
WIDTH, HEIGHT = 320, 180


class DarkBlob:
    """Finds the one dark thing in a bright picture, as a detector finds a person."""

    def detect(self, image: Image) -> Detections:
        rows, columns = np.nonzero(image.max(axis=2) < 110)
        if rows.size < 50:
            return Detections()
        box = Detection(columns.min(), rows.min(), columns.max() + 1.0, rows.max() + 1.0, 0.9)
        return Detections((box,))


def person_at(second: float) -> float | None:
    """From the left to the middle of the zone by 2 s, away after 10 s; None while nobody is there."""
    if 1 <= second < 2:
        return 0.05 + 0.5 * (second - 1)
    if 2 <= second < 10:
        return 0.55
    return 0.55 + 0.4 * (second - 10) if 10 <= second < 11 else None


def make_clip(path: Path, seconds: float = 13, rate: float = 10) -> Path:
    """A clip with one customer."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), rate, (WIDTH, HEIGHT))
    for number in range(int(seconds * rate)):
        image = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
        x = person_at(number / rate)
        if x is not None:
            left = round(x * WIDTH) - 15
            image[60:160, max(0, left) : left + 30] = 40
        writer.write(image)
    writer.release()
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "one.mp4")


@pytest.mark.parametrize(("rate", "frames"), [(None, 130), (5, 65), (3, 39), (100, 130)])
def test_a_customer_in_a_clip(clip: Path, rate: float | None, frames: int) -> None:
    counted = count_clip(Clip(clip, rate), CAMERA, DarkBlob())
    assert counted.frames == frames
    assert [(c.enter_ms / 1000, c.leave_ms / 1000) for c in counted.contacts] == [
        pytest.approx((2, 10), abs=0.7)
    ]
    assert 0 < counted.looked < counted.frames


def test_what_is_written_has_exactly_these_fields(clip: Path) -> None:
    told = count_clip(Clip(clip, 5), CAMERA, DarkBlob()).as_json()
    assert list(told) == ["contacts", "frames", "wall_s", "cpu_s", "rss_mb"]
    assert [list(contact) for contact in told["contacts"]] == [["enter_s", "leave_s", "dwell_s"]]
    (contact,) = told["contacts"]
    assert contact["dwell_s"] == pytest.approx(contact["leave_s"] - contact["enter_s"])


def test_who_is_still_there_at_the_end_leaves_with_the_clip(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "short.mp4", seconds=8)
    (contact,) = count_clip(Clip(clip, 5), CAMERA, DarkBlob()).contacts
    assert contact.leave_ms == 8000


def test_counting_twice_gives_the_same(clip: Path) -> None:
    first, second = (count_clip(Clip(clip, 5), CAMERA, DarkBlob()).contacts for _ in range(2))
    assert first == second


def test_a_film_for_people(clip: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    count_clip(Clip(clip, 5), CAMERA, DarkBlob(), show=film)
    shown = Clip(film)
    frames = list(shown.frames())
    assert (len(frames), shown.rate_hz) == (65, 5)
    assert np.abs(frames[25].image.astype(int) - 200).max() > 100


def test_a_film_that_cannot_be_written(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(BadClip, match="cannot be written as a video"):
        count_clip(Clip(clip, 5), CAMERA, DarkBlob(), show=tmp_path / "nowhere" / "film.mp4")


def test_progress_is_told(clip: Path) -> None:
    told: list[tuple[float, int]] = []
    count_clip(
        Clip(clip, 5), CAMERA, DarkBlob(), progress=lambda done, contacts: told.append((done, contacts))
    )
    assert len(told) == 65
    assert told[-1] == (pytest.approx(1, abs=0.02), 1)


@pytest.mark.parametrize("content", [None, b"", b"no video at all" * 100, "cut"])
def test_what_is_no_clip(content: bytes | str | None, clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "bad.mp4"
    if content == "cut":
        path.write_bytes(clip.read_bytes()[:300])
    elif isinstance(content, bytes):
        path.write_bytes(content)
    with pytest.raises(BadClip, match=r"bad\.mp4"):
        count_clip(Clip(path), CAMERA, DarkBlob())


BAD_ARGUMENTS = [
    (["--zone", "0.4,0.6,0.7"], "--zone: '0.4,0.6,0.7': should be x1,y1,x2,y2 or more points"),
    (["--zone", "0.4,0.6,0.7,a"], "--zone: '0.4,0.6,0.7,a': should be x1,y1,x2,y2 or more points"),
    (["--zone", "0.4,0.6,0.7,7"], "--zone: '0.4,0.6,0.7,7': should be x1,y1,x2,y2 or more points"),
    (["--zone", "0.4,0.6,0.4,0.6"], "--zone: [[0.4, 0.6], [0.4, 0.6]]: should cover at least 0.1%"),
    (["--zone", "1.1,0,1.4,0.9"], "--zone: [[1.1, 0.0], [1.4, 0.9]]: lies outside the frame"),
    (["--min-dwell", "-1"], "--min-dwell: -1.0: should be greater than 0"),
    (["--min-dwell", "0.1", "--fps", "5"], "--min-dwell: 0.1: should be at least two frames, 0.4 s"),
    (["--fps", "0"], "--fps: 0: should be more than 0"),
    (["--fps", "nan"], "--fps: nan: should be more than 0"),
]


@pytest.mark.parametrize(
    ("arguments", "line"), BAD_ARGUMENTS, ids=[" ".join(given) for given, _ in BAD_ARGUMENTS]
)
def test_bad_arguments_cost_one_line(
    arguments: list[str], line: str, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["count", str(clip), "--zone", ZONE, "--min-dwell", "3", "--json", "-", *arguments]
    assert main(given) == 2
    told = capsys.readouterr()
    assert told.err.startswith(line)
    assert told.err.count("\n") == 1
    assert told.out == ""


def test_an_unreadable_clip_costs_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "none.mp4"
    assert main(["count", str(path), "--zone", ZONE, "--min-dwell", "3", "--json", "-"]) == 1
    assert capsys.readouterr().err == f"tillsight-edge: {path}: cannot be read as a video\n"


def test_the_command_writes_where_it_is_told(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "counted.json"
    given = ["count", str(clip), "--zone", ZONE, "--min-dwell", "3", "--fps", "5", "--json"]
    assert main([*given, str(out)]) == 0
    assert capsys.readouterr().out == ""
    assert main([*given, "-"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["contacts"] == json.loads(out.read_text(encoding="utf-8"))["contacts"]


def test_a_file_that_cannot_be_written_costs_one_line(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "nowhere" / "counted.json"
    given = ["count", str(clip), "--zone", ZONE, "--min-dwell", "3", "--fps", "5", "--json"]
    assert main([*given, str(out)]) == 1
    assert capsys.readouterr().err == f"tillsight-edge: {out}: No such file or directory\n"


def test_on_a_terminal_there_is_progress(
    clip: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)
    assert main(["count", str(clip), "--zone", ZONE, "--min-dwell", "3", "--fps", "5", "--json", "-"]) == 0
    assert "contacts: " in terminal.getvalue()
    assert json.loads(capsys.readouterr().out)["frames"] == 65


CLIPS = {"one-by-one-person-detection": 3.0, "touchpoint_p2": 2.0}
"""Reference clips, and the least dwell with which they are counted."""


def truly(name: str, least_s: float) -> tuple[str, list[tuple[float, float]]]:
    """The zone of a reference clip and who was served, as people saw it."""
    folder = reference_data("data/clips")
    truth: dict[str, Any] = json.loads((folder / f"{name}.groundtruth.json").read_text(encoding="utf-8"))
    zone: dict[str, Any] | list[float] = truth["zone_norm_xyxy"]
    visits: Sequence[dict[str, Any]] = truth.get("persons") or truth["visits"]
    served = [
        (visit["arrive"], visit["depart"])
        for visit in visits
        if visit.get("kind", "zone") == "zone" and visit["dwell_s"] >= least_s
    ]
    return ",".join(map(str, zone["box"] if isinstance(zone, dict) else zone)), served


@pytest.mark.parametrize(("name", "least_s"), CLIPS.items())
def test_contacts_of_the_reference_clips_with_the_model_that_is_shipped(
    name: str, least_s: float, capsys: pytest.CaptureFixture[str]
) -> None:
    zone, served = truly(name, least_s)
    path = reference_data(f"data/clips/{name}.mp4")
    given = ["count", str(path), "--zone", zone, "--min-dwell", str(least_s), "--fps", "5", "--json", "-"]
    assert main(given) == 0
    counted = json.loads(capsys.readouterr().out)["contacts"]
    assert [(contact["enter_s"], contact["leave_s"]) for contact in counted] == [
        pytest.approx(visit, abs=1.0) for visit in served
    ]
