"""`/wall`: the live board for a screen on the wall or a phone: one tile per touchpoint, or per store."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Header, HTTPException, Query, Request
from starlette.responses import Response

from ..access import CurrentViewer, PageSession
from ..access.clock import now_ms
from ..alerts.settings import AlertSettings
from ..hierarchy import Hierarchy, Touchpoint
from ..live.live import Parts
from ..services import ServicesDep
from .board import MEASURES, Measure, still_there
from .figures import axis_end
from .rendering import Pages, PagesDep
from .source import Source, SourceDep
from .tiles import By, Known, Sight, Tile, read_sights, tiles_of

router = APIRouter(include_in_schema=False)

SIZES = ((1, "one"), (4, "four"), (6, "six"), (12, "some"))
"""Up to so many tiles, how large they are; more are small."""
ROTATIONS = (0, 10, 20, 60)
"""Seconds per page that the form offers; 0 shows all tiles on one page."""
LONGEST_ROTATION_S = 3600


@dataclass(frozen=True)
class Board:
    """Which board somebody wants to see."""

    place: str | None = None
    """None: all that they may see."""
    by: By = "touchpoint"
    measure: Measure = "dissatisfied"

    def within(self, hierarchy: Hierarchy, scope: str | None) -> list[Touchpoint]:
        """Its touchpoints; 404 where the place does not lie wholly within the scope."""
        allowed = hierarchy.within(scope)
        if self.place is None:
            return still_there(allowed, now_ms())
        asked = hierarchy.within(self.place)
        if not asked or not {each.id for each in asked} <= {each.id for each in allowed}:
            raise HTTPException(404, f"place {self.place!r}: you see no place of this id")
        return still_there(asked, now_ms())


@router.get("/wall")
def wall(
    *,
    request: Request,
    session: PageSession,
    services: ServicesDep,
    pages: PagesDep,
    source: SourceDep,
    place: Annotated[str, Query(max_length=40)] = "",
    by: By = "touchpoint",
    measure: Measure = "dissatisfied",
    rotate: Annotated[int, Query(ge=0, le=LONGEST_ROTATION_S)] = 0,
) -> Response:
    """The page."""
    board, scope = Board(place or None, by, measure), session.viewer.scope
    settings = services.config.alerts
    with source.reading() as (connection, hierarchy):
        places = board.within(hierarchy, scope)
        sights = read_sights(
            connection,
            hierarchy,
            places,
            metrics=source.metrics,
            settings=settings,
            known=Known(),
            now=now_ms(),
        )
    tiles = tiles_of(sights, board.by, source.metrics)
    return pages.page(
        request,
        "wall.html",
        session,
        structure=str(hierarchy.version),
        board=board,
        measure=measure,
        tiles=tiles,
        size=next((name for most, name in SIZES if len(tiles) <= most), "many"),
        rotate=rotate,
        rotations=sorted({*ROTATIONS, rotate}),
        measures=MEASURES,
        choices=place_choices(hierarchy, scope),
        metric=source.metrics[MEASURES[measure]],
        **strip_values(sights),
        axis_end=axis_of(tiles, measure),
    )


@router.get("/live/wall")
def wall_stream(
    *,
    services: ServicesDep,
    viewer: CurrentViewer,
    pages: PagesDep,
    source: SourceDep,
    place: Annotated[str, Query(max_length=40)] = "",
    by: By = "touchpoint",
    measure: Measure = "dissatisfied",
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """The changes of the page as server-sent events."""
    board = Board(place or None, by, measure)
    with source.reading() as (_, hierarchy):
        board.within(hierarchy, viewer.scope)
    view = WallView(pages, source, services.config.alerts, viewer.scope, board)
    return services.live.respond(view, last_event_id)


class WallView:
    """A board in parts: one per tile, and what is to be said of them all."""

    def __init__(
        self, pages: Pages, source: Source, settings: AlertSettings, scope: str | None, board: Board
    ) -> None:
        # Whoever may see the place sees the same of it.
        seen = board.place or scope or "*"
        self.key = f"wall {seen} {board.by} {board.measure} {pages.language}"
        self._pages = pages
        self._source = source
        self._settings = settings
        self._scope = board.place or scope
        self._board = board
        self._known = Known()
        self._sights: dict[str, Sight] = {}
        self._axis_end = 1.0
        self._drawn: dict[str, tuple[Tile, float, bytes]] = {}
        """Per tile what it was drawn from, and the part."""

    def concerns(self, touchpoints: frozenset[str]) -> bool:
        return not touchpoints.isdisjoint(self._sights)

    def read(self, changed: frozenset[str] | None) -> Parts:
        with self._source.reading() as (connection, hierarchy):
            places = hierarchy.within(self._scope)
            if changed is not None:
                places = [place for place in places if place.id in changed]
            sights = read_sights(
                connection,
                hierarchy,
                places,
                metrics=self._source.metrics,
                settings=self._settings,
                known=self._known,
                now=now_ms(),
            )
        found = {sight.row.touchpoint.id: sight for sight in sights}
        self._sights = found if changed is None else self._sights | found
        tiles = self._tiles(found)
        if changed is None:
            self._axis_end = axis_of(tiles, self._board.measure)
            kept = {tile.key for tile in tiles}
            self._drawn = {key: drawn for key, drawn in self._drawn.items() if key in kept}
        parts = {tile.key: self._tile(tile) for tile in tiles}
        parts["strip"] = _part(
            self._pages.html("wall/strip.html", **strip_values(list(self._sights.values())))
        )
        if changed is None:
            parts["structure"] = msgspec.json.encode(str(hierarchy.version))
        return parts

    def _tiles(self, fresh: dict[str, Sight]) -> list[Tile]:
        """Those that a touchpoint of `fresh` is in, made of all that is known."""
        stores = {sight.row.touchpoint.store_id for sight in fresh.values()}
        if self._board.by == "touchpoint":
            sights = list(fresh.values())
        else:
            sights = [s for s in self._sights.values() if s.row.touchpoint.store_id in stores]
        return tiles_of(sights, self._board.by, self._source.metrics)

    def _tile(self, tile: Tile) -> bytes:
        """Most tiles are what they were at the last refresh: only the others are drawn again."""
        drawn = self._drawn.get(tile.key)
        if drawn is None or drawn[:2] != (tile, self._axis_end):
            html = self._pages.html(
                "wall/tile.html", tile=tile, measure=self._board.measure, axis_end=self._axis_end
            )
            part = _part(html, presses=tile.counts.presses, last_press=tile.last_press)
            drawn = self._drawn[tile.key] = (tile, self._axis_end, part)
        return drawn[2]


def strip_values(sights: Sequence[Sight]) -> dict[str, Any]:
    """What is said of all tiles together."""
    links = [sight.row.devices.link for sight in sights]
    return {
        "alarming": sum(bool(sight.alerts) for sight in sights),
        "troubled": sum(link in ("lost", "disconnected") for link in links),
        "served": sum(sight.row.counts.contacts or 0 for sight in sights),
        "answers": sum(sight.row.counts.accepted for sight in sights),
        "places": len(sights),
    }


def axis_of(tiles: Sequence[Tile], measure: Measure) -> float:
    """The end of the axis that all tiles share: of the scores per person served."""
    scores = (tile.score(measure) for tile in tiles if tile.is_counting)
    return axis_end([score for score in scores if score is not None])


def place_choices(hierarchy: Hierarchy, scope: str | None) -> list[tuple[str, str]]:
    """Ids and names of orgs, regions and stores that lie wholly within the scope."""
    seen = {place.id for place in hierarchy.within(scope)}
    groups = (hierarchy.orgs, hierarchy.regions, hierarchy.stores)
    named = [(id, place.name) for places in groups for id, place in places.items()]
    return [
        (id, name)
        for id, name in named
        if (held := {place.id for place in hierarchy.within(id)}) and held <= seen
    ]


def _part(html: str, **values: object) -> bytes:
    return msgspec.json.encode({"html": html, **values})
