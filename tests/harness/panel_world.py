"""A panel, a noisy line and an agent's outbox in simulated time: no millisecond is skipped or takes long."""

from dataclasses import dataclass, field

from tests.harness.panel_noise import Noise

from tillsight_panel.host import HostLink, PanelEvent
from tillsight_panel.messages import PRESS
from tillsight_panel.panel import Panel

BUTTONS = 5


@dataclass
class Till:
    """One till. `outbox` is on disk: what it holds and the mark in it survive `kill_agent`.

    The agent commits each event `commit_ms` after it came and then confirms it; None: it commits nothing.
    """

    to_host: Noise = field(default_factory=Noise)
    to_panel: Noise = field(default_factory=Noise)
    commit_ms: int | None = 0
    outbox: list[tuple[int, int, int, int]] = field(default_factory=list)
    """(boot, seq, kind, value) as committed."""
    times: list[int] = field(default_factory=list)
    """When each of them happened, as the host knows it."""
    ms: int = 0
    levels: int = 0
    plugged: bool = True
    host: HostLink | None = None
    boot: int = 0
    _journal: list[tuple[int, int, bytes]] = field(default_factory=list)
    _pins: list[tuple[int, int, bool]] = field(default_factory=list)
    _due: tuple[PanelEvent, int] | None = None

    def __post_init__(self) -> None:
        self.reset_panel()
        self.start_agent()
        self.run(20)  # released pins must be seen before anything counts

    def reset_panel(self) -> None:
        """As the watchdog does it: memory gone, the boot number one higher."""
        self.boot += 1
        self.panel = Panel(BUTTONS, self.boot, panel_id=0xE661)
        self._fed = b""
        self._journal = [(self.ms, self.levels, b"")]

    def start_agent(self) -> None:
        mark = self.outbox[-1][:2] if self.outbox else None
        self.host = HostLink(mark, light_number=self.ms)

    def kill_agent(self) -> None:
        self.host = None
        self._due = None

    def press(self, button: int, at: int | None = None, hold_ms: int = 30) -> None:
        """Close a contact at `at` (default now) for `hold_ms`."""
        at = self.ms if at is None else at
        self._pins += [(at, button, True), (at + hold_ms, button, False)]

    def run(self, ms: int) -> None:
        """Let so many milliseconds pass."""
        for _ in range(ms):
            self._step()

    def settle(self, most_ms: int = 20_000) -> None:
        """Until the panel has nothing left to tell, or `most_ms` are over."""
        for _ in range(most_ms):
            self._step()
            if not self.panel.link.queued and not self._pins and self.host and not self.host.events:
                return

    @property
    def presses(self) -> list[int]:
        """Buttons of the committed presses."""
        return [value for _, _, kind, value in self.outbox if kind == PRESS]

    def script(self) -> str:
        """What the panel was given since its last reset, as `panel_script_program` plays it."""
        begin = f"panel {self.boot} {self._journal[0][0]}"
        return "\n".join([begin, *(f"{ms} {levels} {fed.hex()}" for ms, levels, fed in self._journal[1:])])

    def kinds(self) -> list[tuple[int, int]]:
        """(kind, value) of all that is committed."""
        return [(kind, value) for _, _, kind, value in self.outbox]

    def _step(self) -> None:
        self.ms += 1
        due, self._pins = (
            [pin for pin in self._pins if pin[0] <= self.ms],
            [pin for pin in self._pins if pin[0] > self.ms],
        )
        for _, button, closed in due:
            bit = 1 << (button - 1)
            self.levels = self.levels | bit if closed else self.levels & ~bit
        self._note()
        sent = self.panel.tick(self.ms, self.levels)
        if self.host is None or not self.plugged:
            return
        self.host.feed(self.to_host(sent), self.ms)
        self._commit(self.host)
        self._fed = self.to_panel(self.host.tick(self.ms))
        self.panel.feed(self._fed)

    def _note(self) -> None:
        """For the script: milliseconds that are alike become one line."""
        _, levels, fed = self._journal[-1]
        if len(self._journal) > 1 and not self._fed and levels == self.levels:
            self._journal[-1] = self.ms, levels, fed
        else:
            self._journal.append((self.ms, self.levels, self._fed))
        self._fed = b""

    def _commit(self, host: HostLink) -> None:
        while host.events and self.commit_ms is not None:
            if self._due is None or self._due[0] is not host.events[0]:
                self._due = host.events[0], self.ms + self.commit_ms
            event, at = self._due
            if at > self.ms:
                return
            self.outbox.append((event.boot, event.seq, event.kind, event.value))
            self.times.append(event.ms)
            host.confirm(event)
