"""The kiosk of a running agent: presses and touches in, events out, and one screen for every page."""

import threading
from collections.abc import Callable, Iterator
from copy import copy
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import Literal

import msgspec

from tillsight_models.events import ContactEnded, Payload, Stamp
from tillsight_models.presence import AWAY_PICTURE, NO_PICTURE, PRESENT_PICTURE
from tillsight_models.scales import scale

from ..config import DeviceConfig, PanelSettings
from ..errors import OutboxUnwritable
from ..feedback import Feedback, Vote
from ..ports import Clock, LightSignal, PanelPress
from .contents import Contents
from .memory import Keeper, LastVote, Memory, Way
from .phone import Drawn, code_of
from .play_log import PlayLog
from .screens import Screen
from .session import Pace, Session
from .tally import Tally, Told

SILENT_MS = 30_000
"""A page that has not called for this long is lost."""
STILL_HERE_S = 10.0
"""Between two signs of life to a page that is told nothing new."""


class Frame(msgspec.Struct, frozen=True):
    """What all open pages show at one moment."""

    contents: int
    """Grows when there are other contents: then pages begin anew."""
    screen: Screen
    present: bool
    """Somebody stands there."""
    card: int | None
    """Which of the cards comes with the thanks."""
    tally: Told | None
    code: Drawn | None
    """Of the visit that is on the screen, where it can go on on a phone."""
    not_stored: bool
    """The last press could not be written; it has to be given again."""
    sign: str = ""
    """Shown across everything for who looks for this very screen."""


class Kiosk:
    """Any thread may call; pages, panel and agent do."""

    def __init__(
        self,
        config: DeviceConfig,
        contents: Contents,
        *,
        feedback: Feedback,
        way: Way,
        clock: Clock,
    ) -> None:
        self._panel = panel = config.panel
        self._device, self._continue_s = config.device.id, config.kiosk.continue_s
        self._feedback, self._way, self._clock = feedback, way, clock
        self._undo_number = panel.undo_number
        self._scale = scale(panel.scale)
        self._contents, self._next = contents, contents
        self._contents_number = 1
        self._session = Session(contents.survey, self._pace(contents), clock, languages=contents.languages)
        self._changes = threading.Condition(threading.RLock())
        self._card = -1
        self._tally = Tally(self._scale.positive)
        self._plays = PlayLog(config.kiosk.play_log)
        self._last: LastVote | None = None
        self._keeper = Keeper(way, clock)
        self._code: tuple[str, Drawn | None] = "", None
        """Of the visit of this id."""
        self._served: SimpleQueue[tuple[ContactEnded, Stamp]] = SimpleQueue()
        self._present = self._not_stored = self._stopping = False
        self._sign = ""
        self._called_ms, self._has_called = clock.mono_ms(), False
        self._recall()
        self._shown = self._frame()
        self._version = 1

    @property
    def contents(self) -> tuple[int, Contents]:
        """What is on the screens now, and its number."""
        with self._changes:
            return self._contents_number, self._contents

    @property
    def is_settled(self) -> bool:
        """Whether what it was changed to last is on the screens."""
        with self._changes:
            return self._next is self._contents

    def change(self, contents: Contents) -> None:
        """Other contents, as soon as nobody is in the middle of something."""
        with self._changes:
            self._next = contents
            self._exchange()
            self._tell()

    def follow(self, panel: PanelSettings) -> None:
        """Other times of the panel, between two shoppers."""
        with self._changes:
            if panel != self._panel:
                self._panel = panel
                self._next = copy(self._next)

    def press(self, press: PanelPress) -> None:
        """A button of the panel: an answer where a question is shown, else a rating, or taking one back."""
        with self._changes:
            if press.button != self._undo_number and self._session.is_asking(press.mono_ms):
                self._answer(press)
            else:
                self._rated(self._feedback.press(press))
            self._tell()

    def rate(self, button: int, number: int) -> None:
        """A touch of the face that stands for this button, on the screen of this number."""
        with self._changes:
            screen = self._session.screen()
            is_there = screen.state == "rate" and screen.number == number
            if is_there and 1 <= button <= self._scale.ratings:
                press = PanelPress(button, self._clock.mono_ms(), lambda: None)
                self._rated(self._feedback.press(press, panel="screen"))
            self._tell()

    def undo(self) -> None:
        """A touch of the undo button."""
        with self._changes:
            if self._feedback.undo():
                self._rated(LightSignal.UNDONE)
            self._tell()

    def touch(self, act: Callable[[Session], list[Payload] | None]) -> None:
        """Any other touch."""
        with self._changes:
            self._keep(act(self._session) or [])
            self._tell()

    def turn(self, present: bool) -> None:
        """About once a second, and as soon as somebody comes or goes."""
        with self._changes:
            self._present = present
            self._plays.there(present, self._clock.stamp())
            self._count_served()
            self._forget_old_press()
            self._keep(self._session.tick())
            self._exchange()
            self._tell()

    def contact(self, contact: ContactEnded, at: Stamp) -> None:
        """A customer was served."""
        self._served.put((contact, at))  # without the lock: whoever stores contacts may hold the outbox's

    def show_sign(self, text: str) -> None:
        """Across everything, or nothing any more; whoever rates can go on."""
        with self._changes:
            self._sign = text
            self._tell()

    def called(self) -> None:
        """A page is alive."""
        self._called_ms, self._has_called = self._clock.mono_ms(), True

    @property
    def picture(self) -> int:
        """Which of the attract screen's pictures is on the screen, as the topic `presence` numbers them."""
        with self._changes:
            if self._session.state != "attract":
                return NO_PICTURE
            return PRESENT_PICTURE if self._present else AWAY_PICTURE

    @property
    def silent_ms(self) -> int | None:
        """Since a page called last; None where none has called since the start."""
        return self._clock.mono_ms() - self._called_ms if self._has_called else None

    @property
    def state(self) -> Literal["ok", "lost"]:
        """Whether a page shows all this."""
        return "ok" if self._clock.mono_ms() - self._called_ms < SILENT_MS else "lost"

    def stop(self) -> None:
        """No page is told anything any more; who had not finished is told as timed out."""
        with self._changes:
            self._keep(self._session.close())
            self._plays.shows("", self._clock.stamp())
            self._plays.there(False, self._clock.stamp())
            self._stopping = True
            self._changes.notify_all()

    def frame(self) -> Frame:
        """What is to be seen now."""
        with self._changes:
            return self._frame()

    def frames(self) -> Iterator[bytes]:
        """Server-sent events: the frame, and again whenever it changes."""
        seen = 0
        while True:
            with self._changes:
                if not self._stopping and self._version == seen:
                    self._changes.wait(STILL_HERE_S)
                if self._stopping:
                    return
                is_new, seen = self._version != seen, self._version
                told = msgspec.json.encode(self._frame()) if is_new else b""
            yield b"data: " + told + b"\n\n" if is_new else b": still here\n\n"

    def _exchange(self) -> None:
        waiting = self._next
        if waiting is self._contents:
            return
        if self._session.change(waiting.survey, self._pace(waiting), waiting.languages):
            self._contents = waiting
            self._contents_number += 1

    def _pace(self, contents: Contents) -> Pace:
        settings, panel = contents.settings, self._panel
        return Pace(
            idle_s=settings.idle_s,
            warning_s=settings.warning_s,
            thanks_s=max(settings.thanks_s, panel.undo_s, self._continue_s if contents.continuing else 0),
            attract_s=settings.attract_s,
            undo_s=panel.undo_s,
            buttons=self._scale.ratings if settings.panel_answers else 0,
        )

    def _answer(self, press: PanelPress) -> None:
        """At most once: an answer that came a second time would be a rating."""
        if press.mark is not None:
            try:
                self._way.set_mark(*press.mark)
            except OutboxUnwritable:
                self._not_stored = True
                return
        self._keep(self._session.press(press.button), press.mono_ms)
        press.confirm()

    def _rated(self, done: Vote | LightSignal | None) -> None:
        self._not_stored = done is LightSignal.ERROR
        self._count_served()
        made: list[Payload] = []
        if isinstance(done, Vote):
            made = self._session.voted(done)
            self._card += 1
            self._last = LastVote(done.seq, done.rating, done.mono_ms, done.is_repeat)
            if not done.is_repeat:
                self._tally.voted(done.seq, done.rating)
        elif done is LightSignal.UNDONE:
            made = self._session.undone()
            if self._last is not None:
                self._tally.undone(self._last.seq)
            self._last = None
        self._keep(made)

    def _forget_old_press(self) -> None:
        """Once it can neither be taken back nor make the next one a repeat."""
        needed_ms = 1000 * max(self._panel.undo_s, self._panel.cooldown_s)
        if self._last is not None and self._clock.mono_ms() - self._last.mono_ms > needed_ms:
            self._last = None

    def _count_served(self) -> None:
        while not self._served.empty():
            contact, at = self._served.get()
            self._session.contact()
            self._plays.served(contact, at)

    def _keep(self, made: list[Payload], mono_ms: int | None = None) -> None:
        memory = Memory(
            ration=self._session.ration,
            tally=self._tally.memory,
            last=self._last,
            open=self._session.open_visit,
        )
        self._keeper.keep(made, memory, mono_ms)

    def _recall(self) -> None:
        """After a restart: a press that is young enough is thanked for, and can be taken back."""
        memory = self._keeper.recall()
        self._session.recall_ration(memory.ration)
        self._last = last = memory.last
        self._tally.recall(memory.tally, (last.seq, last.rating) if last else None)
        if last is None:
            return
        self._feedback.recall(last.as_vote())
        if self._clock.mono_ms() - last.mono_ms <= self._panel.undo_s * 1000:
            self._session.recall(last.as_vote())

    def _phone_code(self) -> Drawn | None:
        """Only while there is a visit: never before a press, and gone with it."""
        continuing, visit = self._contents.continuing, self._session.visit
        if continuing is None or visit is None:
            self._code = "", None
            return None
        id, vote = visit
        if self._code[0] != id:
            at = self._clock.stamp(vote.mono_ms)
            self._code = id, code_of(continuing, self._device, id, at)
        return self._code[1]

    def _frame(self) -> Frame:
        screen, at = self._session.screen(), self._clock.stamp()
        is_thanks, contents = screen.state == "thanks", self._contents
        day = datetime.fromtimestamp(at.t / 1000, UTC).astimezone().date().isoformat()
        return Frame(
            contents=self._contents_number,
            screen=screen,
            present=self._present,
            card=contents.card(self._card, screen.language, day) if is_thanks else None,
            tally=self._tally.told(at.mono, at.t) if is_thanks and contents.settings.tally else None,
            code=self._phone_code(),
            not_stored=self._not_stored,
            sign=self._sign,
        )

    def _tell(self) -> None:
        """Wake the pages where something else is to be seen than time going by."""
        frame = self._frame()
        if frame.screen.state == "attract":
            self._plays.shows("present" if self._present else "away", self._clock.stamp())
        else:
            self._plays.shows("", self._clock.stamp())
        if _without_time(frame) != _without_time(self._shown):
            self._version += 1
            self._changes.notify_all()
        self._shown = frame


def _without_time(frame: Frame) -> Frame:
    screen = msgspec.structs.replace(
        frame.screen,
        undo_ms=int(frame.screen.undo_ms > 0),
        warning_ms=None if frame.screen.warning_ms is None else 0,
    )
    return msgspec.structs.replace(frame, screen=screen)
