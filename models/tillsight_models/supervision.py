"""What systemd wants to know: that we are ready, and that work goes on."""

import os
import socket


class Supervisor:
    """Speaks sd_notify; where nobody asked for it, it says nothing."""

    def __init__(self, address: str | None = None) -> None:
        self._address = os.environ.get("NOTIFY_SOCKET", "") if address is None else address

    def ready(self) -> None:
        """The service has started."""
        self._say("READY=1")

    def alive(self, status: str) -> None:
        """Feed the watchdog; call it only while work really goes on."""
        self._say(f"WATCHDOG=1\nSTATUS={status}")

    def troubled(self, status: str) -> None:
        """Say what is wrong, and do not feed the watchdog."""
        self._say(f"STATUS={status}")

    def stopping(self) -> None:
        """The service was asked to end."""
        self._say("STOPPING=1")

    def _say(self, words: str) -> None:
        if not self._address:
            return
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            try:
                line.sendto(words.encode(), address)
            except OSError:
                return
