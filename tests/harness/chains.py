"""A hub and several tills on machines of their own, with a switch between them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .bundles import Bundle
from .machines import Root, booted, joined
from .playbooks import Fleet, Played
from .shops import TILLS, Box, shop_variables, till_variables

NETWORK = "10.77.0"
HUB = f"{NETWORK}.1"
KIOSK = {"tillsight_kiosk": True, "tillsight_kiosk_install": False, "tillsight_kiosk_start": False}


class Chain:
    """The machines and the playbooks for them."""

    def __init__(self, hub: Box, tills: Mapping[str, Box], bundle: Bundle, folder: Path) -> None:
        self.hub, self.tills = hub, tills
        self.folder = folder
        variables = {**shop_variables(bundle, folder), **KIOSK, "tillsight_hub_host": HUB}
        machines = {"hub": hub.machine, **{name: till.machine for name, till in tills.items()}}
        own = {name: till_variables(name) for name in tills}
        self._fleet = Fleet(folder / "fleet", machines, variables, own, knows_them=True)

    def play(self, playbook: str, *words: str, tills: Sequence[str] = (), **more: object) -> Played:
        """With these tills in the inventory, all where none is named."""
        return self._fleet.play(playbook, *words, hubs="hub", tills=" ".join(tills or self.tills), **more)

    def releases(self) -> dict[str, str]:
        """What runs on which till."""
        return {name: till.release() for name, till in self.tills.items()}

    def started(self, till: str) -> str:
        """When the agent was started last, as the machine's clock has it."""
        words = ("systemctl", "show", "-P", "ActiveEnterTimestampMonotonic", "tillsight-edge.service")
        return self.tills[till].machine.run(*words).strip()


@contextmanager
def chain(root: Root, bundle: Bundle, folder: Path) -> Iterator[Chain]:
    """Booted and joined, with nothing played yet."""
    with ExitStack() as running:
        hub, *tills = (Box(running.enter_context(booted(name, root))) for name in ("hub", *TILLS))
        machines = [box.machine for box in (hub, *tills)]
        running.enter_context(joined(*machines, network=NETWORK))
        yield Chain(hub, dict(zip(TILLS, tills, strict=True)), bundle, folder)
