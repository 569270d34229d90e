"""A picture file becomes a picture or one clear error, however broken it is."""

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from tillsight_edge.vision.camera.pictures import decode_picture, read_picture
from tillsight_edge.vision.errors import BadFrame

IMAGE = np.random.default_rng(1).integers(0, 255, (48, 64, 3), np.uint8)


def packed(suffix: str, image: np.ndarray = IMAGE) -> bytes:
    return cv2.imencode(suffix, image)[1].tobytes()


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".webp"])
def test_a_whole_file_is_read(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"one{suffix}"
    path.write_bytes(packed(suffix))
    assert read_picture(path).shape == (48, 64, 3)


@pytest.mark.parametrize(
    ("suffix", "image"),
    [
        (".jpg", IMAGE[:, :, 0]),
        (".png", np.dstack([IMAGE, IMAGE[:, :, :1]])),
        (".webp", np.dstack([IMAGE, IMAGE[:, :, :1]])),
        (".png", IMAGE[:, :, 0]),
        (".png", IMAGE.astype(np.uint16) * 257),
    ],
)
def test_grey_transparent_and_deep_files_are_read_in_colour(suffix: str, image: np.ndarray) -> None:
    assert decode_picture(packed(suffix, image), "one").shape == (48, 64, 3)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".webp"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.98])
def test_a_cut_off_file_is_no_picture(suffix: str, share: float) -> None:
    whole = packed(suffix)
    with pytest.raises(BadFrame, match=r"one: [\d,]+ bytes: should be a whole"):
        decode_picture(whole[: int(share * len(whole))], "one")


def test_what_a_camera_adds_behind_a_picture_does_no_harm() -> None:
    assert decode_picture(packed(".jpg") + b"what a camera adds", "one").shape == (48, 64, 3)


def test_a_thumbnail_s_end_is_not_the_picture_s() -> None:
    whole, thumbnail = packed(".jpg"), packed(".jpg", IMAGE[:16, :16])
    segment = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    assert decode_picture(whole[:2] + segment + whole[2:], "one").shape == (48, 64, 3)
    with pytest.raises(BadFrame, match="should be a whole"):
        decode_picture(whole[:2] + segment + whole[2:-200], "one")


@pytest.mark.parametrize(
    "parameters",
    [
        [cv2.IMWRITE_JPEG_PROGRESSIVE, 1],
        [cv2.IMWRITE_JPEG_OPTIMIZE, 1],
        [cv2.IMWRITE_JPEG_RST_INTERVAL, 2],
        [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444],
    ],
)
def test_all_ways_to_write_a_jpeg_are_read(parameters: list[int]) -> None:
    assert decode_picture(cv2.imencode(".jpg", IMAGE, parameters)[1].tobytes(), "one").shape == (48, 64, 3)


@pytest.mark.parametrize("quality", [50, 101])
def test_the_size_of_a_webp_is_known_before_it_is_decoded(quality: int) -> None:
    webp = cv2.imencode(".webp", np.zeros((20, 9000, 3), np.uint8), [cv2.IMWRITE_WEBP_QUALITY, quality])[1]
    with pytest.raises(BadFrame, match="9000 x 20: sides should be"):
        decode_picture(webp.tobytes(), "one")


def test_an_empty_file_a_text_and_a_missing_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadFrame, match="one: is empty"):
        decode_picture(b"", "one")
    with pytest.raises(BadFrame, match="one: 5 bytes: should be a whole"):
        decode_picture(b"hello", "one")
    with pytest.raises(BadFrame, match=r"gone\.jpg: No such file"):
        read_picture(tmp_path / "gone.jpg")
    with pytest.raises(BadFrame, match="Is a directory"):
        read_picture(tmp_path)


def test_a_picture_that_would_fill_the_memory_is_refused_by_its_header() -> None:
    png = bytearray(packed(".png"))
    struct.pack_into(">II", png, 16, 60_000, 60_000)
    with pytest.raises(BadFrame, match="60000 x 60000: sides should be 16 to 8192"):
        decode_picture(bytes(png), "one")


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "one.png"
    path.write_bytes(packed(".png"))
    monkeypatch.setattr("tillsight_edge.vision.camera.pictures.LARGEST_FILE_BYTES", 100)
    with pytest.raises(BadFrame, match="should be at most 100"):
        read_picture(path)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".webp"])
def test_damaged_files_are_a_picture_or_one_error(suffix: str) -> None:
    dice = np.random.default_rng(3)
    for _ in range(150):
        broken = bytearray(packed(suffix))
        for place in dice.integers(0, len(broken), int(dice.integers(1, 12))):
            broken[place] = int(dice.integers(256))
        try:
            image = decode_picture(bytes(broken[: int(dice.integers(1, len(broken) + 200))]), "one")
        except BadFrame as error:
            assert "\n" not in str(error)
        else:
            assert image.dtype == np.uint8
