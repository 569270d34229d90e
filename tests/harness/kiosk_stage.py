"""A kiosk behind a real port, on a clock that the test moves, with a real outbox."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from tillsight_edge.fakes import FakeClock
from tillsight_edge.feedback import Feedback
from tillsight_edge.kiosk.cards import Card
from tillsight_edge.kiosk.contents import Contents
from tillsight_edge.kiosk.kiosk import Kiosk
from tillsight_edge.kiosk.memory import Way
from tillsight_edge.kiosk.notice import Notice
from tillsight_edge.kiosk.page import Watched, kiosk_server
from tillsight_edge.outbox import Outbox
from tillsight_edge.pause import CameraPause
from tillsight_edge.pending import Pending
from tillsight_edge.ports import LightSignal, PanelPress
from tillsight_models.continuation import KEY_BYTES, key_to_text
from tillsight_models.events import Payload
from tillsight_models.surveys import Survey
from tillsight_models.wanted import Continuing

from .edge_configs import device_config
from .kiosks import LANGUAGES, store_survey, texts
from .outboxes import all_held, new_outbox

CARD = Card(
    said=texts(
        "The queue in the evening is too long.",
        "La sera la coda è troppo lunga.",
        "Abends ist die Schlange zu lang.",
        "الطابور طويل جدا في المساء.",
    ),
    done=texts(
        "Two more tills are open from 5 to 8 pm.",
        "Dalle 17 alle 20 sono aperte altre due casse.",
        "Von 17 bis 20 Uhr sind zwei weitere Kassen offen.",
        "نفتح صندوقين إضافيين من الخامسة إلى الثامنة.",
    ),
)


PHONE = Continuing(url="https://hub.example/go", key=key_to_text(b"k" * KEY_BYTES))


class KioskStage:
    """What the agent has of a kiosk, without the agent."""

    def __init__(
        self,
        folder: Path,
        survey: Survey | None,
        settings: dict[str, Any],
        panel: dict[str, Any],
        clock: FakeClock | None = None,
        continuing: Continuing | None = None,
    ) -> None:
        kiosk = {"enabled": True, "port": 0, "languages": list(LANGUAGES), "idle_s": 20.0, **settings}
        buttons = {"kind": "simulated", "undo_s": 10.0, "cooldown_s": 5.0, "undo_button": True, **panel}
        self.config = device_config(folder, kiosk=kiosk, panel=buttons)
        self.clock = clock or FakeClock()
        self.outbox: Outbox = new_outbox(folder)
        self.pending = Pending(self.outbox)
        self.lights: list[LightSignal] = []
        self.feedback = Feedback(self.config.panel, self.outbox, self.clock, self.lights.append)
        notice = Notice(served=True, visitors=True, queue=True, faces=None)
        self.watched = Watched(3, {"till": "ok", "door": "covered"}, notice=notice)
        contents = Contents(self.config.kiosk, survey, (CARD,), continuing=continuing)
        remember = partial(self.outbox.set_mark, durable=False)
        way = Way(self.pending.append, self.outbox.set_mark, remember, self.outbox.mark)
        self.kiosk = Kiosk(self.config, contents, feedback=self.feedback, way=way, clock=self.clock)
        settings_now = self.config.kiosk
        self.pause = CameraPause(
            settings_now.pause_min, settings_now.pauses_per_hour, self.outbox, self.clock
        )
        self.pages = kiosk_server(self.config, self.kiosk, self.now_watched, self.pause)
        self.presses = 0

    def now_watched(self) -> Watched:
        """What the privacy page is told; the cameras obey at once."""
        told, pause = self.watched, self.pause.state()
        cameras = dict.fromkeys(told.cameras, "paused") if pause.left_ms else told.cameras
        return msgspec.structs.replace(told, cameras=cameras, pause=pause)

    def press(self, button: int) -> None:
        """Press a button of the panel now."""
        self.presses += 1
        press = PanelPress(button, self.clock.mono_ms(), lambda: None, panel_boot=9, panel_seq=self.presses)
        self.kiosk.press(press)

    def choose(self, *ids: str) -> None:
        """Touch one choice after the other, each a second later."""
        for id in ids:
            self.clock.advance(1)
            self.kiosk.touch(lambda session, id=id: session.choose(id, session.screen().number))  # type: ignore[misc]

    def pass_time(self, seconds: float, *, present: bool = False) -> None:
        """Let time pass, as far as the kiosk is concerned."""
        self.clock.advance(seconds)
        self.kiosk.turn(present)

    @property
    def made(self) -> list[Payload]:
        """Payloads in the outbox, oldest first."""
        return [event.payload for event in all_held(self.outbox)]


@contextmanager
def kiosk_stage(
    folder: Path,
    survey: Survey | None = None,
    panel: dict[str, Any] | None = None,
    *,
    clock: FakeClock | None = None,
    continuing: Continuing | None = None,
    **settings: Any,
) -> Iterator[KioskStage]:
    """A running kiosk, with the store's survey if with no other; another one in this folder follows it."""
    stage = KioskStage(folder, survey or store_survey(), settings, panel or {}, clock, continuing)
    stage.pages.start()
    try:
        yield stage
    finally:
        stage.kiosk.stop()
        stage.pages.stop()
        stage.outbox.close()
