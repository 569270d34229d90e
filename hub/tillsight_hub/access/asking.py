"""FastAPI dependencies that say who is asking, for the API (401, 403) and for pages (to the login)."""

from collections.abc import Callable
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, HTTPException, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

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
    """A dependency for `Depends`: the viewer if they have one of these roles, else 403."""

    def viewer_with_role(viewer: Annotated[Viewer, Depends(any_viewer)]) -> Viewer:
        if viewer.role not in roles:
            raise HTTPException(403, f"your role is {viewer.role}; this needs {' or '.join(roles)}")
        return viewer

    return viewer_with_role


CurrentViewer = Annotated[Viewer, Depends(require_role(*READERS))]
"""A person or program that may read; a device's token may not."""


def whole_admin(viewer: Annotated[Viewer, Depends(require_role("admin"))]) -> Viewer:
    """403 for an admin of a part: who makes accounts could make one that sees everything."""
    if viewer.scope is not None:
        raise HTTPException(403, f"you are admin of {viewer.scope} only; this needs an admin of everything")
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


def _unknown(detail: str) -> HTTPException:
    return HTTPException(401, detail, headers={"WWW-Authenticate": "Bearer"})
