"""Files of face crops for measuring: npz arrays, zip files of JPEG pictures; nothing is unpacked to disk."""

import lzma
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path, PurePosixPath
from typing import IO, Any, TypeAlias

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from ..camera.pictures import decode_picture
from ..errors import BadCrops, BadFrame
from .emotion import Crop

Array: TypeAlias = npt.NDArray[Any]
Shape: TypeAlias = tuple[int, ...]

MOST_BYTES = 1 << 30
"""Of one array: nearly half a million faces of 48 pixels."""
PICTURE_BYTES = 4 << 20
"""Of one JPEG file."""
MIN_SIDE_PX, MAX_SIDE_PX = 8, 2048
SUFFIXES = (".jpg", ".jpeg")

_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError),
    *(OSError, RuntimeError, NotImplementedError, ValueError, MemoryError),
)
"""What zipfile raises over damaged, encrypted and strangely packed members."""
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def array_names(path: Path) -> set[str]:
    """Names of the arrays in a file; none in a zip file of pictures."""
    with _opened(path) as archive:
        return {name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")}


def read_crops(path: Path) -> list[Crop]:
    """The array `images`: uint8 [N, H, W] grey, or [N, H, W, 3] with red first; here blue is first."""
    images = _array(path, "images", "uint8 [N,H,W] or [N,H,W,3] with sides of 8 to 2048", _are_images)
    return [np.ascontiguousarray(image[..., ::-1]) if images.ndim == 4 else image for image in images]


def read_numbers(path: Path, name: str) -> list[int]:
    """An array of whole numbers [N]."""
    return [int(number) for number in _array(path, name, "whole numbers [N]", _are_numbers)]


def read_pictures(path: Path) -> Iterator[tuple[str, Crop]]:
    """Name and picture of each JPEG file, in order of the names; those in `images/` lose that folder."""
    with _opened(path) as archive:
        for member in _pictures_of(archive, path):
            picture = _decoded(_bytes_of(archive, member, path), f"{path}: {member.filename}")
            yield member.filename.removeprefix("images/"), picture


def _array(path: Path, name: str, wanted: str, fits: Callable[[Shape, np.dtype[Any]], bool]) -> Array:
    """An array, read once its header is known to fit."""
    where = f"{path}: {name}"
    with _opened(path) as archive:
        if f"{name}.npy" not in archive.namelist():
            raise BadCrops(f"{where}: is missing, there are {', '.join(archive.namelist()[:8]) or 'none'}")
        try:
            with archive.open(f"{name}.npy") as file:
                return _read_array(file, where, wanted, fits)
        except BadCrops:
            raise
        except _DAMAGE as error:
            raise _damaged(where, error) from error


def _read_array(
    file: IO[bytes], where: str, wanted: str, fits: Callable[[Shape, np.dtype[Any]], bool]
) -> Array:
    shape, fortran, dtype = _header(file, where)
    if not fits(shape, dtype):
        raise BadCrops(f"{where}: {dtype} [{','.join(map(str, shape))}]: should be {wanted}")
    data = _values(file, prod(shape) * dtype.itemsize, where)
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")


def _header(file: IO[bytes], where: str) -> tuple[Shape, bool, np.dtype[Any]]:
    """Shape, whether the first axis is the innermost, and type."""
    try:
        return _HEADERS[npy.read_magic(file)](file)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError):
        raise
    except Exception as error:  # the header is Python source, and can be wrong in as many ways
        raise BadCrops(f"{where}: is no array that can be read") from error


def _values(file: IO[bytes], size: int, where: str) -> bytes:
    if size > MOST_BYTES:
        raise BadCrops(f"{where}: {size:,} bytes: should be at most {MOST_BYTES:,}")
    data = file.read(size)
    if len(data) != size or file.read(1):
        raise BadCrops(f"{where}: does not hold as many values as its shape says")
    return data


def _are_images(shape: Shape, dtype: np.dtype[Any]) -> bool:
    sides, colours = shape[1:3], shape[3:]
    fit = len(sides) == 2 and all(MIN_SIDE_PX <= side <= MAX_SIDE_PX for side in sides)
    return dtype == np.uint8 and fit and colours in ((), (3,))


def _are_numbers(shape: Shape, dtype: np.dtype[Any]) -> bool:
    return len(shape) == 1 and dtype.kind in "iu"


def _pictures_of(archive: zipfile.ZipFile, path: Path) -> list[zipfile.ZipInfo]:
    """The JPEG files among the members, by name; BadCrops where one of the names cannot be meant."""
    members = archive.infolist()
    for member in members:
        name = PurePosixPath(member.filename)
        if name.is_absolute() or ".." in name.parts or set(member.filename) & set("\\:"):
            raise BadCrops(f"{path}: {member.filename!r}: is no name inside the file")
    pictures = [member for member in members if member.filename.lower().endswith(SUFFIXES)]
    if not pictures:
        raise BadCrops(f"{path}: has no .jpg files")
    (most, times), *_ = Counter(member.filename for member in pictures).most_common(1)
    if times > 1:
        raise BadCrops(f"{path}: {most}: is there {times} times")
    return sorted(pictures, key=lambda member: member.filename)


def _bytes_of(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> bytes:
    where = f"{path}: {member.filename}"
    if member.file_size > PICTURE_BYTES:
        raise BadCrops(f"{where}: {member.file_size:,} bytes: should be at most {PICTURE_BYTES:,}")
    try:
        with archive.open(member) as file:
            return file.read(PICTURE_BYTES + 1)
    except _DAMAGE as error:
        raise _damaged(where, error) from error


def _decoded(data: bytes, where: str) -> Crop:
    """The picture, with blue first."""
    try:
        picture = decode_picture(data, where)
    except BadFrame as error:
        raise BadCrops(str(error)) from error
    height, width = picture.shape[:2]
    if max(height, width) > MAX_SIDE_PX:
        raise BadCrops(f"{where}: {width} x {height}: sides should be at most {MAX_SIDE_PX} pixels")
    return picture


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """A zip file, which an npz is too."""
    try:
        archive = zipfile.ZipFile(path)
    except OSError as error:
        raise BadCrops(f"{path}: cannot be read: {error.strerror or error}") from error
    except _DAMAGE as error:
        raise BadCrops(f"{path}: is no npz or zip file, or a broken one") from error
    with archive:
        yield archive


def _damaged(where: str, error: Exception) -> BadCrops:
    """What went wrong while a member was read, as a person reads it."""
    text = (str(error) or type(error).__name__).splitlines()[0]
    return BadCrops(f"{where}: is damaged: {text[:120]}")
