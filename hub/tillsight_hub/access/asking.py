"""FastAPI dependencies that say who is asking, for the API (401, 403) and for pages (to the login)."""

from collections.abc import Callable, Iterable
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, HTTPException, Request, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from tillsight_models.problems import Problem

from ..services import ServicesDep
from ..viewer import READERS, Role, Viewer
from .forms import CSRF_HEADER, SAFE_METHODS, SESSION_COOKIE, check_csrf
from .sessions import OpenSession, find_session
from .throttle import Throttle
from .tokens import find_token

_bearer = HTTPBearer(auto_error=False, description="An API token: `tillsight-hub token add`")
_cookie = APIKeyCookie(name=SESSION_COOKIE, auto_error=False, description="The login of a browser")


def any_viewer(
    request: Request,
    services: ServicesDep,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    cookie: Annotated[str | None, Depends(_cookie)],
) -> Viewer:
    """Whoever is known, devices included; 401 for everybody else."""
    if bearer is not None:
        viewer = find_token(services.engine, bearer.credentials)
        if viewer is None:
            raise _unknown("this token is unknown, revoked or over")
        return viewer
    session = find_session(services.engine, cookie) if cookie else None
    if session is None:
        raise _unknown("log in, or send an API token as `Authorization: Bearer ...`")
    if request.method not in SAFE_METHODS:
        check_csrf(request, request.headers.get(CSRF_HEADER))
    return session.viewer


def require_role(*roles: Role) -> Callable[[Viewer], Viewer]:
    """A dependency for `Depends`: the viewer if they have one of these roles, else 403. OpenAPI says so."""

    def viewer_with_role(viewer: Annotated[Viewer, Security(any_viewer, scopes=roles)]) -> Viewer:
        if viewer.role not in roles:
            raise wrong_role(viewer, roles)
        return viewer

    return viewer_with_role


CurrentViewer = Annotated[Viewer, Depends(require_role(*READERS))]
"""A person or program that may read; a device's token may not."""


def whole_admin(viewer: Annotated[Viewer, Depends(require_role("admin"))]) -> Viewer:
    """403 for an admin of a part: who makes accounts could make one that sees everything."""
    if viewer.scope is not None:
        line = f"you are admin of {viewer.scope} only; this needs an admin of everything"
        raise HTTPException(403, Problem(line, "admin_of_part", scope=viewer.scope))
    return viewer


CurrentAdmin = Annotated[Viewer, Depends(whole_admin)]
CurrentDevice = Annotated[Viewer, Depends(require_role("device"))]


def page_session(request: Request, services: ServicesDep) -> OpenSession:
    """The browser's session; without one the answer is the way to the login page and back."""
    cookie = request.cookies.get(SESSION_COOKIE)
    session = find_session(services.engine, cookie) if cookie else None
    if session is None:
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        back = f"?next={quote(target)}" if request.method in SAFE_METHODS and target != "/" else ""
        raise HTTPException(303, "log in first", headers={"Location": f"/login{back}"})
    return session


PageSession = Annotated[OpenSession, Depends(page_session)]


def login_throttle(request: Request) -> Throttle:
    """This app's memory of wrong logins."""
    throttle: Throttle = request.app.state.throttle
    return throttle


LoginThrottle = Annotated[Throttle, Depends(login_throttle)]


def wrong_role(viewer: Viewer, roles: Iterable[str]) -> HTTPException:
    """403 that says whose word is needed."""
    needed = " or ".join(roles)
    line = f"your role is {viewer.role}; this needs {needed}"
    return HTTPException(403, Problem(line, "wrong_role", role=viewer.role, needed=needed))


def _unknown(detail: str) -> HTTPException:
    return HTTPException(401, detail, headers={"WWW-Authenticate": "Bearer"})
