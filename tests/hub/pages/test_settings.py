"""`/settings/{place}`: who may set what, and problems beside their fields."""

import httpx
import pytest
from tests.harness.websites import Visitor, Website

from tillsight_hub.wanted.device_settings import read_settings

from .conftest import Visit


def post(visitor: Visitor, place: str, **fields: str) -> httpx.Response:
    """Fill in the form as it is shown; `panel_cooldown_s` is `panel.cooldown_s`."""
    path = f"/settings/{place}"
    page = visitor.client.get(path).text
    base = page.split('name="base" value="')[1].split('"')[0]
    values = {name.replace("_", ".", 1): value for name, value in fields.items()}
    return visitor.client.post(path, data={"csrf_token": visitor.csrf_token(path), "base": base, **values})


@pytest.fixture
def otto(fresh_site: Website, visit: Visit) -> Visitor:
    visitor = visit(fresh_site)
    visitor.log_in("otto")
    return visitor


def test_what_is_set_is_kept_and_shown_with_who_decides(fresh_site: Website, otto: Visitor) -> None:
    assert post(otto, "rome", panel_cooldown_s="7,5").status_code == 303
    page = otto.client.get("/settings/device:box-1").text
    assert "Rome decides" in page
    assert 'placeholder="7.5"' in page
    assert post(otto, "device:box-1", panel_cooldown_s="9").status_code == 303
    with fresh_site.services.engine.connect() as connection:
        found = {place: each.settings for place, each in read_settings(connection).items()}
    assert found == {"rome": {"panel.cooldown_s": 7.5}, "device:box-1": {"panel.cooldown_s": 9}}
    assert "otto" in otto.client.get("/settings/rome").text


@pytest.mark.parametrize("typed", ["900", "soon", "nan", "-1"])
def test_a_problem_stands_beside_its_field_and_nothing_typed_is_lost(otto: Visitor, typed: str) -> None:
    answer = post(otto, "rome", panel_cooldown_s=typed, panel_undo_s="4")
    assert answer.status_code == 422
    assert "Should be 0-600." in answer.text
    assert f'value="{typed}"' in answer.text
    assert 'value="4"' in answer.text


def test_who_comes_second_is_told(otto: Visitor) -> None:
    token = otto.csrf_token("/settings/rome")
    form = {"csrf_token": token, "base": "0", "panel.undo_s": "4"}
    assert otto.client.post("/settings/rome", data=form).status_code == 303
    assert otto.client.post("/settings/rome", data=form | {"panel.undo_s": "5"}).status_code == 409


def test_managers_look_and_see_their_own_places_alone(site: Website, visit: Visit) -> None:
    mona, anna = visit(site), visit(site)
    mona.log_in("mona")
    anna.log_in("anna")
    assert mona.client.get("/settings/device:box-1").status_code == 200
    assert mona.client.get("/settings/pune").status_code == 404
    assert mona.client.get("/settings/device:box-3").status_code == 404
    assert mona.client.get("/settings/device:nobody").status_code == 404
    form = {"csrf_token": mona.csrf_token("/account"), "base": "0"}
    assert mona.client.post("/settings/rome", data=form).status_code == 403
    assert anna.client.get("/settings/rome").status_code == 403
