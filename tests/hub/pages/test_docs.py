"""The API's reference: everything that the API's own document tells, and nothing that it is not."""

from collections.abc import Iterator

import httpx
import pytest
from tests.harness.every_page import routes_of
from tests.harness.websites import Visitor, Website, website
from tests.hub.test_access import MAY

from tillsight_hub.pages.reference import Operation, kind_of, reference_of, words
from tillsight_hub.pages.texts import LANGUAGES, texts


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    with website(tmp_path_factory.mktemp("docs"), users=("ada",)) as running:
        yield running


@pytest.fixture(scope="module")
def operations(site: Website) -> list[Operation]:
    groups = reference_of(site.app.openapi()).groups
    return [operation for operations in groups.values() for operation in operations]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_route_of_the_api_is_on_the_page(site: Website, language: str) -> None:
    told = {
        (method, route.path)
        for route in routes_of(site.app)
        if getattr(route, "include_in_schema", False) and route.path.startswith("/api/")
        for method in route.methods or ()
    }
    with httpx.Client(base_url=site.url) as client:
        Visitor(client).log_in("ada")
        page = client.get(f"/docs?lang={language}").text
    assert len(told) > 50
    for method, path in told:
        assert f'data-method="{method}">{method}</span> <code>{path}</code>' in page, (method, path)


def test_who_may_use_a_route_is_who_gets_an_answer(operations: list[Operation]) -> None:
    told = {operation.path: set(operation.roles) for operation in operations if operation.method == "GET"}
    tested = {path: roles for path, roles in MAY.items() if path in told}
    assert len(tested) > 20
    assert {path: told[path] for path in tested} == tested


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_group_has_a_name(site: Website, language: str) -> None:
    groups = reference_of(site.app.openapi()).groups
    assert not [tag for tag in groups if not texts(language).has(f"docs.group_{tag}")]


def test_what_a_route_takes_is_told_with_its_limits(operations: list[Operation]) -> None:
    (scores,) = [each for each in operations if each.path == "/api/v1/scores"]
    level = {entry.name: entry for entry in scores.entries}["level"]
    assert (level.kind, level.limits, level.default) == ([("number", "")], "≥ 0.9, < 1", "0.95")
    assert {answer.status for answer in scores.answers} == {"200", "401", "403", "404", "422"}
    assert scores.is_plain
    (one,) = [each for each in operations if each.path == "/api/v1/cases/{number}" and each.method == "GET"]
    assert one.entries[0].is_required
    assert not one.is_plain


@pytest.mark.parametrize(
    "schema, told",
    [
        ({"type": "string"}, "string"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer | null"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/A"}}, "[A]"),
        ({"$ref": "#/components/schemas/hub__api__alerts__RuleOut"}, "alerts.RuleOut"),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "{string: number}"),
        ({"type": "object", "additionalProperties": False}, "object"),
        ({"type": "array", "prefixItems": [{"type": "number"}, {"type": "string"}]}, "[number, string]"),
        ({"enum": ["a", 1, None]}, '"a" | 1 | null'),
        ({"const": True}, "true"),
        ({}, "any"),
    ],
)
def test_types_are_one_line(schema: dict[str, object], told: str) -> None:
    assert "".join(text for text, _ in kind_of(schema)) == told


def test_code_in_texts_is_code() -> None:
    assert words("default:\n  `to`, or none") == [("default: ", False), ("to", True), (", or none", False)]
