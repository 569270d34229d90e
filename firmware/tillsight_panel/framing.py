"""Frames on a serial line: COBS between zeros with a CRC-16, so that garbage costs single frames only."""

MAX_PAYLOAD = 40
"""Bytes; well below 254, where COBS would need its long blocks."""

MAX_FRAME = MAX_PAYLOAD + 3
"""Bytes between two delimiters: one code byte of COBS and two of CRC on top of the payload."""

_CRC_OF_NIBBLE = (
    0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50A5, 0x60C6, 0x70E7,
    0x8108, 0x9129, 0xA14A, 0xB16B, 0xC18C, 0xD1AD, 0xE1CE, 0xF1EF,
)  # fmt: skip


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xFFFF, nothing reflected, no final XOR."""
    crc = 0xFFFF
    for byte in data:
        crc = (crc << 4 & 0xFFFF) ^ _CRC_OF_NIBBLE[crc >> 12 ^ byte >> 4]
        crc = (crc << 4 & 0xFFFF) ^ _CRC_OF_NIBBLE[crc >> 12 ^ byte & 15]
    return crc


def encode(payload: bytes) -> bytes:
    """The frame of a payload of 1 to MAX_PAYLOAD bytes, with its closing zero."""
    if not 0 < len(payload) <= MAX_PAYLOAD:
        raise ValueError("payload of %d bytes: expected 1 to %d" % (len(payload), MAX_PAYLOAD))
    crc = crc16(payload)
    frame = bytearray(1)
    code_at = 0
    for byte in payload + bytes((crc >> 8, crc & 0xFF)):
        if byte:
            frame.append(byte)
        else:
            frame[code_at] = len(frame) - code_at
            code_at = len(frame)
            frame.append(0)
    frame[code_at] = len(frame) - code_at
    frame.append(0)
    return bytes(frame)


def decode(frame: bytes) -> bytes | None:
    """The payload of a frame without its closing zero, or None where it is not intact."""
    stuffed = bytearray()
    at = 0
    while at < len(frame):
        end = at + frame[at]
        if end == at or end > len(frame):
            return None
        stuffed.extend(frame[at + 1 : end])
        stuffed.append(0)
        at = end
    payload = bytes(stuffed[:-3])
    if not payload or crc16(payload) != stuffed[-3] << 8 | stuffed[-2]:
        return None
    return payload


class FrameReader:
    """Cuts a stream of bytes into payloads; holds at most one frame."""

    def __init__(self) -> None:
        self.bad = 0
        """Frames that were not intact, and pieces of garbage."""
        self._frame = bytearray()
        self._too_long = False

    def feed(self, data: bytes) -> list[bytes]:
        """The payloads of the intact frames that end in `data`."""
        payloads = []
        for byte in data:
            if byte:
                self._take(byte)
            elif self._frame:
                payload = None if self._too_long else decode(bytes(self._frame))
                if payload is None:
                    self.bad += 1
                else:
                    payloads.append(payload)
                self.clear()
        return payloads

    def clear(self) -> None:
        """Forget the frame that has begun."""
        self._frame = bytearray()
        self._too_long = False

    def _take(self, byte: int) -> None:
        if len(self._frame) < MAX_FRAME:
            self._frame.append(byte)
        else:
            self._too_long = True
