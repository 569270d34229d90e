"""Errors as pages for people in a browser; programs get JSON."""

import json
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response

from ..api.reading import request_problems
from .rendering import Pages, pages_of

TITLES = {403: "error.forbidden", 404: "error.not_found", 503: "error.busy"}
DETAILS = {404: "error.not_found_detail", 503: "error.busy_detail"}
"""Of these the title says all but what to do."""

Handler = Callable[[Request, Any], Response | Awaitable[Response]]


def add_error_pages(app: FastAPI) -> None:
    """Let people read what the app's handlers tell programs; call it when all handlers are there."""
    for error, handler in list(app.exception_handlers.items()):
        app.add_exception_handler(error, _readable(handler))


def _readable(handler: Handler) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, error: Exception) -> Response:
        response = handler(request, error)
        if isawaitable(response):
            response = await response
        if response.status_code < 400 or not _wants_page(request):
            return response
        return _page(request, response, error)

    return answer


def _page(request: Request, response: Response, error: Exception) -> Response:
    pages = pages_of(request)
    t = pages.t
    words = DETAILS.get(response.status_code)
    detail = t(words) if words else _told(pages, response, error)
    title = t(TITLES.get(response.status_code, "error.other"))
    page = pages.page(request, "error.html", status_code=response.status_code, title=title, detail=detail)
    if "retry-after" in response.headers:
        page.headers["Retry-After"] = response.headers["retry-after"]
    return page


def _told(pages: Pages, response: Response, error: Exception) -> str:
    """What the program was told, in the page's language."""
    if isinstance(error, RequestValidationError):
        return pages.tell_all(request_problems(error))
    told = getattr(error, "detail", None) or next(iter(error.args), None)
    if isinstance(told, str):
        return pages.tell(told)
    return str(json.loads(bytes(response.body) or b"{}").get("detail", ""))


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")
