"""A desk: what a page on which something is kept needs to know of who sits at it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from sqlalchemy import Connection
from starlette.responses import Response

from ..access import PageSession
from ..access.sessions import OpenSession
from ..database import writing
from ..hierarchy import Hierarchy, read_hierarchy
from ..services import Services, ServicesDep
from ..shown.looks import Look
from ..shown.places import has_whole, orgs_of
from ..shown.surveys import Kept, find_survey
from ..viewer import Viewer
from .rendering import Pages, PagesDep
from .source import Source, SourceDep

KEEPERS = ("admin", "manager", "analyst")
"""Who may change what shoppers are asked and shown."""


@dataclass(frozen=True)
class Desk:
    """One request of one person."""

    request: Request
    session: OpenSession
    services: Services
    pages: Pages
    source: Source

    @property
    def viewer(self) -> Viewer:
        return self.session.viewer

    @property
    def keeps(self) -> bool:
        """Whether the role may change anything here."""
        return self.viewer.role in KEEPERS

    def must_keep(self) -> None:
        """403 for the others."""
        if not self.keeps:
            raise HTTPException(
                403, self.pages.t("surveys.only_keepers", role=self.pages.t(f"roles.{self.viewer.role}"))
            )

    def must_have(self, hierarchy: Hierarchy, place: str) -> None:
        """404 where the place does not lie wholly within what they may see."""
        if not has_whole(hierarchy, self.viewer, place):
            raise HTTPException(404, f"place {place!r}: you see no such place")

    def survey(self, connection: Connection, hierarchy: Hierarchy, id: str) -> Kept:
        """404 where there is none of this id in an org that they see something of."""
        try:
            kept = find_survey(connection, id)
        except LookupError as error:
            raise HTTPException(404, str(error)) from error
        if kept.newest.org_id not in orgs_of(hierarchy, self.viewer):
            raise HTTPException(404, f"survey {id!r}: there is none")
        return kept

    def elsewhere(self, hierarchy: Hierarchy, looks: Mapping[str, Look], survey: str) -> list[str]:
        """Places that show the survey and are not theirs: then it is not theirs to change."""
        return [
            place
            for place, look in looks.items()
            if look.survey_id == survey and not has_whole(hierarchy, self.viewer, place)
        ]

    @contextmanager
    def reading(self) -> Iterator[tuple[Connection, Hierarchy]]:
        with self.source.reading() as found:
            yield found

    @contextmanager
    def writing(self) -> Iterator[tuple[Connection, Hierarchy]]:
        with writing(self.services.engine) as connection:
            yield connection, read_hierarchy(connection)

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """A whole page."""
        return self.pages.page(self.request, template, self.session, status, keeps=self.keeps, **values)


def desk_of(
    request: Request, session: PageSession, services: ServicesDep, pages: PagesDep, source: SourceDep
) -> Desk:
    """The desk of this request."""
    return Desk(request, session, services, pages, source)


DeskDep = Annotated[Desk, Depends(desk_of)]
