"""A camera in the network: a small RTSP server that plays JPEG over TCP (RFC 2326, RFC 2435), or hangs."""

import socketserver
import struct
import threading
import time
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

Mood = Literal["plays", "silent", "stalls"]
"""`silent` accepts connections and says nothing; `stalls` answers everything and sends no frame."""

PAYLOAD_TYPE = 26
PACKET_BYTES = 1400


class RtspCamera:
    """Use as a context; the mood can change while it runs, and a stream that plays stops playing then."""

    def __init__(self, width: int = 320, height: int = 240, rate_hz: float = 15) -> None:
        """Sides are multiples of 16."""
        self.width, self.height, self.rate_hz = width, height, rate_hz
        self.mood: Mood = "plays"
        self.stopping = threading.Event()
        self.connections = 0
        camera = self

        class Talk(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                camera.connections += 1
                camera._talk(self)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Talk)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self._server.server_address[1]}/stream"

    def __enter__(self) -> "RtspCamera":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _talk(self, line: socketserver.StreamRequestHandler) -> None:
        try:
            while not self.stopping.is_set() and (request := _request(line)):
                if self.mood == "silent":
                    self.stopping.wait()
                    return
                method, sequence = request
                line.wfile.write(self._answer(method, sequence))
                if method == "PLAY":
                    self._play(line)
                    return
        except OSError:
            return  # whoever looked has gone

    def _answer(self, method: str, sequence: str) -> bytes:
        head, body = "", ""
        if method == "OPTIONS":
            head = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
        elif method == "DESCRIBE":
            body = (
                "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
                f"m=video 0 RTP/AVP {PAYLOAD_TYPE}\r\na=framerate:{self.rate_hz}\r\na=control:track1\r\n"
            )
            head = f"Content-Base: {self.url}/\r\nContent-Type: application/sdp\r\n"
        elif method == "SETUP":
            head = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1;timeout=60\r\n"
        elif method == "PLAY":
            head = "Session: 1\r\nRange: npt=0.000-\r\n"
        return (
            f"RTSP/1.0 200 OK\r\nCSeq: {sequence}\r\n{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )

    def _play(self, line: socketserver.StreamRequestHandler) -> None:
        sequence = frame = 0
        while self.mood == "plays" and not self.stopping.is_set():
            for packet in _packets(_picture(frame, self.width, self.height), frame, self.rate_hz, sequence):
                line.wfile.write(struct.pack(">cBH", b"$", 0, len(packet)) + packet)
                sequence += 1
            frame += 1
            time.sleep(1 / self.rate_hz)
        self.stopping.wait()


def _request(line: socketserver.StreamRequestHandler) -> tuple[str, str] | None:
    """(method, CSeq), or None at the end."""
    first = line.rfile.readline().decode()
    sequence = "0"
    while (field := line.rfile.readline().decode().strip()) != "":
        if field.lower().startswith("cseq:"):
            sequence = field.partition(":")[2].strip()
    return (first.split()[0], sequence) if first.strip() else None


def _picture(frame: int, width: int, height: int) -> npt.NDArray[np.uint8]:
    """A bar that wanders over a slope."""
    image = np.repeat(np.linspace(40, 200, width, dtype=np.uint8)[None, :, None], height, axis=0)
    image = np.repeat(image, 3, axis=2)
    at = frame * 7 % (width - 20)
    image[:, at : at + 20] = (0, 200, 255)
    return image


def _packets(image: npt.NDArray[np.uint8], frame: int, rate_hz: float, sequence: int) -> list[bytes]:
    """A frame as RTP packets of RFC 2435, with its quantisation tables in the first."""
    tables, scan = _tables_and_scan(cv2.imencode(".jpg", image)[1].tobytes())
    height, width = image.shape[:2]
    packets: list[bytes] = []
    at = 0
    while at < len(scan):
        header = struct.pack(">I", at) + bytes([1, 255, width // 8, height // 8])
        if at == 0:
            header += struct.pack(">BBH", 0, 0, len(tables)) + tables
        part = scan[at : at + PACKET_BYTES]
        at += len(part)
        marker = 0x80 if at >= len(scan) else 0
        stamp = int(frame * 90_000 / rate_hz) & 0xFFFFFFFF
        number = (sequence + len(packets)) & 0xFFFF
        packets.append(struct.pack(">BBHII", 0x80, marker | PAYLOAD_TYPE, number, stamp, 1) + header + part)
    return packets


def _tables_and_scan(jpeg: bytes) -> tuple[bytes, bytes]:
    """The quantisation tables of a baseline JPEG, and its entropy-coded data."""
    tables, at = b"", 2
    while jpeg[at + 1] != 0xDA:
        length = struct.unpack_from(">H", jpeg, at + 2)[0]
        if jpeg[at + 1] == 0xDB:
            content = jpeg[at + 4 : at + 2 + length]
            tables += b"".join(content[start + 1 : start + 65] for start in range(0, len(content), 65))
        at += 2 + length
    at += 2 + struct.unpack_from(">H", jpeg, at + 2)[0]
    return tables, jpeg[at:-2]
