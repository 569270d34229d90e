"""The agent's side of the line and nothing else, as a process to be killed: `listener_program.py CONFIG`."""

import sys
import threading
from pathlib import Path

from tillsight_edge.cameras import Cameras
from tillsight_edge.clock import SystemClock
from tillsight_edge.config import load_config
from tillsight_edge.outbox import Outbox


def main(config_file: Path) -> None:
    """Until it is killed."""
    config = load_config(config_file)
    outbox = Outbox(config.outbox.path, device="till-1-box", touchpoint="till-1", max_events=100_000)
    Cameras(config, outbox, SystemClock()).start()
    threading.Event().wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
