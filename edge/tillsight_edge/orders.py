"""What the hub asks this device to do once: carried out at most once, and answered for."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from queue import Empty, SimpleQueue
from typing import TypeAlias

import msgspec

from tillsight_models.errors import BadConfig, TillsightError
from tillsight_models.orders import Order, OrderResult, read_order, result_of

from .errors import OutboxUnwritable
from .outbox import Outbox
from .ports import Clock

log = logging.getLogger(__name__)

MARK = "orders"
REMEMBERED = 100
"""Orders whose ids are kept; the hub has no older ones that are still good."""
PATIENCE_MS = 30_000
"""How long the clock may take to become known before an order is refused for it."""

Answer: TypeAlias = tuple[bool, Sequence[str]]
"""Whether it worked, and lines for a person."""
Work: TypeAlias = Callable[[], Answer | None]
"""Looked at about once a second until it says what came of it."""
Act: TypeAlias = Callable[[Order], Work]
"""Begins to carry out; TillsightError where that cannot be."""


class _Known(msgspec.Struct, frozen=True):
    """An order that was begun."""

    id: str
    kind: str
    result: OrderResult | None = None


class Orders:
    """Each order at most once, whatever comes how often, over a restart too: its id is on disk before it is
    begun. `take` and `unsent` are for the uplink's thread, `turn` for the agent's."""

    def __init__(
        self,
        outbox: Outbox,
        clock: Clock,
        clock_offset_ms: Callable[[], float | None],
        acts: Mapping[str, Act],
        on_result: Callable[[], None] = lambda: None,
        *,
        device: str = "",
    ) -> None:
        """`device` is this one's id: orders for another one are refused."""
        self._outbox = outbox
        self._clock = clock
        self._clock_offset_ms = clock_offset_ms
        self._acts = acts
        self._on_result = on_result
        self._device = device
        self._came: SimpleQueue[bytes] = SimpleQueue()
        self._lock = threading.Lock()
        self._known: dict[str, _Known] | None = None
        """None until the outbox could be read."""
        self._unsent: dict[str, OrderResult] = {}
        self._works: dict[str, Work] = {}
        self._waiting: dict[str, tuple[Order, int]] = {}
        """Until the clock is known: the order, and since when it waits."""

    def take(self, raw: bytes) -> None:
        """The hub said something."""
        self._came.put(raw)

    def unsent(self) -> list[OrderResult]:
        """What the hub has not been told yet."""
        with self._lock:
            return list(self._unsent.values())

    def sent(self, result: OrderResult) -> None:
        """It went out; where it was lost, the hub tells the order again, and hears again."""
        with self._lock:
            self._unsent.pop(result.id, None)

    def turn(self) -> None:
        """Begin what came, and look at what is under way."""
        if not self._is_ready():
            return
        while True:
            try:
                raw = self._came.get_nowait()
            except Empty:
                break
            try:
                self._consider(read_order(raw))
            except BadConfig as error:
                log.warning("an order is ignored: %s", error)
        for order, since in list(self._waiting.values()):
            self._judge(order, since)
        for id, work in list(self._works.items()):
            if (answer := _looked_at(work)) is not None:
                del self._works[id]
                self._finish(result_of(id, "done" if answer[0] else "failed", *answer[1]))

    def _is_ready(self) -> bool:
        """Read what was begun before; what was under way when the agent ended is settled here."""
        if self._known is not None:
            return True
        try:
            mark = self._outbox.mark(MARK)
        except OutboxUnwritable:
            return False
        known = _read(mark)
        self._known = {each.id: each for each in known}
        for each in known:
            if each.result is None and each.kind == "restart":
                self._finish(result_of(each.id, "done", "the agent has started again"))
            elif each.result is None:
                self._finish(result_of(each.id, "failed", "the agent ended while it was at it"))
        return True

    def _consider(self, order: Order) -> None:
        assert self._known is not None
        known = self._known.get(order.id)
        if order.dev and order.dev != self._device:
            self._tell(result_of(order.id, "refused", f"it is for {order.dev:.40}"))
        elif known is None and order.id not in self._waiting:
            self._judge(order, self._clock.mono_ms())
        elif known is not None and known.result is not None:
            self._tell(known.result)

    def _judge(self, order: Order, since_ms: int) -> None:
        """By the hub's clock, as far as it is known."""
        now = self._clock.stamp()
        offset = self._clock_offset_ms()
        if offset is None and now.tq == "unsynced":
            if now.mono - since_ms < PATIENCE_MS:
                self._waiting[order.id] = order, since_ms
                return
            words = "this device does not know what time it is"
            self._waiting.pop(order.id, None)
            self._finish(result_of(order.id, "refused", words), order.kind)
            return
        self._waiting.pop(order.id, None)
        late_ms = now.t - round(offset or 0) - order.expires
        if late_ms >= 0:
            words = f"it came {late_ms / 1000:.0f} s after its time"
            self._finish(result_of(order.id, "expired", words), order.kind)
        elif order.kind not in self._acts:
            self._finish(result_of(order.id, "refused", "this device cannot do that"), order.kind)
        else:
            self._begin(order)

    def _begin(self, order: Order) -> None:
        """On disk first: an order that ends the agent must not end it again."""
        log.info("order %s: %s", order.id, order.kind)
        if not self._remember(_Known(order.id, order.kind)):
            return
        try:
            self._works[order.id] = self._acts[order.kind](order)
        except (TillsightError, OSError) as error:
            self._finish(result_of(order.id, "refused", *str(error).splitlines()))

    def _finish(self, result: OrderResult, kind: str = "") -> None:
        assert self._known is not None
        known = self._known.get(result.id, _Known(result.id, kind))
        self._remember(_Known(known.id, known.kind, result))
        log.info("order %s: %s: %s", result.id, result.outcome, "; ".join(result.words))
        self._tell(result)

    def _tell(self, result: OrderResult) -> None:
        with self._lock:
            self._unsent[result.id] = result
        self._on_result()

    def _remember(self, known: _Known) -> bool:
        """False where the disk takes nothing: then nothing is begun, and the hub will ask again."""
        assert self._known is not None
        kept = {**self._known, known.id: known}
        for id in list(kept)[:-REMEMBERED]:
            del kept[id]
        try:
            self._outbox.set_mark(MARK, msgspec.json.encode(list(kept.values())).decode())
        except OutboxUnwritable:
            return False
        self._known = kept
        return True


def _looked_at(work: Work) -> Answer | None:
    try:
        return work()
    except (TillsightError, OSError) as error:
        return False, str(error).splitlines()


def _read(mark: str | None) -> list[_Known]:
    try:
        return msgspec.json.decode(mark, type=list[_Known]) if mark else []
    except msgspec.MsgspecError:
        log.warning("what was noted of the hub's orders cannot be read")
        return []
