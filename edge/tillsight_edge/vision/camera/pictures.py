"""Picture files, looked at before they are decoded: a broken or huge one costs one line and no memory."""

import struct
from pathlib import Path

import cv2
import numpy as np

from ..errors import BadFrame
from ..frames import MAX_SIDE_PX, MIN_SIDE_PX, Image, as_bgr

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
LARGEST_FILE_BYTES = 64_000_000

_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of the segments that hold the picture's size."""
_JPEG_SCAN = 0xDA


def read_picture(path: Path) -> Image:
    """The picture in a JPEG, PNG, WebP or BMP file, turned as its camera says; else BadFrame."""
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE_BYTES:
            raise BadFrame(f"{path}: {size:,} bytes: should be at most {LARGEST_FILE_BYTES:,}")
        data = path.read_bytes()
    except OSError as error:
        raise BadFrame(f"{path}: {error.strerror or error}") from error
    return decode_picture(data, str(path))


def decode_picture(data: bytes, name: str) -> Image:
    """The picture in the bytes of a file."""
    if not data:
        raise BadFrame(f"{name}: is empty: should be a picture")
    try:
        width, height = _size(data)
    except (struct.error, IndexError, ValueError) as error:
        raise BadFrame(
            f"{name}: {len(data):,} bytes: should be a whole JPEG, PNG, WebP or BMP picture"
        ) from error
    if not all(MIN_SIDE_PX <= side <= MAX_SIDE_PX for side in (width, height)):
        raise BadFrame(f"{name}: {width} x {height}: sides should be {MIN_SIDE_PX} to {MAX_SIDE_PX} pixels")
    try:
        array = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise BadFrame(f"{name}: cannot be decoded: {error.err}") from error
    if array is None:
        raise BadFrame(f"{name}: cannot be decoded")
    return as_bgr(array, name)


def _size(data: bytes) -> tuple[int, int]:
    """(width, height) as its header says; ValueError for other formats and for one that ends too early."""
    if data.startswith(b"\xff\xd8"):
        return _jpeg_size(data)
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        if b"IEND" not in data[-64:]:
            raise ValueError("no end")
        width, height = struct.unpack_from(">II", data, 16)
        return width, height
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _webp_size(data)
    if data.startswith(b"BM"):
        (length,) = struct.unpack_from("<I", data, 2)
        width, height = struct.unpack_from("<ii", data, 18)
        if length > len(data):
            raise ValueError("no end")
        return width, abs(height)
    raise ValueError("unknown format")


def _webp_size(data: bytes) -> tuple[int, int]:
    """Of the three kinds, by the first chunk."""
    (length,) = struct.unpack_from("<I", data, 4)
    if length + 8 > len(data):
        raise ValueError("no end")
    if data[12:16] == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if data[12:16] == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """From the segments before the first scan; a decoder fills up with grey what is missing after it."""
    size, at = None, 2
    while True:
        if data[at] != 0xFF:
            raise ValueError("no segment")
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            size = width, height
        if marker == _JPEG_SCAN:
            break
        at += 2 + max(2, struct.unpack_from(">H", data, at + 2)[0])
    if size is None or b"\xff\xd9" not in data[at:]:
        raise ValueError("no end")
    return size
