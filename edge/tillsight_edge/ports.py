"""What the agent needs from outside, as small protocols: adapters are one file each, fakes small machines."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Literal, Protocol

from tillsight_models.delivery import Ack, HubState
from tillsight_models.events import HealthReported, PanelReported, Stamp
from tillsight_models.orders import OrderResult
from tillsight_models.presence import PresenceTold
from tillsight_models.wanted import ConfigIs

PANEL_MARK = "panel"
"""Key of the outbox mark that remembers the last panel position whose press is committed."""


class Clock(Protocol):
    """Wall time with its quality, and a monotonic time that goes on through suspend."""

    def mono_ms(self) -> int:
        """Milliseconds since this boot."""

    def stamp(self, mono_ms: int | None = None) -> Stamp:
        """The time now, or of the earlier moment `mono_ms` of this boot."""


class LightSignal(Enum):
    """What the shopper is shown; never sent before the outbox has committed."""

    THANKS = "thanks"
    """The press is on disk."""
    UNDONE = "undone"
    """The last press is taken back."""
    ERROR = "error"
    """The press could not be written yet; the panel keeps it."""


@dataclass(frozen=True)
class PanelPress:
    """One debounced press, which the panel keeps until `confirm()`: call it once the press is committed."""

    button: int
    """1 is the leftmost; the one after the last rating is the undo button."""
    mono_ms: int
    """When it was pressed, on this machine's monotonic clock."""
    confirm: Callable[[], None]
    panel_boot: int | None = None
    panel_seq: int | None = None
    """Position on the panel's own link; None where the panel counts nothing."""

    @property
    def mark(self) -> tuple[str, str] | None:
        """What the outbox remembers in the transaction of this press, or None without a position."""
        if self.panel_boot is None or self.panel_seq is None:
            return None
        return PANEL_MARK, f"{self.panel_boot}:{self.panel_seq}"


def panel_position(mark: str | None) -> tuple[int, int] | None:
    """(panel_boot, panel_seq) from the outbox mark PANEL_MARK; None where no press was ever delivered."""
    if mark is None:
        return None
    boot, _, seq = mark.partition(":")
    return int(boot), int(seq)


@dataclass(frozen=True)
class PanelStatus:
    """How the panel is, for health."""

    state: Literal["ok", "lost", "stuck", "none"]
    firmware: str = ""
    bad_frames: int = 0


class ButtonPanel(Protocol):
    """Buttons and a light. A press is offered to `on_press` again, in order, until it was confirmed.

    Both callbacks come from one thread of the panel, one at a time, and neither raises.
    """

    def start(
        self, on_press: Callable[[PanelPress], None], on_report: Callable[[PanelReported], None]
    ) -> None:
        """Call back from now on; a panel that is not there yet is a report, not an error."""

    def light(self, signal: LightSignal) -> None:
        """Show the shopper a signal; returns at once, and a panel without a light does nothing."""

    def status(self) -> PanelStatus:
        """How the panel is now."""

    def stop(self) -> None:
        """Stop calling back and release the pins or the port."""


class PresenceSensor(Protocol):
    """A sensor that sees whether somebody stands at the touchpoint, and nothing else."""

    def start(self, on_change: Callable[[bool, int], None]) -> None:
        """Call back with (present, mono_ms) now and at each change."""

    def stop(self) -> None:
        """Stop calling back and release the pins."""


@dataclass(frozen=True)
class WantedConfig:
    """The configuration that the hub wants, as it came."""

    raw: bytes


@dataclass(frozen=True)
class OrderCame:
    """Something that the hub wants done once, as it came."""

    raw: bytes


@dataclass(frozen=True)
class Heard:
    """Something that the hub said."""

    message: Ack | HubState | WantedConfig | OrderCame
    live: bool
    """False for a retained message, which may be older than what the hub knows now."""


class Transport(Protocol):
    """The way to the hub. Calls come from the uplink's thread; what arrives waits until it is fetched."""

    def start(self, wake: Callable[[], None]) -> None:
        """Connect and stay connected; `wake` is called from any thread when something changed."""

    def connection(self) -> int:
        """Number of the present connection, 0 while there is none; a new number means send again."""

    def send(self, message: bytes) -> bool:
        """Take one message of events; False where it was not taken. True proves nothing about storage."""

    def heard(self) -> list[Heard]:
        """What came since the last call, oldest first."""

    def tell(self, health: HealthReported) -> None:
        """Health between two health events, at most once; silently dropped without a connection."""

    def answer(self, answer: ConfigIs) -> bool:
        """Say which wanted configuration is followed; False where that was not taken. Blocks as `send`."""

    def report(self, result: OrderResult) -> bool:
        """Say what became of an order; False where that was not taken. Blocks as `send`."""

    def show(self, presence: PresenceTold) -> None:
        """Tell players of signs whether somebody is there; the last word is said again at each connection."""

    def stop(self) -> None:
        """Say goodbye and disconnect."""
