"""Free TCP ports on loopback."""

import os
import random
import socket

FIRST, LAST = 20_000, 32_000
"""Below the range from which the kernel takes the near ends of connections: a broker that is restarted on
its port must not find it taken by a client."""

_given: set[int] = set()


def free_port() -> int:
    """A port that nothing listens on and that none of these tests has been given before."""
    own = _own_ports()
    while True:
        port = random.choice(own)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port


def _own_ports() -> range:
    """Those that no other worker of pytest gives away."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    share = (LAST - FIRST) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    return range(FIRST + worker * share, FIRST + (worker + 1) * share)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
