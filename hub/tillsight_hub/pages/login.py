"""`/login`, `/logout` and `/account`: the way in, the way out, and one's own password."""

from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from tillsight_models.problems import Problem

from ..access import BadAccount, LoginRefused, PageSession, TooManyAttempts
from ..access.asking import LoginThrottle
from ..access.errors import LinkOver
from ..access.forms import (
    CSRF_FIELD,
    LOGIN_COOKIE,
    SESSION_COOKIE,
    CheckedForm,
    form_cookie,
    new_login_cookie,
    same_origin,
    set_cookie,
    token_matches,
)
from ..access.links import find_link, use_link
from ..access.sessions import (
    ABSOLUTE_MS,
    change_password,
    csrf_token,
    find_session,
    log_in,
    log_out,
)
from ..services import ServicesDep
from .rendering import PagesDep

router = APIRouter(include_in_schema=False)

LOGIN_FORM_LIFE_S = 86_400


@router.get("/login")
def login_page(request: Request, services: ServicesDep, pages: PagesDep, next: str = "/") -> Response:
    """The form; somebody who is logged in goes straight on."""
    cookie = request.cookies.get(SESSION_COOKIE)
    if cookie and find_session(services.engine, cookie):
        return RedirectResponse(local_path(next), 303)
    notice = pages.t("login.logged_out") if "logged_out" in request.query_params else ""
    notice = pages.t("login.password_set") if "password_set" in request.query_params else notice
    return _login_form(request, pages, next=next, notice=notice)


@router.post("/login")
async def enter(
    request: Request, services: ServicesDep, pages: PagesDep, throttle: LoginThrottle
) -> Response:
    """Open a session and go where the person wanted to; else the form again with the reason."""
    form = await request.form(max_files=0, max_fields=20)
    name, password, next = (str(form.get(field, "")) for field in ("name", "password", "next"))
    again: dict[str, Any] = {"name": name[:80], "next": next}
    if not same_origin(request) or not token_matches(form_cookie(request), form.get(CSRF_FIELD)):
        return _login_form(request, pages, 403, problem=pages.t("login.old_form"), **again)
    address = request.client.host if request.client else "unknown"
    try:
        session = await run_in_threadpool(log_in, services.engine, throttle, name, password, address)
    except TooManyAttempts as refused:
        problem = pages.t("login.too_many", seconds=refused.wait_s)
        answer = _login_form(request, pages, 429, problem=problem, **again)
        answer.headers["Retry-After"] = str(refused.wait_s)
        return answer
    except LoginRefused:
        return _login_form(request, pages, 401, problem=pages.t("login.wrong"), **again)
    answer = RedirectResponse(local_path(next), 303)
    set_cookie(request, answer, SESSION_COOKIE, session.token, ABSOLUTE_MS // 1000)
    answer.delete_cookie(LOGIN_COOKIE)
    return answer


@router.get("/password/{token}")
def new_password_page(request: Request, services: ServicesDep, pages: PagesDep, token: str) -> Response:
    """Whose password the link sets, and the form for it; asking uses nothing up."""
    try:
        return _password_form(request, pages, find_link(services.engine, token))
    except LinkOver:
        return pages.page(request, "password.html", status_code=404, name="", problem="", csrf_token="")


@router.post("/password/{token}")
async def set_first_password(
    request: Request, services: ServicesDep, pages: PagesDep, token: str
) -> Response:
    """Set it, once."""
    form = await request.form(max_files=0, max_fields=20)
    new, again = (str(form.get(field, "")) for field in ("new", "again"))
    try:
        name = find_link(services.engine, token)
        if not same_origin(request) or not token_matches(form_cookie(request), form.get(CSRF_FIELD)):
            return _password_form(request, pages, name, pages.t("login.old_form"), 403)
        check_repeated(new, again)
        await run_in_threadpool(use_link, services.engine, token, new)
    except BadAccount as bad:
        return _password_form(request, pages, name, pages.tell(bad), 422)
    except LinkOver:
        return pages.page(request, "password.html", status_code=404, name="", problem="", csrf_token="")
    return RedirectResponse("/login?password_set=1", 303)


@router.post("/logout")
def leave(session: PageSession, services: ServicesDep, _: CheckedForm) -> Response:
    """End this session."""
    log_out(services.engine, session)
    answer = RedirectResponse("/login?logged_out=1", 303)
    answer.delete_cookie(SESSION_COOKIE)
    return answer


@router.get("/account")
def account_page(request: Request, session: PageSession, pages: PagesDep) -> Response:
    """Who one is, and a new password."""
    return pages.page(request, "account.html", session, problem="", notice="")


@router.post("/account")
def change_own_password(
    *,
    request: Request,
    session: PageSession,
    services: ServicesDep,
    pages: PagesDep,
    throttle: LoginThrottle,
    form: CheckedForm,
) -> Response:
    """A new password for whoever knows the present one."""
    current, new, again = (str(form.get(field, "")) for field in ("current", "new", "again"))
    address = request.client.host if request.client else "unknown"
    problem, status = "", 200
    try:
        check_repeated(new, again)
        change_password(services.engine, throttle, session, current=current, new=new, address=address)
    except LoginRefused:
        problem, status = pages.t("account.wrong"), 401
    except TooManyAttempts as refused:
        problem, status = pages.t("login.too_many", seconds=refused.wait_s), 429
    except BadAccount as bad:
        problem, status = pages.tell(bad), 422
    notice = "" if problem else pages.t("account.changed")
    return pages.page(request, "account.html", session, status, problem=problem, notice=notice)


def check_repeated(new: str, again: str) -> None:
    """BadAccount where the new password was not typed twice alike."""
    if new != again:
        raise BadAccount(Problem("the two passwords differ", "passwords_differ"))


def local_path(target: str) -> str:
    """The path to go on to after the login; anything that could lead to another site becomes the overview."""
    parts = urlsplit(target)
    printable = target.isprintable() and "\\" not in target
    if parts.scheme or parts.netloc or not printable or not target.startswith("/") or target.startswith("//"):
        return "/"
    return target


def _password_form(
    request: Request, pages: PagesDep, name: str, problem: str = "", status_code: int = 200
) -> Response:
    known = form_cookie(request)
    cookie = known or new_login_cookie()
    answer = pages.page(
        request,
        "password.html",
        status_code=status_code,
        name=name,
        problem=problem,
        csrf_token=csrf_token(cookie),
    )
    if known is None:
        set_cookie(request, answer, LOGIN_COOKIE, cookie, LOGIN_FORM_LIFE_S)
    return answer


def _login_form(
    request: Request,
    pages: PagesDep,
    status_code: int = 200,
    *,
    name: str = "",
    next: str = "/",
    problem: str = "",
    notice: str = "",
) -> Response:
    known = form_cookie(request)
    cookie = known or new_login_cookie()
    answer = pages.page(
        request,
        "login.html",
        status_code=status_code,
        name=name,
        next=local_path(next),
        problem=problem,
        notice=notice,
        csrf_token=csrf_token(cookie),
    )
    if known is None:
        set_cookie(request, answer, LOGIN_COOKIE, cookie, LOGIN_FORM_LIFE_S)
    return answer
