"""`/go/...`: what a shopper's phone shows after a look at the QR picture. No login, no cookie, no script."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, HTTPException, Request
from sqlalchemy import select
from starlette.datastructures import FormData, UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tillsight_models.surveys import LONGEST_TEXT, Question, Survey, options_for

from ..access.clock import now_ms
from ..access.forms import same_origin
from ..cases.opening import open_for_request
from ..hierarchy import Hierarchy, Touchpoint
from ..services import Services, ServicesDep
from ..tables import contact_request
from ..visits.brake import WRONG_COSTS, Brake
from ..visits.content import Content, Given, Visit, after, before, question_at
from ..visits.erasing import erase
from ..visits.filled_in import NotAnswered, answer_of, clean, shown, typed
from ..visits.going_on import Doors, Wish, answer, end, request_number, takes_more
from ..visits.keys import erase_token, request_of
from ..visits.texts import SPOKEN, PhoneTexts, phone_texts, spoken_to
from .figures import figures_of
from .rendering import pages_of
from .source import SourceDep

router = APIRouter(include_in_schema=False)

CONTACT = "_contact"
"""Where the phone is when all was asked; no question can have this id."""
LONGEST_NAME = 80
LONGEST_ADDRESS = 120
LONGEST_MESSAGE = 1000
MOST_BYTES = 32_000
MOST_FIELDS = 60

_mail = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_telephone = re.compile(r"[+0-9][0-9 ()/.-]*")
LEAST_DIGITS = 6


@dataclass(frozen=True)
class Phone:
    """Whose page it is: where they were, and what they read."""

    request: Request
    services: Services
    place: Touchpoint
    org: str
    say: PhoneTexts
    code: str
    visit: Visit

    @property
    def content(self) -> Content:
        assert self.visit.content is not None
        return self.visit.content

    @property
    def asks_contact(self) -> bool:
        return self.services.config.cases.ask_contact

    def path(self, at: str | None = None) -> str:
        """The page of a question in this language."""
        place = {"at": at} if at else {}
        return f"/go/{self.code}?{urlencode(place | {'lang': self.say.language})}"

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        common = {
            "phone": self,
            "org": self.org,
            "store": self.place.store_name,
            "touchpoint": self.place.name,
            "days": self.services.config.cases.keep_contacts_days,
        }
        return _page(self.request, self.say, template, status, common | values)


async def phone_form(request: Request) -> FormData:
    """The fields that one of our own pages sent; 403 for another site's, 413 where it is too much."""
    if not same_origin(request):
        raise HTTPException(403, "this form came from another site")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(413, f"at most {MOST_BYTES} bytes")
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise HTTPException(422, "this is no form of ours") from error
    return FormData(list[tuple[str, str | UploadFile]](fields))


PhoneForm = Annotated[FormData, Depends(phone_form)]


@router.get("/go/erase/{token}")
def erase_page(request: Request, source: SourceDep, token: str) -> Response:
    """Whether to erase what was left."""
    if (busy := _braked(request, 1)) is not None:
        return busy
    return _erase_page(request, source, token)


@router.post("/go/erase/{token}")
def erase_now(
    request: Request, services: ServicesDep, source: SourceDep, token: str, _: PhoneForm
) -> Response:
    """Erase it."""
    if (busy := _braked(request, 1)) is not None:
        return busy
    number = request_of(_doors(request).secret, token)
    if number is None:
        return _erase_page(request, source, token)
    erase(services.engine, number, now_ms())
    language = urlencode({"lang": _language(request)})
    return RedirectResponse(f"/go/erase/{token}?{language}", 303)


@router.get("/go/{code}")
def go_on(
    request: Request, services: ServicesDep, source: SourceDep, code: str, at: str | None = None
) -> Response:
    """The question that is due, or the one that is asked for; then whether we may answer; then thanks."""
    phone = _enter(request, services, source, code)
    if isinstance(phone, Response):
        return phone
    if not takes_more(phone.visit, now_ms()):
        return _thanks(phone)
    question = None if at == CONTACT else question_at(phone.content, at)
    if question is not None and at is None:
        return RedirectResponse(phone.path(question.id), 303)  # so that the way back leads to it again
    if question is not None:
        given = phone.content.given.get(question.id)
        return _question(phone, question, shown(given.value if given else None))
    return _contact(phone, {}) if phone.asks_contact else _thanks(phone)


@router.post("/go/{code}")
def fill_in(
    request: Request, services: ServicesDep, source: SourceDep, code: str, form: PhoneForm
) -> Response:
    """An answer, a skipped question, enough of it, or a wish to be answered."""
    phone = _enter(request, services, source, code)
    if isinstance(phone, Response):
        return phone
    if not takes_more(phone.visit, now_ms()):
        return RedirectResponse(phone.path(), 303)
    match form.get("do"):
        case "contact":
            return _leave_contact(phone, form, source)
        case "enough" if phone.asks_contact:
            return RedirectResponse(phone.path(CONTACT), 303)
        case "enough" | "end":
            end(services.engine, phone.visit.id, now_ms())
            return RedirectResponse(phone.path(), 303)
        case _:
            return _take_answer(phone, form)


def _take_answer(phone: Phone, form: FormData) -> Response:
    question = question_at(phone.content, str(form.get("question", "")))
    if question is None or question.id != form.get("question"):
        return RedirectResponse(phone.path(), 303)
    skips = form.get("do") == "skip" and question.optional
    try:
        value = None if skips else answer_of(question, form, phone.content.rating)
    except NotAnswered:
        key = "ask.missing" if question.optional else "ask.missing_needed"
        return _question(phone, question, typed(question, form), 422, problem=phone.say(key))
    given = Given(value=value, t=now_ms(), language=phone.say.language)
    content = answer(phone.services.engine, phone.visit.id, question, given)
    following = after(content, question.id) if content else None
    if content is not None and following is None and not phone.asks_contact:
        end(phone.services.engine, phone.visit.id, now_ms())
    return RedirectResponse(phone.path(following.id if following else CONTACT), 303)


def _leave_contact(phone: Phone, form: FormData, source: SourceDep) -> Response:
    if not phone.asks_contact:
        return RedirectResponse(phone.path(), 303)
    written = {
        "name": clean(" ".join(str(form.get("name", "")).split()), LONGEST_NAME),
        "address": clean(str(form.get("address", "")), LONGEST_ADDRESS),
        "message": clean(str(form.get("message", "")), LONGEST_MESSAGE),
    }
    agrees = form.get("consent") == "yes"
    problems = {}
    if not is_reachable(written["address"]):
        problems["address"] = phone.say("contact.address_missing")
    if not agrees:
        problems["consent"] = phone.say("contact.consent_missing")
    if problems:
        return _contact(phone, written | {"agrees": agrees}, 422, problems)
    settings = phone.services.config.cases
    wish = Wish(
        **written,
        language=phone.say.language,
        consent=phone.say("contact.consent", org=phone.org, days=settings.keep_contacts_days),
        keep_days=settings.keep_contacts_days,
    )
    with source.reading() as (_, hierarchy):
        places = hierarchy.touchpoints

    def open_case(connection: Any, tp: str, number: int, now: int) -> None:
        open_for_request(connection, settings, places[tp], number, now)

    end(phone.services.engine, phone.visit.id, now_ms(), wish, open_case)
    phone.services.live.touch(frozenset({phone.visit.tp}))
    return RedirectResponse(phone.path(), 303)


def is_reachable(address: str) -> bool:
    """Whether it may be a mail address or a telephone number."""
    digits = sum(each.isdigit() for each in address)
    return bool(_mail.fullmatch(address) or (_telephone.fullmatch(address) and digits >= LEAST_DIGITS))


def in_language(texts: Mapping[str, str], language: str, survey: Survey) -> str:
    """A survey's text in the phone's language, else in the survey's first."""
    return texts.get(language) or texts[survey.languages[0]]


def _question(
    phone: Phone, question: Question, filled: Mapping[str, Any], status: int = 200, problem: str = ""
) -> Response:
    content, language = phone.content, phone.say.language
    low, high = question.scale
    ends = question.ends.get(language) or (phone.say("ask.low"), phone.say("ask.high"))
    earlier = before(content, question.id)
    return phone.page(
        "go/question.html",
        status,
        question=question,
        spoken=lambda texts: in_language(texts, language, content.survey),
        options=options_for(question, content.rating),
        points=range(low, high + 1),
        ends=ends,
        step=len([each for each in content.given if each != question.id]) + 1,
        back=phone.path(earlier.id) if earlier else None,
        filled={"values": [], "rows": {}, "text": ""} | dict(filled),
        problem=problem,
        longest=LONGEST_TEXT,
        here=question.id,
    )


def _contact(
    phone: Phone, written: Mapping[str, Any], status: int = 200, problems: Mapping[str, str] | None = None
) -> Response:
    earlier = before(phone.content, None)
    return phone.page(
        "go/contact.html",
        status,
        written={"name": "", "address": "", "message": "", "agrees": False} | dict(written),
        problems={"address": "", "consent": ""} | dict(problems or {}),
        back=phone.path(earlier.id) if earlier else None,
        longest={"name": LONGEST_NAME, "address": LONGEST_ADDRESS, "message": LONGEST_MESSAGE},
        here=CONTACT,
    )


def _thanks(phone: Phone) -> Response:
    with phone.services.engine.connect() as connection:
        number = request_number(connection, phone.visit.id)
    link = None if number is None else f"/go/erase/{erase_token(_doors(phone.request).secret, number)}"
    return phone.page("go/thanks.html", erase_link=link, here=None)


def _enter(request: Request, services: Services, source: SourceDep, code: str) -> Phone | Response:
    """Who comes with a code that opens a visit; for everybody else the page that says why not."""
    if (busy := _braked(request, 1)) is not None:
        return busy
    doors = _doors(request)
    with source.reading() as (_, hierarchy):
        found, why = doors.read(hierarchy, code, now_ms())
    if found is None:
        say = phone_texts(_language(request))
        busy = _braked(request, WRONG_COSTS - 1)
        values = {"title": say("wrong.title"), "told": say(f"wrong.{why}")}
        return busy or _page(request, say, "go/wrong.html", 410 if why == "expired" else 404, values)
    visit = doors.open(hierarchy, found, now_ms())
    place = hierarchy.touchpoints[visit.tp]
    store = hierarchy.stores[place.store_id]
    say = phone_texts(_language(request, store.language))
    return Phone(request, services, place, hierarchy.orgs[place.org_id].name, say, code, visit)


def _erase_page(request: Request, source: SourceDep, token: str) -> Response:
    say = phone_texts(_language(request))
    number = request_of(_doors(request).secret, token)
    columns = contact_request.c
    query = select(columns.tp, columns.at, columns.erased).where(columns.id == number)
    with source.reading() as (connection, hierarchy):
        row = None if number is None else connection.execute(query).first()
    if row is None:
        busy = _braked(request, WRONG_COSTS - 1)
        values = {"title": say("erase.unknown_title"), "told": say("erase.unknown")}
        return busy or _page(request, say, "go/wrong.html", 404, values)
    if row.erased is not None:
        values = {"title": say("erase.done_title"), "told": say("erase.done")}
        return _page(request, say, "go/wrong.html", 200, values)
    store, day = _left_at(hierarchy, row.tp, row.at)
    when = say("erase.at", store=store, day=figures_of(say.language).full_date(day))
    return _page(request, say, "go/erase.html", 200, {"token": token, "when": when})


def _left_at(hierarchy: Hierarchy, tp: str, at: int) -> tuple[str, str]:
    place = hierarchy.touchpoints[tp]
    return place.store_name, place.calendar.local(at).date().isoformat()


def _braked(request: Request, calls: int) -> Response | None:
    """The page for who calls too often."""
    brake: Brake = request.app.state.brake
    address = request.client.host if request.client else "unknown"
    if brake.allows(address, calls):
        return None
    say = phone_texts(_language(request))
    values = {"title": say("wrong.busy_title"), "told": say("wrong.busy")}
    answer = _page(request, say, "go/wrong.html", 429, values)
    answer.headers["Retry-After"] = "60"
    return answer


def _page(
    request: Request, say: PhoneTexts, template: str, status: int, values: Mapping[str, Any]
) -> HTMLResponse:
    language = [(code, phone_texts(code)("shell.name")) for code in SPOKEN]
    here = {"at": values["here"]} if values.get("here") else {}
    text = pages_of(request).html(
        template,
        say=say,
        spoken_here=[
            (code, name, f"{request.url.path}?{urlencode(here | {'lang': code})}") for code, name in language
        ],
        **values,
    )
    return HTMLResponse(text, status, {"X-Robots-Tag": "noindex"})


def _language(request: Request, otherwise: str = SPOKEN[0]) -> str:
    return spoken_to(request.query_params.get("lang"), request.headers.get("accept-language", ""), otherwise)


def _doors(request: Request) -> Doors:
    doors: Doors = request.app.state.doors
    return doors
