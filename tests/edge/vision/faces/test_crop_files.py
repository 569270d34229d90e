"""Files of faces: what is read, and that nothing that is wrong with one gets further than a line."""

import io
import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.harness.drawn_faces import drawn_face

from tillsight_edge.vision.errors import BadCrops
from tillsight_edge.vision.faces.crop_files import array_names, read_crops, read_numbers, read_pictures

FACES = np.random.default_rng(1).integers(0, 256, (3, 48, 48), np.uint8)


def npz(folder: Path, compressed: bool = True, **values: Any) -> Path:
    path = folder / "faces.npz"
    (np.savez_compressed if compressed else np.savez)(path, **values)
    return path


def jpeg(side: int = 64) -> bytes:
    packed = cv2.imencode(".jpg", drawn_face(side))[1]
    return packed.tobytes()


def zipped(folder: Path, members: dict[str, bytes]) -> Path:
    path = folder / "faces.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize("compressed", [True, False])
def test_grey_faces_come_as_they_are(tmp_path: Path, compressed: bool) -> None:
    crops = read_crops(npz(tmp_path, compressed, images=FACES, other=[1]))
    np.testing.assert_array_equal(crops, FACES)


def test_coloured_faces_come_with_blue_first(tmp_path: Path) -> None:
    red = np.zeros((2, 32, 40, 3), np.uint8)
    red[..., 0] = 255
    (first, _) = read_crops(npz(tmp_path, images=red))
    assert first.shape == (32, 40, 3)
    assert tuple(first[0, 0]) == (0, 0, 255)


def test_the_order_of_axes_in_the_file_does_not_matter(tmp_path: Path) -> None:
    np.testing.assert_array_equal(read_crops(npz(tmp_path, images=np.asfortranarray(FACES))), FACES)


def test_no_faces_are_no_mistake(tmp_path: Path) -> None:
    assert read_crops(npz(tmp_path, images=FACES[:0])) == []


WRONG: list[tuple[str, Any, str]] = [
    ("floats", FACES.astype(np.float32), r"float32 \[3,48,48\]: should be uint8"),
    ("not numbers", np.full((1, 48, 48), np.nan), r"float64 \[1,48,48\]: should be uint8"),
    ("signed", FACES.astype(np.int8), r"int8 \[3,48,48\]: should be"),
    ("one picture", FACES[0], r"uint8 \[48,48\]: should be"),
    ("four channels", np.zeros((1, 48, 48, 4), np.uint8), r"\[1,48,48,4\]: should be"),
    ("one channel", np.zeros((1, 48, 48, 1), np.uint8), r"\[1,48,48,1\]: should be"),
    ("no sides", np.zeros((4, 0, 48), np.uint8), r"\[4,0,48\]: should be"),
    ("too small", np.zeros((4, 7, 48), np.uint8), r"\[4,7,48\]: should be"),
    ("too large", np.zeros((1, 8, 4096), np.uint8), r"\[1,8,4096\]: should be"),
    ("a scalar", np.uint8(3), r"uint8 \[\]: should be"),
    ("objects", np.array([FACES, None], object), r"object \[2\]: should be"),
    ("words", np.array(["a", "b"]), r"<U1 \[2\]: should be"),
]


@pytest.mark.parametrize(("name", "value", "problem"), WRONG, ids=[case[0] for case in WRONG])
def test_other_arrays_are_refused(tmp_path: Path, name: str, value: Any, problem: str) -> None:
    with pytest.raises(BadCrops, match=problem):
        read_crops(npz(tmp_path, images=value))


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "evil",))

    path = npz(tmp_path, images=np.array([Evil()], object))
    with pytest.raises(BadCrops):
        read_crops(path)
    assert not (tmp_path / "evil").exists()


def test_a_missing_array_names_those_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(BadCrops, match=r"images: is missing, there are pictures\.npy"):
        read_crops(npz(tmp_path, pictures=FACES))


def header(shape: str, dtype: str = "|u1") -> bytes:
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    text += b" " * (63 - (10 + len(text)) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (header("(1000000000000, 48, 48)"), "2,304,000,000,000,000 bytes: should be at most"),
        (header("(5, 48, 48)") + bytes(100), "does not hold as many values"),
        (header("(1, 48, 48)") + bytes(48 * 48 + 1), "does not hold as many values"),
        (header("(1, 48"), "is no array that can be read"),
        (header("__import__('os').abort()"), "is no array that can be read"),
        (header("(-1, 48, 48)"), "is no array that can be read|should be|does not hold"),
        (b"\x93NUMPY\x09\x00", "is no array that can be read"),
        (b"", "is no array that can be read"),
        (b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65_535, "is no array that can be read"),
    ],
)
def test_headers_that_lie_are_refused(tmp_path: Path, data: bytes, problem: str) -> None:
    with pytest.raises(BadCrops, match=problem):
        read_crops(zipped(tmp_path, {"images.npy": data}))


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """Sixty megabytes of zeros in a file of sixty kilobytes: more than its shape says."""
    bomb = header("(10, 48, 48)") + bytes(60_000_000)
    with pytest.raises(BadCrops, match="does not hold as many values"):
        read_crops(zipped(tmp_path, {"images.npy": bomb}))


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip", b"\x93NUMPY\x01\x00", b"PK\x03\x04" + bytes(40)])
def test_files_of_another_kind_are_one_line(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "faces.npz"
    path.write_bytes(data)
    with pytest.raises(BadCrops, match=r"faces\.npz: is no npz or zip file, or a broken one"):
        read_crops(path)


def test_a_missing_file_and_a_folder_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadCrops, match=r"absent\.npz: cannot be read: No such file"):
        read_crops(tmp_path / "absent.npz")
    with pytest.raises(BadCrops, match="cannot be read: Is a directory"):
        read_crops(tmp_path)


def test_whole_numbers_are_read_as_such(tmp_path: Path) -> None:
    path = npz(tmp_path, valence=np.array([1, 0, -1], np.int8), share=np.array([0.5]))
    assert read_numbers(path, "valence") == [1, 0, -1]
    assert array_names(path) == {"valence", "share"}
    with pytest.raises(BadCrops, match=r"share: float64 \[1\]: should be whole numbers"):
        read_numbers(path, "share")


def test_pictures_come_by_name_and_other_files_are_passed_over(tmp_path: Path) -> None:
    members = {
        "images/00002.jpg": jpeg(64),
        "images/00001.JPG": jpeg(32),
        "labels.csv": b"image,age\n",
        "images/": b"",
    }
    found = list(read_pictures(zipped(tmp_path, members)))
    assert [(name, crop.shape) for name, crop in found] == [
        ("00001.JPG", (32, 32, 3)),
        ("00002.jpg", (64, 64, 3)),
    ]


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"labels.csv": b""}, r"has no \.jpg files"),
        ({"../evil.jpg": jpeg()}, r"'\.\./evil\.jpg': is no name inside the file"),
        ({"/etc/evil.jpg": jpeg()}, "'/etc/evil.jpg': is no name inside the file"),
        ({"c:\\evil.jpg": jpeg()}, "is no name inside the file"),
        ({"a.jpg": b""}, "a.jpg: is empty: should be a picture"),
        ({"a.jpg": b"GIF89a" + bytes(90)}, "a.jpg: 96 bytes: should be a whole JPEG"),
        ({"a.jpg": jpeg()[:300]}, "a.jpg: 300 bytes: should be a whole JPEG"),
        (
            {"a.jpg": b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff" + bytes(30)},
            "a.jpg: 41 bytes: should be a whole|65535 x 65535: sides should be",
        ),
        ({"a.jpg": jpeg(), "b.jpg": bytes(5_000_000)}, "b.jpg: 5,000,000 bytes: should be at most 4,194,304"),
    ],
    ids=["none", "up", "absolute", "drive", "empty", "gif", "cut", "giant", "bomb"],
)
def test_pictures_that_are_none_are_one_line(tmp_path: Path, members: dict[str, bytes], problem: str) -> None:
    with pytest.raises(BadCrops, match=problem):
        list(read_pictures(zipped(tmp_path, members)))


def test_a_name_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"a.jpg": jpeg()})
    with pytest.warns(UserWarning), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("a.jpg", jpeg())
    with pytest.raises(BadCrops, match=r"a\.jpg: is there 2 times"):
        list(read_pictures(path))


def test_an_encrypted_member_is_one_line(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"a.jpg": jpeg()})
    data = bytearray(path.read_bytes())
    data[6] |= 1  # in the member's own header
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(BadCrops, match=r"a\.jpg: is damaged: .*encrypt"):
        list(read_pictures(path))


def valid_files() -> tuple[bytes, bytes]:
    """An npz and a zip of pictures."""
    arrays, pictures = io.BytesIO(), io.BytesIO()
    np.savez_compressed(arrays, images=FACES)
    with zipfile.ZipFile(pictures, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images/1.jpg", jpeg(32))
    return arrays.getvalue(), pictures.getvalue()


VALID = valid_files()


@given(
    st.sampled_from([0, 1]),
    st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=8),
    st.integers(0, 1 << 16),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_files_give_their_faces_or_one_line(
    tmp_path: Path, which: int, changes: list[tuple[int, int]], cut: int
) -> None:
    data = bytearray(VALID[which])
    for place, value in changes:
        data[place % len(data)] = value
    if cut % 3 == 0:
        del data[cut % len(data) :]
    path = tmp_path / "damaged.npz"
    path.write_bytes(data)
    try:
        names = array_names(path)
        crops = read_crops(path) if which == 0 or names else [crop for _, crop in read_pictures(path)]
    except BadCrops as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 500
    else:
        assert all(crop.dtype == np.uint8 for crop in crops)
