"""`/docs` and `/openapi.json`: the API's documentation, from this machine and for those who may log in."""

from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from ..access import CurrentViewer, PageSession
from .rendering import PagesDep

router = APIRouter(include_in_schema=False)

OPENAPI_URL = "/openapi.json"
VIEWER_FILES_URL = "/static/api-viewer"


def viewer_files() -> Path:
    """The folder of Swagger UI 5, which reads OpenAPI 3.1; nothing else of the package is used."""
    return Path(str(files("fastapi_offline"))) / "static"


@router.get("/docs")
def docs(request: Request, session: PageSession, pages: PagesDep) -> Response:
    """The viewer."""
    return pages.page(request, "docs.html", session, openapi_url=OPENAPI_URL, viewer_files=VIEWER_FILES_URL)


@router.get(OPENAPI_URL)
def openapi(request: Request, _: CurrentViewer) -> dict[str, object]:
    """The OpenAPI document."""
    document: dict[str, object] = request.app.openapi()
    return document
