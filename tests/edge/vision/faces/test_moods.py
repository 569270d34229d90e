"""Moods: people who were served, on days on which the site's declaration holds."""

import logging
from datetime import date
from pathlib import Path

import pytest
from tests.harness.drawn_faces import face_box
from tests.harness.edge_configs import device_config
from tests.harness.scripted_faces import ScriptedEmotion, ScriptedFinder, emotion_row, room

from tillsight_edge.camera_config import DeclarationSettings
from tillsight_edge.vision.errors import BadModel
from tillsight_edge.vision.faces.crops import QualityFloor
from tillsight_edge.vision.faces.face_reader import FaceReader
from tillsight_edge.vision.faces.moods import Moods, _validation, open_moods
from tillsight_edge.vision.faces.validation import Validation, write_validation
from tillsight_edge.vision.faces.windows import FaceWindows, MoodWindows, WindowRule
from tillsight_edge.vision.process.wire import MoodsCounted
from tillsight_models.geometry import Box

PERSON: Box = (200, 50, 320, 450)
FACE = face_box(60, left=236, top=60)
FRAME = room([FACE])
DECLARED = DeclarationSettings(
    purpose="Satisfaction at the tills",
    assessment="DPIA-1",
    legal_basis="consent",
    responsible="store management",
    sign_installed=date(2026, 11, 2),
    expires=date(2027, 5, 2),
)


class Site:
    """A till at which people are served, one each 100 s, and a calendar."""

    def __init__(self, day: date = date(2026, 12, 1)) -> None:
        self.day = day
        self.finder = ScriptedFinder([FACE])
        reader = FaceReader(self.finder, QualityFloor(), 2, ScriptedEmotion(emotion_row(happiness=0.9)))
        self.moods = Moods(
            reader,
            DECLARED,
            lambda: FaceWindows([MoodWindows(WindowRule(300, 10))]),
            lambda: self.day,
        )
        self.now_ms = 0
        self.track = 0

    def serve(self, people: int = 1, *, served: bool = True) -> list[object]:
        """So many stand there for a second each, and what is told by the time the last has left."""
        told: list[object] = []
        for _ in range(people):
            self.track += 1
            for step in range(3):
                self.moods.look(FRAME, self.now_ms + step * 500, {self.track: PERSON})
            self.now_ms += 100_000
            self.moods.left(self.track, self.now_ms, served=served)
            told += self.moods.take(self.now_ms)
        return told


def test_ten_who_were_served_are_a_window() -> None:
    site = Site()
    assert site.serve(9) == []
    (told,) = site.serve()
    assert told == MoodsCounted(at_ms=1_000_000, period_s=900, positive=10, neutral=0, negative=0, unknown=0)


def test_who_was_not_served_is_not_counted() -> None:
    site = Site()
    assert site.serve(20, served=False) == []
    assert site.serve(9) == []
    assert len(site.serve()) == 1


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2027, 5, 2), "declaration.expires: 2027-05-02: has passed: faces are not looked at"),
        (
            date(2026, 11, 1),
            "declaration.sign_installed: 2026-11-02: is still to come: faces are not looked at",
        ),
    ],
)
def test_outside_the_declaration_no_face_is_looked_for_and_the_log_says_so_once(
    day: date, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    site = Site(day)
    assert site.serve(15) == []
    assert site.finder.regions == []
    assert [record.getMessage() for record in caplog.records] == [why]


def test_when_the_declaration_ends_what_is_known_is_dropped(caplog: pytest.LogCaptureFixture) -> None:
    site = Site(date(2027, 5, 1))
    assert site.serve(9) == []
    site.day = date(2027, 5, 2)
    assert site.serve(5) == []
    site.day = date(2026, 12, 1)  # the site has declared anew, or its clock was wrong
    with caplog.at_level(logging.WARNING):
        assert site.serve(9) == []
        assert len(site.serve()) == 1
    assert "the declaration holds again" in caplog.messages


def enabled(tmp_path: Path, **sections: dict[str, object]) -> dict[str, dict[str, object]]:
    return {
        "cameras": {"till": {"source": "0", "zone": [[0, 0], [1, 1]]}},
        "declaration": DECLARED.model_dump(),
        "vision": {"models_folder": str(tmp_path)},
        "emotion": {"enabled": True, "staff_out_of_view": True},
        **sections,
    }


def test_nothing_is_opened_where_nothing_is_enabled_or_declared(tmp_path: Path) -> None:
    assert open_moods(device_config(tmp_path)) is None
    assert open_moods(device_config(tmp_path, **enabled(tmp_path, emotion={"enabled": False}))) is None
    undeclared = enabled(tmp_path)
    del undeclared["declaration"]
    assert open_moods(device_config(tmp_path, **undeclared)) is None


def test_what_comes_with_the_product_is_enough_to_look_at_faces(tmp_path: Path) -> None:
    both = {"emotion": {"enabled": True, "min_crops": 1}, "demographics": {"enabled": True}}
    moods = open_moods(device_config(tmp_path, **enabled(tmp_path, **both)))
    assert moods is not None
    moods.look(FRAME, 0, {1: PERSON})
    moods.left(1, 1_000, served=True)
    assert moods.take(2_000) == []


def test_a_model_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    config = device_config(tmp_path, **enabled(tmp_path, emotion={"enabled": True, "faces_model": "owl"}))
    with pytest.raises(BadModel, match="model 'owl': is not there"):
        open_moods(config)


def test_a_validation_of_another_model_is_logged_and_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A new model comes with an update; counting must not end for that."""
    model = ScriptedEmotion(emotion_row(), sha256="b" * 64)
    file = tmp_path / "validation.json"
    counts = ((40, 5, 1, 6), (4, 70, 6, 11), (1, 8, 32, 9))
    write_validation(
        file, Validation(model="emotion", sha256="a" * 64, date=date(2026, 11, 22), counts=counts)
    )
    assert _validation(file, model) is None
    assert "is of model emotion aaaaaaaaaaaa" in caplog.text
    assert _validation(file, ScriptedEmotion(emotion_row(), sha256="a" * 64)) == counts
