"""The part of the agent that takes presses, as a program to be killed: `panel_agent.py PORT OUTBOX`."""

import sys
import threading
from pathlib import Path

from tillsight_edge.buttons.serial import SerialPanel
from tillsight_edge.clock import SystemClock
from tillsight_edge.outbox import Outbox
from tillsight_edge.ports import PANEL_MARK, PanelPress, panel_position
from tillsight_models.events import ButtonPressed


def open_outbox(path: Path) -> Outbox:
    return Outbox(path, device="till-1", touchpoint="checkout", max_events=10_000)


def main(port: Path, path: Path) -> None:
    clock, outbox = SystemClock(), open_outbox(path)

    def store(press: PanelPress) -> None:
        payload = ButtonPressed(
            button=press.button,
            rating=press.button,
            scale="smiley-5",
            panel="serial",
            panel_boot=press.panel_boot,
            panel_seq=press.panel_seq,
        )
        outbox.append(payload, clock.stamp(press.mono_ms), press.mark)
        press.confirm()

    panel = SerialPanel(port, clock, panel_position(outbox.mark(PANEL_MARK)))
    panel.start(store, lambda report: print(report, flush=True))
    threading.Event().wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
