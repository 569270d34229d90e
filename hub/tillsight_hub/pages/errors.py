"""Errors as pages for browsers; programs get JSON."""

from fastapi import FastAPI, Request
from fastapi.exception_handlers import http_exception_handler
from starlette.exceptions import HTTPException
from starlette.responses import Response

from .rendering import pages_of
from .texts import texts

TITLES = {403: "error.forbidden", 404: "error.not_found"}


def add_error_pages(app: FastAPI) -> None:
    """Let people read what programs get as JSON."""
    app.add_exception_handler(HTTPException, _answer)


async def _answer(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code < 400 or not _wants_page(request):
        return await http_exception_handler(request, error)
    t = texts()
    detail = t("error.not_found_detail") if error.status_code == 404 else str(error.detail)
    return pages_of(request).page(
        request,
        "error.html",
        status_code=error.status_code,
        title=t(TITLES.get(error.status_code, "error.other")),
        detail=detail,
    )


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")
