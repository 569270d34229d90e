"""`/audit`: who did what, the newest first."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from ..access import PageSession
from ..access.asking import whole_admin
from ..access.trail import AT_ONCE, Wanted, actors_and_actions, read_trail
from ..calendar import utc
from .rendering import PagesDep
from .source import SourceDep

router = APIRouter(include_in_schema=False)

Word = Annotated[str, Query(max_length=80)]


@router.get("/audit")
def audit_page(
    *,
    request: Request,
    session: PageSession,
    pages: PagesDep,
    source: SourceDep,
    actor: Word = "",
    action: Word = "",
    find: Word = "",
    before: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """A page of the trail, narrowed as one likes."""
    whole_admin(session.viewer)
    wanted = Wanted(actor, action, find.strip(), before)
    with source.reading() as (connection, _):
        deeds = read_trail(connection, wanted, AT_ONCE + 1)
        actors, actions = actors_and_actions(connection)
    older = request.url.include_query_params(before=deeds[AT_ONCE - 1].id) if len(deeds) > AT_ONCE else None
    return pages.page(
        request,
        "audit.html",
        session,
        wanted=wanted,
        deeds=deeds[:AT_ONCE],
        actors=actors,
        actions=actions,
        older=str(older.replace(scheme="", netloc="")) if older else "",
        utc=utc(),
    )
