"""`/settings/{place}`: who may set what, and problems beside their fields."""

import re

import httpx
import pytest
from tests.harness.websites import Visitor, Website

from tillsight_hub.wanted.device_settings import read_history, read_settings

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


ZONE = "0.3 0.4\n0.7 0.4\n0.7 0.9"


def test_a_zone_is_typed_drawn_kept_and_shown_again(fresh_site: Website, otto: Visitor) -> None:
    path = "/settings/device:box-1"
    page = otto.client.get(f"{path}?camera=till").text
    assert "Camera till" in page
    names = set(re.findall(r'name="(\w+\.[\w.*]+)"', page))
    assert {"panel.undo_s", "cameras.*.off", "cameras.till.staff_zones"} < names
    form = {"csrf_token": otto.csrf_token(path), "base": "0"} | dict.fromkeys(sorted(names), "")
    form["cameras.till.zone"] = ZONE
    drawn = otto.client.post(path, data=form | {"look": "1"})
    assert drawn.status_code == 200
    assert 'points="48.0,48.0 112.0,48.0 112.0,108.0"' in drawn.text
    assert otto.client.post(path, data=form | {"cameras.till.off": "true"}).status_code == 303
    with fresh_site.services.engine.connect() as connection:
        found = read_settings(connection)["device:box-1"].settings
    zone = [[0.3, 0.4], [0.7, 0.4], [0.7, 0.9]]
    assert found == {"cameras.till.zone": zone, "cameras.till.off": True}
    assert 'points="48.0,48.0 112.0,48.0 112.0,108.0"' in otto.client.get(path).text


@pytest.mark.parametrize(
    ("name", "typed", "told"),
    [
        ("cameras.till.zone", "0.3", "Corners such as 0.25 0.5"),
        ("cameras.till.zone", "0 0\n1 1\n1 0\n0 0.5", "Crosses itself"),
        ("cameras.till.frame_rate_hz", "99", "Should be 1-30."),
        ("cameras.till.frame_rate_hz", "soon", "Should be 1-30."),
        ("cameras.*.off", "maybe", "Cannot be."),
    ],
)
def test_what_no_camera_could_follow_is_said_beside_its_field(
    otto: Visitor, name: str, typed: str, told: str
) -> None:
    path = "/settings/device:box-1"
    form = {"csrf_token": otto.csrf_token(path), "base": "0", name: typed, "panel.undo_s": "4"}
    answer = otto.client.post(path, data=form)
    assert answer.status_code == 422
    assert told in answer.text
    assert 'value="4"' in answer.text


def test_versions_are_compared_and_gone_back_to(fresh_site: Website, otto: Visitor) -> None:
    assert post(otto, "rome", panel_cooldown_s="6").status_code == 303
    assert post(otto, "rome", panel_cooldown_s="7", panel_undo_s="2").status_code == 303
    with fresh_site.services.engine.connect() as connection:
        newest, first = read_history(connection, "rome")
    path = "/settings/rome/versions"
    page = otto.client.get(f"{path}?number={first.number}&before={newest.number}").text
    assert "panel.undo_s" in page and "not set" in page
    form = {"csrf_token": otto.csrf_token(path), "base": str(newest.number), "number": str(first.number)}
    assert otto.client.post(path, data=form).headers["location"] == "/settings/rome?saved=1"
    assert otto.client.post(path, data=form).status_code == 409
    assert otto.client.post(path, data=form | {"number": "999"}).status_code == 404
    assert otto.client.get(f"{path}?number=999").status_code == 404
    with fresh_site.services.engine.connect() as connection:
        assert read_settings(connection)["rome"].settings == {"panel.cooldown_s": 6}
