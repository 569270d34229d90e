"""The kiosk as a part of the agent: its contents, its page, and what it has to know of the device."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal

from tillsight_models.events import CameraState, ContactEnded, Stamp

from ..config import DeviceConfig
from ..errors import PageUnavailable
from ..feedback import Feedback
from ..outbox import Outbox
from ..pages.server import PageServer
from ..pause import CameraPause
from ..pending import Pending
from ..ports import Clock, PanelPress
from ..recent import RecentContacts
from .contents import contents_of, read_contents
from .kiosk import Kiosk
from .memory import Way
from .notice import notice_of
from .page import Watched, kiosk_server

log = logging.getLogger(__name__)

MINUTE_MS = 60_000


class KioskPart:
    """Nothing that goes wrong here stops the agent: without its page the panel still rates and answers."""

    def __init__(
        self,
        config: DeviceConfig,
        *,
        outbox: Outbox,
        pending: Pending,
        feedback: Feedback,
        recent: RecentContacts,
        clock: Clock,
        pause: CameraPause,
    ) -> None:
        self._config, self._recent, self._clock, self._pause = config, recent, clock, pause
        self._own = read_contents(config.kiosk)
        remember = partial(outbox.set_mark, durable=False)
        way = Way(pending.append, outbox.set_mark, remember, outbox.mark)
        self.kiosk = Kiosk(config, self._own, feedback=feedback, way=way, clock=clock)
        self.pages: PageServer | None = None
        """None while its port is taken."""
        self._cameras: Callable[[], Mapping[str, CameraState]] = dict
        self._told = ""

    def follow(self, value: Any) -> None:
        """The hub's section `kiosk`, between two shoppers; BadConfig where it makes no screens."""
        self.kiosk.change(contents_of(self._own, value))

    def start(self, cameras: Callable[[], Mapping[str, CameraState]]) -> None:
        """Serve the page; `cameras` are asked for what they do now."""
        self._cameras = cameras
        self._serve()

    def press(self, press: PanelPress) -> None:
        """See Kiosk."""
        self.kiosk.press(press)

    def turn(self, present: bool) -> None:
        """About once a second, and as soon as somebody comes or goes."""
        if self.pages is None:
            self._serve()
        self.kiosk.turn(present)

    def contact(self, contact: ContactEnded, at: Stamp) -> None:
        """A customer was served."""
        self.kiosk.contact(contact, at)

    @property
    def state(self) -> Literal["ok", "lost"]:
        """Whether a page shows all this."""
        return self.kiosk.state if self.pages else "lost"

    def stop(self) -> None:
        """Serve nobody any more."""
        self.kiosk.stop()
        if self.pages is not None:
            self.pages.stop()

    def _serve(self) -> None:
        try:
            pages = kiosk_server(self._config, self.kiosk, self._watched, self._pause)
        except (PageUnavailable, OSError) as error:
            if self._told != str(error):
                self._told = str(error)
                log.warning("kiosk: %s", error)
            return
        pages.start()
        self.pages = pages
        log.info("kiosk: http://127.0.0.1:%d/", pages.port)

    def _watched(self) -> Watched:
        """Of the last minute; contacts are kept as numbers only."""
        now_ms = self._clock.mono_ms()
        contacts = [each for each in self._recent.rows(now_ms) if each["left_ms"] >= now_ms - MINUTE_MS]
        can_pause = bool(self._config.cameras) and self._config.kiosk.pause_min > 0
        today = datetime.fromtimestamp(self._clock.stamp().t / 1000, UTC).date()
        return Watched(
            contacts=len(contacts),
            cameras=dict(self._cameras()),
            pause=self._pause.state() if can_pause else None,
            notice=notice_of(self._config, today),
        )
