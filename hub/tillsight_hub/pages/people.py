"""`/people`: who may log in and which programs hold a token; what is secret is shown once, when made."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from tillsight_models.problems import Problem

from ..access import (
    BadAccount,
    PageSession,
    add_user,
    create_token,
    disable_user,
    enable_user,
    list_tokens,
    list_users,
    revoke_token,
    set_password,
)
from ..access.accounts import USER_ROLES, set_role
from ..access.asking import whole_admin
from ..access.clock import now_ms
from ..access.forms import CheckedForm
from ..access.links import LIFE_MS, make_link
from ..access.passwords import new_password
from ..access.tokens import TOKEN_ROLES
from ..access.trail import last_logins
from ..calendar import utc
from ..chain.places import choices
from ..hierarchy import Hierarchy
from ..mail.addresses import is_address
from ..mail.errors import MailRefused
from ..mail.sender import deliver
from ..services import Services, ServicesDep
from .rendering import Pages, PagesDep
from .source import Source, SourceDep

router = APIRouter(include_in_schema=False)

LIVES = (30, 90, 365, 0)
"""Days that a token may live; 0 for ever."""


@dataclass(frozen=True)
class Shown:
    """What is on the page besides the lists."""

    problem: BadAccount | None = None
    secret: str = ""
    """Shown this once."""
    secret_of: str = ""
    about: str = ""
    """`user` or `token`: where the problem or the secret belongs."""
    kind: str = ""
    """`link` where the secret is one."""
    sent: str = ""
    """Address to which a link was mailed."""
    refused: str = ""
    """What the mail server said, which did not take it."""


@router.get("/people")
def people_page(
    request: Request, session: PageSession, services: ServicesDep, pages: PagesDep, source: SourceDep
) -> Response:
    """Users and tokens."""
    whole_admin(session.viewer)
    return _page(request, session, services, pages, source, Shown())


@router.post("/people/users")
def make_user(
    *,
    request: Request,
    session: PageSession,
    services: ServicesDep,
    pages: PagesDep,
    source: SourceDep,
    form: CheckedForm,
) -> Response:
    """Make an account; its person sets the password by a link that works once."""
    whole_admin(session.viewer)
    name, scope, actor = _text(form, "name"), _text(form, "scope") or None, session.viewer.name
    sending = Sending(request, services, pages, _text(form, "mail"))

    def make() -> Shown:
        sending.check()
        add_user(services.engine, name, new_password(), _text(form, "role"), scope, actor=actor)
        return sending.link(name, actor)

    return _page(request, session, services, pages, source, _tried(make, "user"))


@router.post("/people/users/change")
def change_user(
    *,
    request: Request,
    session: PageSession,
    services: ServicesDep,
    pages: PagesDep,
    source: SourceDep,
    form: CheckedForm,
) -> Response:
    """Lock, unlock, another role or part, or a new password."""
    whole_admin(session.viewer)
    name, do, actor = _text(form, "name"), _text(form, "do"), session.viewer.name
    password = new_password() if do == "password" else ""
    scope = _text(form, "scope") or None
    sending = Sending(request, services, pages, _text(form, "mail"))
    deeds: dict[str, Callable[[], Shown | None]] = {
        "lock": lambda: disable_user(services.engine, name, actor=actor),
        "unlock": lambda: enable_user(services.engine, name, actor=actor),
        "role": lambda: set_role(services.engine, name, _text(form, "role"), scope, actor=actor),
        "link": lambda: sending.checked_link(name, actor),
        "password": lambda: set_password(services.engine, name, password, actor=actor),
    }
    shown = _tried(deeds.get(do, _nothing), "user", Shown(secret=password, secret_of=name, about="user"))
    if shown.problem or shown.secret or shown.sent:
        return _page(request, session, services, pages, source, shown)
    return RedirectResponse("/people", 303)


@router.post("/people/tokens")
def make_token(
    *,
    request: Request,
    session: PageSession,
    services: ServicesDep,
    pages: PagesDep,
    source: SourceDep,
    form: CheckedForm,
) -> Response:
    """Make a token for a program or a device."""
    whole_admin(session.viewer)
    name, role = _text(form, "name"), _text(form, "role")
    scope = _text(form, "device" if role == "device" else "scope") or None
    days = float(_text(form, "days")) if _text(form, "days") in map(str, LIVES) else 0
    made: list[str] = []

    def make() -> None:
        actor = session.viewer.name
        made.append(create_token(services.engine, name, role, scope, days or None, actor=actor))

    shown = _tried(make, "token")
    if made:
        shown = Shown(secret=made[0], secret_of=name, about="token")
    return _page(request, session, services, pages, source, shown)


@router.post("/people/tokens/{number}/revoke")
def end_token(session: PageSession, services: ServicesDep, number: int, _: CheckedForm) -> Response:
    """End a token at once."""
    whole_admin(session.viewer)
    revoke_token(services.engine, number, actor=session.viewer.name)
    return RedirectResponse("/people#tokens", 303)


def _tried(deed: Callable[[], Shown | None], about: str, done: Shown | None = None) -> Shown:
    """What to show when it is done, or what was wrong."""
    try:
        return deed() or done or Shown(about=about)
    except BadAccount as bad:
        return Shown(problem=bad, about=about)


@dataclass(frozen=True)
class Sending:
    """How a one-time link comes to its person: by mail, where that is configured and an address was given,
    else by the admin, who sees it once."""

    request: Request
    services: Services
    pages: Pages
    address: str

    def check(self) -> None:
        """BadAccount for an address that is none, or where no mail is sent."""
        if self.address and self.services.config.mail.host is None:
            raise BadAccount(Problem("mail.host: is not set, so this hub sends no mail", "no_mail"))
        if self.address and not is_address(self.address):
            line = f"{self.address!r:.80}: expected a mail address such as mona@example.org"
            raise BadAccount(Problem(line, "mail_address", given=self.address[:80]))

    def checked_link(self, name: str, actor: str) -> Shown:
        """As `link`, for a user that is there already."""
        self.check()
        return self.link(name, actor)

    def link(self, name: str, actor: str) -> Shown:
        """Make it, and send it; what the mail server does not take is shown."""
        engine, config, t = self.services.engine, self.services.config, self.pages.t
        base = config.reports.address or str(self.request.base_url)
        where = f"{base.rstrip('/')}/password/{make_link(engine, name, actor=actor)}"
        hours = LIFE_MS // 3_600_000
        if not self.address:
            return Shown(secret=where, secret_of=name, about="user", kind="link")
        subject = t("people.link_subject")
        try:
            deliver(config.mail, self.address, subject, t("people.link_mail", name=name, link=where, n=hours))
        except MailRefused as error:
            return Shown(secret=where, secret_of=name, about="user", kind="link", refused=str(error))
        return Shown(sent=self.address, secret_of=name, about="user")


def _nothing() -> None:
    raise BadAccount(Problem("nothing was chosen", "nothing_chosen"))


def _page(  # noqa: PLR0917
    request: Request,
    session: PageSession,
    services: Services,
    pages: Pages,
    source: Source,
    shown: Shown,
) -> Response:
    with source.reading() as (connection, hierarchy):
        logins = last_logins(connection)
    return pages.page(
        request,
        "people.html",
        session,
        422 if shown.problem else 200,
        shown=shown,
        users=list_users(services.engine),
        tokens=list_tokens(services.engine),
        logins=logins,
        roles=USER_ROLES,
        token_roles=TOKEN_ROLES,
        lives=LIVES,
        parts=_parts(hierarchy),
        boxes=choices(hierarchy, "device"),
        now=now_ms(),
        utc=utc(),
        sends_mail=services.config.mail.host is not None,
        link_days=LIFE_MS // 86_400_000,
    )


def _parts(hierarchy: Hierarchy) -> list[tuple[str, list[tuple[str, str]]]]:
    """What a user may see instead of everything: kind, then ids and names."""
    return [(kind, choices(hierarchy, kind)) for kind in ("org", "region", "store")]


def _text(form: FormData, name: str) -> str:
    value: Any = form.get(name, "")
    return str(value).strip()[:200]
