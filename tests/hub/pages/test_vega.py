"""What charts are drawn with comes from this machine, packed, once."""

from tests.harness.websites import Website

from tillsight_hub.pages.vega import prefix

from .conftest import Visit


def test_the_bundle_is_packed_and_kept_for_ever(site: Website, visit: Visit) -> None:
    answer = visit(site).client.get(f"{prefix()}/vega.js", headers={"accept-encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert int(answer.headers["content-length"]) < 330_000
    assert "vegaEmbed" in answer.text


def test_who_cannot_unpack_gets_it_as_it_is(site: Website, visit: Visit) -> None:
    answer = visit(site).client.get(f"{prefix()}/vega.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert len(answer.content) > 500_000


def test_how_charts_look_depends_on_the_language(site: Website, visit: Visit) -> None:
    client = visit(site).client
    italian = client.get(f"{prefix()}/look-it.json").json()
    assert italian["formatLocale"]["decimal"] == ","
    assert italian["config"] == client.get(f"{prefix()}/look-en.json").json()["config"]


def test_another_edition_is_not_there(site: Website, visit: Visit) -> None:
    client = visit(site).client
    assert client.get("/charts/000000000000/vega.js").status_code == 404
    assert client.get(f"{prefix()}/look-xx.json").status_code == 404
