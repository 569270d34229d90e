"""Every route of the app: nothing is taken from another site or from anybody unknown, and every page forbids
what is not ours. New routes are here by themselves."""

import re
from collections.abc import Iterator

import httpx
import pytest
from starlette.routing import Route
from tests.harness.every_page import pages_by_route, routes_of
from tests.harness.hostile import BEHIND, SEED, furnish
from tests.harness.websites import Visitor, Website, website

from tillsight_hub.app import create_app
from tillsight_hub.config import HubConfig
from tillsight_models.configuration import read_settings

OPEN = {
    "/login": "the way in; its form has a token of its own",
    "/healthz": "a monitor's question, without numbers",
    "/go/{code}": "a shopper's phone, by a code that is good for an hour",
    "/go/erase/{token}": "a shopper's phone, by a code of its own",
    "/shared/{token}": "whoever has the link",
    "/password/{token}": "whoever has the link, once",
    "/notice/{touchpoint}": "what is watched is for everybody to know",
    "/.well-known/security.txt": "whom to tell of a hole",
    "/charts/{edition}/vega.js": "a library",
    "/charts/{edition}/look-{language}.json": "colours",
    "/api/v1/enrol": "a device, by a code that is good once",
    "/api/v1/renew": "a device, by the certificate that it has",
    "/api/v1/ca.pem": "the authority's certificate is no secret",
    "/api/v1/models/{sha256}": "a model is known by its hash, and so is who may have it",
    "/api/v1/crl.pem": "which certificates are revoked is no secret",
}
"""Routes that ask for no login, and why."""
OWN_WORDS = ("/login", "/go/{code}", "/go/erase/{token}", "/password/{token}")
"""Forms of people without a session: tested where they are."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    with website(tmp_path_factory.mktemp("forms"), seed=SEED, users=("ada",)) as running:
        furnish(running)
        yield running


@pytest.fixture(scope="module")
def ada(site: Website) -> Iterator[Visitor]:
    with httpx.Client(base_url=site.url, timeout=60) as client:
        visitor = Visitor(client)
        assert visitor.log_in("ada").status_code == 303
        yield visitor


def routes(method: str) -> list[str]:
    """Paths of the routes that take this method, collected without a hub."""
    config = read_settings({"mqtt": {"embedded": False, "port": 1}}, HubConfig)
    return sorted({route.path for route in routes_of(create_app(config)) if method in methods_of(route)})


def methods_of(route: Route) -> set[str]:
    return set(route.methods or ())


def address(path: str) -> str:
    """An address that the path takes, of something that is there or not."""
    return re.sub(r"{\w+}", "1", path.replace("{kind}", "store"))


CHANGING = [(method, path) for method in ("POST", "PUT", "PATCH", "DELETE") for path in routes(method)]


def test_there_are_forms_to_test() -> None:
    assert len(CHANGING) > 30


@pytest.mark.parametrize(("method", "path"), CHANGING)
def test_nothing_is_changed_by_who_has_only_the_cookie(ada: Visitor, method: str, path: str) -> None:
    if path in OWN_WORDS or path in OPEN:
        return
    answer = ada.client.request(method, address(path), data={"name": "x"}, headers={"Accept": "text/html"})
    assert answer.status_code == 403, f"{method} {path}: {answer.status_code} {answer.text[:200]}"


@pytest.mark.parametrize(("method", "path"), CHANGING)
def test_nothing_is_taken_from_another_site(ada: Visitor, method: str, path: str) -> None:
    if path in OWN_WORDS or path in OPEN:
        return
    token = ada.csrf_token("/account")
    headers = {"Origin": "https://elsewhere.example", "X-CSRF-Token": token}
    answer = ada.client.request(method, address(path), data={"csrf_token": token}, headers=headers)
    assert answer.status_code == 403, f"{method} {path}: {answer.status_code}"
    headers = {"Sec-Fetch-Site": "cross-site", "X-CSRF-Token": token}
    answer = ada.client.request(method, address(path), data={"csrf_token": token}, headers=headers)
    assert answer.status_code == 403, f"{method} {path}: {answer.status_code}"


def test_nobody_unknown_sees_or_changes_anything(site: Website) -> None:
    shut = []
    with httpx.Client(base_url=site.url, timeout=60) as client:
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            for path in routes(method):
                if path in OPEN:
                    continue
                answer = client.request(method, address(path))
                leads_to_login = answer.status_code == 303 and "/login" in answer.headers["location"]
                shut.append(path)
                assert leads_to_login or answer.status_code in (401, 403), f"{method} {path}: {answer}"
    assert len(shut) > 60


def test_every_page_forbids_scripts_and_styles_that_are_not_ours(site: Website, ada: Visitor) -> None:
    for route, where in pages_by_route(site.app, ada.client, BEHIND).items():
        answer = ada.client.get(where)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy, route
        assert "unsafe" not in policy, route
        assert "frame-ancestors 'none'" in policy, route
        inline = re.search(
            r"<style|\sstyle=|\son[a-z]+=\"|<script(?![^>]*\s(?:src=|type=\"application/json))", answer.text
        )
        assert inline is None, f"{route}: {answer.text[inline.start() - 80 : inline.end() + 80]}"


def test_every_form_carries_a_token(site: Website, ada: Visitor) -> None:
    forms = 0
    for route, where in pages_by_route(site.app, ada.client, BEHIND).items():
        for form in re.findall(r'<form[^>]*method="post".*?</form>', ada.client.get(where).text, re.DOTALL):
            forms += 1
            assert 'name="csrf_token"' in form, f"{route}: {form[:200]}"
    assert forms > 20
