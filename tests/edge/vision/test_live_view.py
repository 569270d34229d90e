"""The newest picture, in memory, for who draws on it."""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from tests.harness.processes import wait_until
from tests.harness.still_camera import HEIGHT, PERSON, WIDTH, SaidDetector, StillCamera, picture

from tillsight_edge.camera_config import CameraSettings
from tillsight_edge.vision.errors import CameraUnavailable
from tillsight_edge.vision.live_view import LiveView
from tillsight_edge.vision.zones import Draft, Trial

HALF = ((0.0, 0.0), (0.5, 1.0))


@pytest.fixture
def still() -> StillCamera:
    return StillCamera()


@pytest.fixture
def view(still: StillCamera) -> Iterator[LiveView]:
    draft = Draft("till", CameraSettings(source="0", zone=HALF, staff_zones=(HALF,)))
    made = LiveView(still, draft, Trial(SaidDetector(PERSON), 0.4))
    made.start()
    yield made
    made.stop()


def has_picture(view: LiveView) -> bool:
    try:
        view.picture(masked=False)
    except CameraUnavailable:
        return False
    return True


def decoded(jpeg: bytes) -> np.ndarray:
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR))


def test_a_picture_is_a_jpeg_of_the_newest_frame_with_who_is_in_it(view: LiveView) -> None:
    wait_until(lambda: has_picture(view), "a picture")
    wait_until(lambda: bool(view.picture(masked=False)[1]["people"]), "a person")
    jpeg, seen = view.picture(masked=False)
    assert decoded(jpeg).shape == (HEIGHT, WIDTH, 3)
    assert np.abs(decoded(jpeg).astype(int) - picture()).max() < 8
    assert seen["people"][0]["foot"] == (0.5, 0.75)
    assert seen["number"] > 0


def test_the_other_picture_has_black_staff_zones(view: LiveView) -> None:
    wait_until(lambda: has_picture(view), "a picture")
    masked = decoded(view.picture(masked=True)[0])
    assert masked[:, : WIDTH // 2 - 8].max() < 8
    assert masked[:, WIDTH // 2 + 8 :].min() > 60


def test_a_camera_that_is_down_says_why_and_comes_back(view: LiveView, still: StillCamera) -> None:
    wait_until(lambda: has_picture(view), "a picture")
    still.problem = "camera 0: is not there"
    wait_until(lambda: not has_picture(view), "no picture")
    with pytest.raises(CameraUnavailable, match="camera 0: is not there"):
        view.picture(masked=False)
    still.problem = ""
    wait_until(lambda: has_picture(view), "a picture again")


def test_nothing_is_looked_at_while_nobody_watches(
    still: StillCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tillsight_edge.vision.live_view.WATCHED_S", 0.0)
    detector = SaidDetector()
    view = LiveView(still, Draft("till", CameraSettings(source="0")), Trial(detector, 0.4))
    view.start()
    wait_until(lambda: still.frames > 3, "frames")
    view.stop()
    assert detector.image is None
