"""Whatever an array is, it becomes a picture or one clear error."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillsight_edge.vision.errors import BadFrame
from tillsight_edge.vision.frames import Frame, as_bgr, at_most_wide


@pytest.mark.parametrize("shape", [(40, 30), (40, 30, 1), (40, 30, 3), (40, 30, 4)])
def test_grey_and_four_channels_become_blue_green_red(shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(1).integers(0, 255, shape, np.uint8)
    image = as_bgr(array)
    assert image.shape == (40, 30, 3)
    assert image.flags.c_contiguous
    assert (image[:, :, 0] == array.reshape(40, 30, -1)[:, :, 0]).all()


def test_a_grey_picture_has_three_equal_channels() -> None:
    image = as_bgr(np.arange(400, dtype=np.uint8).reshape(20, 20))
    assert (image[:, :, 0] == image[:, :, 1]).all()
    assert (image[:, :, 0] == image[:, :, 2]).all()


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((0, 30, 3), np.uint8), ["uint8 [0,30,3]", "16 to 8192"]),
        (np.zeros((0,), np.uint8), ["uint8 [0]", "[H,W]"]),
        (np.zeros((15, 30, 3), np.uint8), ["[15,30,3]", "16 to 8192"]),
        (np.zeros((16, 8193), np.uint8), ["[16,8193]", "16 to 8192"]),
        (np.zeros((40, 30, 2), np.uint8), ["[40,30,2]", "1, 3 or 4 channels"]),
        (np.zeros((1, 40, 30, 3), np.uint8), ["[1,40,30,3]", "[H,W]"]),
        (np.full((40, 30, 3), np.nan), ["float64 [40,30,3]", "uint8"]),
        (np.zeros((40, 30, 3), np.uint16), ["uint16", "uint8"]),
        (np.zeros((40, 30, 3), bool), ["bool", "uint8"]),
        (None, ["NoneType", "array"]),
    ],
)
def test_what_is_no_picture_is_named_with_shape_and_kind(array: Any, words: list[str]) -> None:
    with pytest.raises(BadFrame) as problem:
        as_bgr(array, "camera till")
    assert str(problem.value).startswith("camera till: ")
    assert "\n" not in str(problem.value)
    assert all(word in str(problem.value) for word in words)


@given(
    st.sampled_from(["uint8", "uint8", "int8", "uint16", "float32", "bool", "complex64", "U1", "O"]),
    st.lists(st.integers(0, 40) | st.just(4) | st.just(3), max_size=4),
)
def test_any_array_is_a_picture_or_one_error(kind: str, shape: list[int]) -> None:
    array = np.zeros(shape, kind)
    try:
        image = as_bgr(array)
    except BadFrame as error:
        assert "\n" not in str(error)
    else:
        assert image.dtype == np.uint8
        assert image.shape == (*array.shape[:2], 3)


def test_large_pictures_are_scaled_down_and_small_ones_are_not_touched() -> None:
    assert at_most_wide(np.zeros((1080, 1920, 3), np.uint8)).shape == (720, 1280, 3)
    assert at_most_wide(np.zeros((4000, 1000, 3), np.uint8)).shape == (1280, 320, 3)
    assert at_most_wide(np.zeros((16, 8192, 3), np.uint8)).shape == (16, 1280, 3)
    small = np.zeros((480, 640, 3), np.uint8)
    assert at_most_wide(small) is small


def test_a_frame_does_not_show_its_pixels_in_a_log() -> None:
    frame = Frame(7, 1234, np.full((16, 20, 3), 77, np.uint8))
    assert "77" not in repr(frame)
    assert (frame.width, frame.height) == (20, 16)
