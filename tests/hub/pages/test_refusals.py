"""Whatever is refused is said in the language of the page: every form of the hub, filled in badly."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from tests.harness.every_page import pages_by_route
from tests.harness.hostile import BEHIND, SEED, furnish
from tests.harness.websites import Visitor, Website, website

import tillsight_hub
from tillsight_hub.pages.telling import tell, tell_all
from tillsight_hub.pages.texts import LANGUAGES, texts
from tillsight_models.problems import SAID, said
from tillsight_models.wanted import SPOKEN

ENGLISH = re.compile(
    r"\b(the|should|must|expected|there|this|your|needs|missing|already|invalid|none|unknown|not|has|have"
    r"|characters|found|which|cannot|required|input|valid|field)\b",
    re.IGNORECASE,
)
BAD = "zz -1"
"""Too odd for any field; no word of any language."""
LEFT = ("csrf_token", "base", "name@hidden")
NOT_TRIED = ("/logout",)
HUB = Path(tillsight_hub.__file__).parent


class Forms(HTMLParser):
    """Forms of a page with their fields, and the page's visible words line by line."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str], dict[str, str]]] = []
        """Address, fields as they are, and fields with nonsense in them."""
        self.words: list[str] = []
        self._hidden = 0
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One tag."""
        self._hidden += tag in ("script", "style", "svg", "code", "output")
        told = {name: value or "" for name, value in attrs}
        if tag == "form" and told.get("method") == "post":
            self.forms.append((told.get("action", ""), {}, {}))
        name = told.get("name")
        if tag == "option" and self.forms and (self._select not in self.forms[-1][1] or "selected" in told):
            self.forms[-1][1][self._select] = told.get("value", "")
        if not (self.forms and name):
            return
        _, kept, bad = self.forms[-1]
        if tag in ("input", "textarea", "button") and name not in kept:
            is_fixed = told.get("type") == "hidden" or tag == "button"
            kept[name] = told.get("value", "") if is_fixed else BAD
            bad[name] = told.get("value", "") if name in LEFT else BAD
        elif tag == "select":
            bad[name] = BAD
            self._select = name

    def handle_endtag(self, tag: str) -> None:
        """One tag's end."""
        self._hidden -= tag in ("script", "style", "svg", "code", "output")

    def handle_data(self, data: str) -> None:
        """Words between tags."""
        if not self._hidden and data.strip():
            self.words.append(" ".join(data.split()))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    with website(tmp_path_factory.mktemp("refusals"), seed=SEED, users=("ada",)) as running:
        furnish(running)
        yield running


@pytest.fixture(scope="module")
def ada(site: Website) -> Iterator[Visitor]:
    headers = {"Accept-Language": "it", "Accept": "text/html"}
    hooks = {"response": [keep]}
    with httpx.Client(base_url=site.url, timeout=60, headers=headers, event_hooks=hooks) as client:
        visitor = Visitor(client)
        assert visitor.log_in("ada").status_code == 303
        yield visitor


SEEN: dict[str, str] = {}
"""Pages by address, so that none is asked for twice."""


def keep(answer: httpx.Response) -> None:
    """Keep a page."""
    if answer.request.method == "GET":
        SEEN[answer.url.raw_path.decode()] = answer.read().decode(errors="replace")


def test_forms_that_are_filled_in_badly_are_refused_in_italian(site: Website, ada: Visitor) -> None:
    refused, english, tried = 0, set(), set()
    for where in pages_by_route(site.app, ada.client, BEHIND).values():
        before = Forms(SEEN[where])
        for action, kept, bad in before.forms:
            kind = re.sub(r"\d+", "", action or where), tuple(kept)
            if action in NOT_TRIED or kind in tried:
                continue
            tried.add(kind)
            for fields in (bad, {**kept, "csrf_token": bad.get("csrf_token", "")}):
                answer = ada.client.post(action or where, data=fields)
                if answer.status_code < 400 or answer.status_code == 404:
                    continue
                refused += 1
                english |= {
                    (action, line)
                    for line in Forms(answer.text).words
                    if line not in before.words and ENGLISH.search(line)
                }
    assert refused > 30
    assert not english


@pytest.mark.parametrize(
    "address",
    [
        "/compare?metric=zz",
        "/compare?by=zz",
        "/compare?metric=responses",
        "/explore?metric=zz",
        "/surveys/visit/file?version=zz",
        "/chain/planet/zz",
    ],
)
def test_addresses_that_are_wrong_are_refused_in_italian(ada: Visitor, address: str) -> None:
    answer = ada.client.get(address)
    assert answer.status_code == 422
    assert not [line for line in Forms(answer.text).words if ENGLISH.search(line)]


def test_a_form_without_its_token_is_refused_in_italian(ada: Visitor) -> None:
    answer = ada.client.post("/people/users", data={"name": "x"})
    assert answer.status_code == 403
    assert "Il modulo è troppo vecchio" in answer.text


def test_what_a_device_refuses_is_said_in_italian() -> None:
    t = texts("it")
    line = str(said("came_back", "device", why=str(said("agent_ended", times=3))))
    assert tell(t, line) == (
        "device: Sono tornate le impostazioni di prima: "
        "Il dispositivo si è riavviato 3 volte mentre provava le nuove."
    )
    assert tell(t, "kiosk.survey: too new for it") == "kiosk.survey: too new for it"
    assert tell_all(t, [str(said("missing", "a")), str(said("missing", "b"))]) == "a: Manca.; b: Manca."


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_of_a_refusal_has_words(language: str) -> None:
    """Also those in the code that no test provokes."""
    sources = [path.read_text(encoding="utf-8") for path in HUB.rglob("*.py")]
    sources += [
        path.read_text(encoding="utf-8") for path in Path(said.__code__.co_filename).parent.glob("*.py")
    ]
    found = set(SAID)
    for text in sources:
        found |= set(re.findall(r'Problem\((?:line|f?"[^"]*"), "(\w+)"', text))
        found |= set(re.findall(r'^    "\w+": \("(\w+)", {', text, re.MULTILINE))
    assert len(found) > 80
    assert not {key for key in found if not texts(language).has(f"problem.{key}")}
    assert len(SPOKEN) >= len(LANGUAGES)
