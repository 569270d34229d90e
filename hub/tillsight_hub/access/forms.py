"""Forms and cookies against cross-site requests: same origin by the browser's word, and a token as proof."""

import secrets
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, HTTPException, Request, Response
from starlette.datastructures import FormData

from tillsight_models.problems import Problem

from ..services import Services
from .sessions import is_csrf_token

SESSION_COOKIE = "tillsight_session"
LOGIN_COOKIE = "tillsight_login"
"""Random and without meaning: what the login form's token is made from, since there is no session yet."""
CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf_token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def set_cookie(request: Request, response: Response, name: str, value: str, max_age_s: int) -> None:
    """A cookie that scripts and other sites do not get; HTTPS only where the page came by HTTPS, or where
    `web.secure_cookies` says that it did."""
    services: Services = request.app.state.services
    response.set_cookie(
        name,
        value,
        max_age=max_age_s,
        httponly=True,
        samesite="lax",
        secure=services.config.web.secure_cookies or request.url.scheme == "https",
        path="/",
    )


def form_cookie(request: Request) -> str | None:
    """What the tokens of this browser's forms are made from."""
    return request.cookies.get(SESSION_COOKIE) or request.cookies.get(LOGIN_COOKIE)


def new_login_cookie() -> str:
    """For a browser that has neither."""
    return secrets.token_urlsafe(32)


def same_origin(request: Request) -> bool:
    """Whether the browser says that one of our own pages sent this, or says nothing about it."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def token_matches(cookie: str | None, sent: object) -> bool:
    """Whether the form's token was made from this cookie."""
    return bool(cookie) and isinstance(sent, str) and is_csrf_token(cookie or "", sent)


def check_csrf(request: Request, sent: object) -> None:
    """403 for a request that changes something and did not come from a page of this login."""
    if not same_origin(request):
        raise HTTPException(403, Problem("this request came from another site", "other_site"))
    if not token_matches(form_cookie(request), sent):
        line = "this form is too old: open the page again and repeat it"
        raise HTTPException(403, Problem(line, "old_form"))


async def checked_form(request: Request) -> FormData:
    """The fields of a form that was sent from our own page."""
    form = await request.form(max_files=0, max_fields=20)
    check_csrf(request, form.get(CSRF_FIELD))
    return form


CheckedForm = Annotated[FormData, Depends(checked_form)]


async def checked_long_form(request: Request) -> FormData:
    """As `checked_form`, for the few forms that have a field for each text in each language."""
    form = await request.form(max_files=0, max_fields=600)
    check_csrf(request, form.get(CSRF_FIELD))
    return form


LongForm = Annotated[FormData, Depends(checked_long_form)]
