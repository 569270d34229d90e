"""A hub behind a port, and people at their desks in it."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.harness.websites import Visitor, Website, website


class Person(Visitor):
    """Somebody who is logged in."""

    def open(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:500])
        return answer.text

    def fields(self, path: str, action: str) -> dict[str, str]:
        """The fields of the form with this action, as a browser would send them."""
        page = self.open(path)
        found = re.search(
            rf'<form[^>]*method="post"[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', page, re.DOTALL
        )
        assert found, f"{path} has no form for {action}"
        return form_fields(found[1])

    def send(self, path: str, **fields: Any) -> httpx.Response:
        """Post these fields with the token of this person's forms."""
        return self.client.post(path, data={"csrf_token": self.csrf_token("/account"), **fields})


def form_fields(html: str) -> dict[str, str]:
    """What a browser would send of a form, without its buttons."""
    fields: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", html):
        told = {name: unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        is_off = told.get("type") in ("checkbox", "radio") and " checked" not in tag
        if "name" in told and not is_off:
            fields[told["name"]] = told.get("value", "")
    for name, text in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', html, re.DOTALL):
        fields[name] = unescape(text)
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        fields[name] = unescape(chosen[1]) if chosen else ""
    return fields


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """One hub for the tests of a file."""
    with website(tmp_path_factory.mktemp("site")) as running:
        yield running


AsPerson = Callable[[str], Person]


@pytest.fixture
def log_in(site: Website) -> Iterator[AsPerson]:
    """`log_in("mona")`: a manager of Rome; ada: admin, otto: ops, anna: analyst of the north."""
    clients: list[httpx.Client] = []

    def person(name: str) -> Person:
        clients.append(httpx.Client(base_url=site.url, timeout=60))
        there = Person(clients[-1])
        assert there.log_in(name).status_code == 303
        return there

    yield person
    for client in clients:
        client.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
