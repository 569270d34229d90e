"""Which pages there are, in the order of the navigation, and who gets to see the way to them."""

from dataclasses import dataclass

from ..viewer import Viewer

EVERYONE = ("admin", "ops", "manager", "analyst")


@dataclass(frozen=True)
class Entry:
    """A link of the navigation; its name is the text `<key>.title`."""

    path: str
    key: str
    roles: tuple[str, ...] = EVERYONE

    def is_for(self, viewer: Viewer) -> bool:
        return viewer.role in self.roles

    def is_at(self, path: str) -> bool:
        """Whether the page of this path belongs to the entry."""
        return path == self.path or (self.path != "/" and path.startswith(f"{self.path}/"))


NAVIGATION: dict[str, tuple[Entry, ...]] = {
    "today": (
        Entry("/", "overview"),
        Entry("/wall", "wall"),
        Entry("/alerts", "alerts"),
    ),
    "understand": (Entry("/compare", "compare"), Entry("/sales", "sales"), Entry("/explore", "explore")),
    "listen": (
        Entry("/cases", "cases"),
        Entry("/actions", "actions"),
        Entry("/surveys", "surveys"),
        Entry("/cards", "cards"),
        Entry("/screens", "screens"),
    ),
    "keep": (
        Entry("/devices", "devices", ("admin", "ops", "manager")),
        Entry("/data", "data"),
        Entry("/reports", "reports"),
        Entry("/compliance", "compliance", ("admin", "ops", "manager")),
        Entry("/chain", "chain", ("admin", "ops")),
        Entry("/people", "people", ("admin",)),
        Entry("/audit", "audit", ("admin",)),
    ),
    "more": (Entry("/docs", "docs"),),
}
"""By group: what everybody uses every day stands in the bar, the others behind a menu, by what one wants."""
