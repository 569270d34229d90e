"""A folder of pictures, some of them broken."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tillsight_edge.vision.camera.sources.folder import PictureFolder
from tillsight_edge.vision.errors import BadFrame, CameraUnavailable


def jpeg(level: int) -> bytes:
    return cv2.imencode(".jpg", np.full((48, 64, 3), level, np.uint8))[1].tobytes()


def test_pictures_come_in_the_order_of_their_names_and_broken_ones_are_one_error_each(tmp_path: Path) -> None:
    (tmp_path / "2.jpg").write_bytes(jpeg(200))
    (tmp_path / "1.JPG").write_bytes(jpeg(100))
    (tmp_path / "3.jpg").write_bytes(jpeg(50)[:200])
    (tmp_path / "4.jpg").touch()
    (tmp_path / "5.png").write_bytes(cv2.imencode(".png", np.full((48, 64, 4), 250, np.uint8))[1].tobytes())
    (tmp_path / "notes.txt").write_text("no picture", encoding="ascii")
    folder, levels, problems = PictureFolder(tmp_path, 5), [], []
    folder.open()
    while folder.advance():
        try:
            levels.append(int(folder.image()[20, 20, 0]))
        except BadFrame as error:
            problems.append(Path(str(error).partition(":")[0]).name)
    assert levels == [100, 200, 250]
    assert problems == ["3.jpg", "4.jpg"]


def test_a_folder_without_pictures_is_named(tmp_path: Path) -> None:
    with pytest.raises(CameraUnavailable, match="has no picture"):
        PictureFolder(tmp_path, 5).open()
    with pytest.raises(CameraUnavailable, match="No such file"):
        PictureFolder(tmp_path / "gone", 5).open()


def test_a_folder_can_be_opened_again(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(jpeg(100))
    folder = PictureFolder(tmp_path, 5)
    for _ in range(2):
        folder.open()
        assert [folder.advance(), folder.advance()] == [True, False]
        folder.close()
