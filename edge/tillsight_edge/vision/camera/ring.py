"""Frames in memory that two processes share: one writes, others take the newest whole frame."""

import mmap
import os
import select
import struct
import time
import zlib
from fcntl import F_ADD_SEALS, F_SEAL_GROW, F_SEAL_SEAL, F_SEAL_SHRINK, fcntl

import numpy as np

from ..errors import BadFrame
from ..frames import MAX_WIDTH_PX, Frame, Image

SLOTS = 4
SLOT_BYTES = MAX_WIDTH_PX * MAX_WIDTH_PX * 3
"""Of the largest picture; pages that no picture ever filled cost nothing."""

_PAGE = mmap.PAGESIZE
_MAGIC = 0x5469_6C6C_0001
_HEADER = struct.Struct("=QQQ")
"""Magic, slots, bytes of a slot."""
_NEWEST = struct.Struct("=QQ")
"""Number and mono_ms of the newest frame; 0, 0 before the first."""
_NEWEST_AT = 64
_SLOT = struct.Struct("=QQQQQ")
"""State, mono_ms, height, width, checksum. State is 2 x number, and odd while the slot is written."""
_SLOT_HEADER = 64


class FrameRing:
    """A few slots of anonymous memory, and an eventfd that wakes the reader.

    The writer never waits: the oldest slot is overwritten. A reader copies a slot, and believes the copy only
    if the slot's state did not change meanwhile and the copy has the checksum that the writer took. So a
    frame is whole on every processor, whatever the order of its stores, and whenever the writer is killed.
    Nothing of it has a name in the file system, and a core dump leaves it out.
    """

    def __init__(self, ring_fd: int, wake_fd: int) -> None:
        """Join a ring by its two file descriptors, which are closed with it."""
        self.ring_fd = ring_fd
        self.wake_fd = wake_fd
        size = os.fstat(ring_fd).st_size
        self._memory = mmap.mmap(ring_fd, size)
        self._memory.madvise(mmap.MADV_DONTDUMP)
        self._slots: int
        self._slot_bytes: int
        magic, self._slots, self._slot_bytes = _HEADER.unpack_from(self._memory, 0)
        if magic != _MAGIC or size != _ring_bytes(self._slots, self._slot_bytes):
            self._memory.close()
            raise ValueError(f"file descriptor {ring_fd} is no ring of frames")

    @classmethod
    def create(cls, slots: int = SLOTS, slot_bytes: int = SLOT_BYTES) -> "FrameRing":
        """A new ring, empty; its size can never change."""
        fd = os.memfd_create("tillsight frames", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(fd, _ring_bytes(slots, slot_bytes))
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
        os.pwrite(fd, _HEADER.pack(_MAGIC, slots, slot_bytes), 0)
        return cls(fd, os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK))

    @property
    def fds(self) -> tuple[int, int]:
        """For `pass_fds` of a child, which joins with the same numbers."""
        return self.ring_fd, self.wake_fd

    def write(self, image: Image, mono_ms: int) -> int:
        """Put a frame into the ring; its number, one more than the last one's, whoever wrote that."""
        pixels = np.ascontiguousarray(image).data.cast("B")
        if len(pixels) > self._slot_bytes:
            raise BadFrame(f"frame: {image.shape}: should be at most {self._slot_bytes} bytes")
        number = self.newest_known()[0] + 1
        at = self._slot_at(number)
        self._set_slot(at, (2 * number + 1, 0, 0, 0, 0))
        self._memory[at + _SLOT_HEADER : at + _SLOT_HEADER + len(pixels)] = pixels
        height, width = image.shape[:2]
        self._set_slot(at, (2 * number, mono_ms, height, width, zlib.adler32(pixels)))
        _NEWEST.pack_into(self._memory, _NEWEST_AT, number, mono_ms)
        os.eventfd_write(self.wake_fd, 1)
        return number

    def newest_known(self) -> tuple[int, int]:
        """(number, mono_ms) of the newest frame without a look at it; (0, 0) before the first."""
        number, mono_ms = _NEWEST.unpack_from(self._memory, _NEWEST_AT)
        return number, mono_ms

    def newest(self, after: int = 0, timeout_s: float = 0.0) -> Frame | None:
        """The newest whole frame with a number above `after`; None where none comes in time."""
        deadline = time.monotonic() + timeout_s
        while True:
            frame = self._take(after)
            left_s = deadline - time.monotonic()
            if frame is not None or left_s <= 0:
                return frame
            if select.select([self.wake_fd], [], [], left_s)[0]:
                self._calm()

    def close(self) -> None:
        """Let go of the memory; it is gone when the last process has done so."""
        self._memory.close()
        os.close(self.ring_fd)
        os.close(self.wake_fd)

    def _take(self, after: int) -> Frame | None:
        number = self.newest_known()[0]
        if number <= after:
            return None
        at = self._slot_at(number)
        state, mono_ms, height, width, checksum = _SLOT.unpack_from(self._memory, at)
        length = height * width * 3
        if state != 2 * number or not 0 < length <= self._slot_bytes:
            return None
        copy = bytearray(self._memory[at + _SLOT_HEADER : at + _SLOT_HEADER + length])
        if _SLOT.unpack_from(self._memory, at)[0] != state or zlib.adler32(copy) != checksum:
            return None
        image = np.frombuffer(copy, np.uint8).reshape(height, width, 3)
        return Frame(number, mono_ms, image, checksum)

    def _set_slot(self, at: int, values: tuple[int, int, int, int, int]) -> None:
        _SLOT.pack_into(self._memory, at, *values)

    def _slot_at(self, number: int) -> int:
        return _PAGE + (number % self._slots) * (_SLOT_HEADER + self._slot_bytes)

    def _calm(self) -> None:
        try:
            os.eventfd_read(self.wake_fd)
        except BlockingIOError:
            return


def _ring_bytes(slots: int, slot_bytes: int) -> int:
    return _PAGE + slots * (_SLOT_HEADER + slot_bytes)
