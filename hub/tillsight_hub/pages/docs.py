"""`/docs` and `/openapi.json`: the API's reference, from this machine and for those who may log in."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from ..access import CurrentViewer, PageSession
from .reference import reference_of
from .rendering import PagesDep

router = APIRouter(include_in_schema=False)

OPENAPI_URL = "/openapi.json"


@router.get("/docs")
def docs(request: Request, session: PageSession, pages: PagesDep) -> Response:
    """The page: every route, and every shape of what is sent and answered."""
    reference = reference_of(request.app.openapi())
    return pages.page(
        request,
        "docs.html",
        session,
        openapi_url=OPENAPI_URL,
        reference=reference,
        at=str(request.base_url).rstrip("/"),
        names={tag: pages.t.of(f"docs.group_{tag}", tag) for tag in reference.groups},
    )


@router.get(OPENAPI_URL)
def openapi(request: Request, _: CurrentViewer) -> dict[str, object]:
    """The OpenAPI document."""
    document: dict[str, object] = request.app.openapi()
    return document
