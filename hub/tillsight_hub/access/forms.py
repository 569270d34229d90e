"""Forms and cookies against cross-site requests: same origin by the browser's word, and a token as proof."""

import hmac
import secrets
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, HTTPException, Request, Response
from starlette.datastructures import FormData

from ..services import Services
from .sessions import csrf_token

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


def login_cookie(request: Request) -> str:
    """This browser's login cookie, or a new one to set."""
    return request.cookies.get(LOGIN_COOKIE) or secrets.token_urlsafe(32)


def check_same_origin(request: Request) -> None:
    """403 where the browser says that another site sent this."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        raise HTTPException(403, "this request came from another site")
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403, "this request came from another site")


def check_csrf_token(cookie: str | None, sent: object) -> None:
    """403 where the token does not belong to the cookie."""
    if not cookie or not isinstance(sent, str) or not hmac.compare_digest(csrf_token(cookie), sent):
        raise HTTPException(403, "this form is too old: open the page again and repeat it")


async def checked_form(request: Request) -> FormData:
    """The fields of a form that was sent from our own page."""
    check_same_origin(request)
    form = await request.form(max_files=0, max_fields=20)
    cookie = request.cookies.get(SESSION_COOKIE) or request.cookies.get(LOGIN_COOKIE)
    check_csrf_token(cookie, form.get(CSRF_FIELD))
    return form


CheckedForm = Annotated[FormData, Depends(checked_form)]
