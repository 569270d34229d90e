"""Nothing is open by default: every route of the hub, walked with every kind of visitor."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.routing import Mount, Route
from tests.harness.websites import USERS, Visitor, Website, website

from tillsight_hub.access import create_token

OPEN = {
    "/login",
    "/healthz",
    "/.well-known/security.txt",
    "/api/v1/ca.pem",
    "/api/v1/crl.pem",
    "/api/v1/enrol",
    "/api/v1/renew",
    "/go/{code}",
    "/shared/{token}",
    "/api/v1/models/{sha256}",
    "/notice/{touchpoint}",
    "/password/{token}",
    "/charts/{edition}/vega.js",
    "/charts/{edition}/look-{language}.json",
    "/go/erase/{token}",
}
"""What anybody may ask for, beside the files in /static."""
PAGES = {
    *("/", "/touchpoints/{touchpoint_id}", "/explain/{score_id}", "/account", "/docs", "/logout"),
    *("/alerts", "/alerts/rules", "/alerts/rules/{number}", "/alerts/snooze", "/alerts/{number}/qualify"),
    *("/actions", "/actions/{number}"),
    *(
        "/audit",
        "/chain",
        "/chain/add/{kind}",
        "/chain/{kind}/{id}",
        "/chain/{kind}/{id}/remove",
        "/compare",
        "/data",
    ),
    "/devices/alarms",
    *("/devices", "/devices/{id}", "/devices/{id}/connect", "/devices/{id}/orders", "/devices/{id}/token"),
    *("/explore", "/explore/export", "/first", "/people", "/people/tokens", "/people/tokens/{number}/revoke"),
    *("/people/users", "/people/users/change", "/places/{place_id}", "/places/{place_id}/why"),
    *("/sales", "/sales/worth", "/settings/{place}", "/settings/{place}/versions", "/wall"),
    *("/compliance", "/compliance/declarations", "/compliance/declarations/{number}/withdraw"),
    "/compliance/{touchpoint}/{document}.pdf",
    *("/reports", "/reports/schedules", "/reports/schedules/{number}"),
    *("/reports/links", "/reports/links/{number}/revoke"),
    *("/surveys", "/surveys/{survey}", "/surveys/{survey}/file", "/surveys/{survey}/do"),
    *("/surveys/{survey}/settings", "/surveys/{survey}/order", "/surveys/{survey}/places"),
    *("/surveys/{survey}/question", "/surveys/{survey}/preview", "/surveys/{survey}/results"),
    *("/surveys/{survey}/comments/delete", "/cards", "/cards/{number}", "/cards/{number}/remove"),
    *("/screens", "/screens/{place}"),
    *("/cases", "/cases/{number}", "/cases/{number}/alert", "/cases/{number}/contact"),
}
"""What leads people to the login; the rest tells programs 401."""

MAY: dict[str, set[str]] = {
    "/": {"admin", "ops", "manager", "analyst"},
    "/touchpoints/{touchpoint_id}": {"admin", "ops", "manager", "analyst"},
    "/explain/{score_id}": {"admin", "ops", "manager", "analyst"},
    "/compare": {"admin", "ops", "manager", "analyst"},
    "/data": {"admin", "ops", "manager", "analyst"},
    "/explore": {"admin", "ops", "manager", "analyst"},
    "/places/{place_id}": {"admin", "ops", "manager", "analyst"},
    "/places/{place_id}/why": {"admin", "ops", "manager", "analyst"},
    "/sales": {"admin", "ops", "manager", "analyst"},
    "/sales/worth": {"admin", "ops", "manager", "analyst"},
    "/wall": {"admin", "ops", "manager", "analyst"},
    "/live/sales": {"admin", "ops", "manager", "analyst"},
    "/live/wall": {"admin", "ops", "manager", "analyst"},
    "/api/v1/week": {"admin", "ops", "manager", "analyst"},
    "/devices": {"admin", "ops", "manager"},
    "/devices/{id}": {"admin", "ops", "manager"},
    "/live/devices": {"admin", "ops", "manager"},
    "/settings/{place}": {"admin", "ops", "manager"},
    "/settings/{place}/versions": {"admin", "ops", "manager"},
    "/api/v1/settings/{place}": {"admin", "ops", "manager"},
    "/api/v1/settings/{place}/history": {"admin", "ops", "manager"},
    "/api/v1/devices/{device}/orders": {"admin", "ops", "manager"},
    "/api/v1/chain": {"admin", "ops"},
    "/audit": {"admin", "ops"},
    "/chain": {"admin", "ops"},
    "/chain/{kind}/{id}": {"admin", "ops"},
    "/people": {"admin", "ops"},
    "/devices/{id}/connect": {"admin", "ops"},
    "/chain/add/{kind}": {"admin"},
    "/live/devices/{id}/connect": {"admin"},
    "/explore/export": {"admin", "analyst"},
    "/alerts": {"admin", "ops", "manager", "analyst"},
    "/live/alerts": {"admin", "ops", "manager", "analyst"},
    "/live/overview": {"admin", "ops", "manager", "analyst"},
    "/live/touchpoints/{touchpoint_id}": {"admin", "ops", "manager", "analyst"},
    "/account": {"admin", "ops", "manager", "analyst"},
    "/actions": {"admin", "ops", "manager", "analyst"},
    "/live/cases": {"admin", "ops", "manager", "analyst"},
    "/cases": {"admin", "ops", "manager", "analyst"},
    "/api/v1/cases": {"admin", "ops", "manager", "analyst"},
    "/reports": {"admin", "ops", "manager", "analyst"},
    "/compliance": {"admin", "ops", "manager"},
    "/compliance/{touchpoint}/{document}.pdf": {"admin", "ops", "manager"},
    "/api/v1/reports/{report}.pdf": {"admin", "ops", "manager", "analyst"},
    "/surveys": {"admin", "ops", "manager", "analyst"},
    "/cards": {"admin", "ops", "manager", "analyst"},
    "/screens": {"admin", "ops", "manager", "analyst"},
    "/screens/{place}": {"admin", "ops", "manager", "analyst"},
    "/api/v1/surveys": {"admin", "ops", "manager", "analyst"},
    "/docs": {"admin", "ops", "manager", "analyst"},
    "/openapi.json": {"admin", "ops", "manager", "analyst"},
    "/metrics": {"admin", "ops"},
    "/api/v1/me": {"admin", "ops", "manager", "analyst"},
    "/api/v1/users": {"admin"},
    "/api/v1/tokens": {"admin"},
    "/api/v1/scores": {"admin", "ops", "manager", "analyst"},
    "/api/v1/scores/{score_id}/explain": {"admin", "ops", "manager", "analyst"},
    "/api/v1/ranking": {"admin", "ops", "manager", "analyst"},
    "/api/v1/change": {"admin", "ops", "manager", "analyst"},
    "/api/v1/alerts": {"admin", "ops", "manager", "analyst"},
    "/api/v1/alert-rules": {"admin", "ops", "manager", "analyst"},
    "/api/v1/drivers": {"admin", "ops", "manager", "analyst"},
    "/api/v1/value": {"admin", "ops", "manager", "analyst"},
    "/api/v1/metrics": {"admin", "ops", "manager", "analyst"},
    "/api/v1/touchpoints": {"admin", "ops", "manager", "analyst"},
    "/api/v1/alarms": {"admin", "ops", "manager"},
    "/api/v1/devices": {"admin", "ops", "manager"},
    "/api/v1/what-if": {"admin", "analyst"},
    "/api/v1/events": {"admin", "analyst"},
    "/api/v1/export": {"admin", "analyst"},
    "/api/v1/export/dictionary": {"admin", "ops", "manager", "analyst"},
    "/api/v1/import": {"admin"},
}
"""Which roles may GET what."""
PERIOD = "?from=2026-10-01&to=2026-10-02"
QUERIES = {
    "/api/v1/reports/{report}.pdf": "?place=rome&period=2026-H2",
    "/api/v1/scores": PERIOD,
    "/api/v1/what-if": PERIOD,
    "/api/v1/ranking": f"{PERIOD}&metric=csat",
    "/api/v1/change": f"{PERIOD}&metric=csat",
    "/api/v1/export": PERIOD,
    "/api/v1/value": "?margin=9&discount=0.1&customers=9&retention=0.8&retention_after=0.9&n=99",
}
"""What has to be asked with."""
NOT_GET = {
    "/api/v1/chain/{kind}/{id}",
    "/api/v1/devices/{device}/orders/result",
    "/api/v1/devices/{device}/orders/waiting",
    "/chain/{kind}/{id}/remove",
    "/api/v1/alarms/{number}/acknowledge",
    "/devices/alarms",
    "/devices/{id}/orders",
    "/devices/{id}/token",
    "/first",
    "/people/tokens",
    "/people/tokens/{number}/revoke",
    "/people/users",
    "/people/users/change",
    "/compliance/declarations",
    "/compliance/declarations/{number}/withdraw",
    "/logout",
    "/alerts/rules",
    "/alerts/rules/{number}",
    "/alerts/snooze",
    "/reports/schedules",
    "/reports/schedules/{number}",
    "/reports/links",
    "/reports/links/{number}/revoke",
    "/alerts/{number}/qualify",
    "/api/v1/alerts/{number}/qualify",
    "/api/v1/alert-rules/{number}",
    "/api/v1/snooze",
    "/cases/{number}",
    "/actions/{number}",
    "/cases/{number}/alert",
    "/cases/{number}/contact",
    "/api/v1/cases/{number}",
    "/api/v1/cases/{number}/contact",
    "/surveys/{survey}",
    "/surveys/{survey}/file",
    "/surveys/{survey}/do",
    "/surveys/{survey}/settings",
    "/surveys/{survey}/order",
    "/surveys/{survey}/places",
    "/surveys/{survey}/question",
    "/surveys/{survey}/preview",
    "/surveys/{survey}/results",
    "/surveys/{survey}/comments/delete",
    "/api/v1/surveys/{survey}/results",
    "/api/v1/devices/{device}/wanted",
    "/cards/{number}",
    "/cards/{number}/remove",
    "/api/v1/ingest",
    "/api/v1/users/{name}",
    "/api/v1/tokens/{number}",
    "/api/v1/import/{stream}",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    with website(tmp_path_factory.mktemp("site")) as running:
        yield running


def routes(site: Website) -> list[Route]:
    """All of them, those in included routers too; a kind that is not known here fails the test."""
    found: list[Route] = []
    for route in site.app.routes:
        if isinstance(route, Mount):
            assert route.path.startswith("/static/")
            continue
        inner = getattr(route, "original_router", None)
        candidates = [route] if inner is None else inner.routes
        assert all(isinstance(candidate, Route) for candidate in candidates), candidates
        found += candidates
    return found


NAMES = {
    "document": "sign",
    "touchpoint": "till-1",
    "touchpoint_id": "till-1",
    "place_id": "rome",
    "kind": "device",
    "id": "box-1",
    "sha256": "0" * 64,
    "edition": "none",
    "language": "en",
    "score_id": "csat.till-1.smiley-4.2026-10-01.2026-10-02.total.0-95",
    "name": "ada",
    "number": "999",
    "report": "camera-check",
    "survey": "none",
    "place": "rome",
    "device": "box-1",
    "stream": "0123456789abcdef",
    "code": "box-1-unknown",
    "token": "1-unknown",
}


def concrete(path: str) -> str:
    return path.format(**NAMES) + QUERIES.get(path, "")


def status(client: httpx.Client, method: str, path: str) -> int:
    """Of the headers alone: a live stream has no end."""
    with client.stream(method, path) as answer:
        return answer.status_code


def test_every_route_is_in_the_table_of_who_may(site: Website) -> None:
    assert {route.path for route in routes(site)} == OPEN | MAY.keys() | NOT_GET


def test_without_a_login_every_route_is_closed(site: Website) -> None:
    with httpx.Client(base_url=site.url) as stranger:
        for route in routes(site):
            for method in route.methods or set():
                answer = status(stranger, method, concrete(route.path))
                if route.path in OPEN:
                    assert answer in (200, 403, 404, 422, 503), (method, route.path)
                else:
                    assert answer == (303 if route.path in PAGES else 401), (method, route.path, answer)


@pytest.mark.parametrize("credentials", ["Bearer tillsight_wrong", "Bearer", "Basic YWRhOmFkYQ=="])
def test_wrong_credentials_are_as_good_as_none(site: Website, credentials: str) -> None:
    with httpx.Client(base_url=site.url, headers={"Authorization": credentials}) as stranger:
        for path in MAY.keys() - PAGES:
            assert status(stranger, "GET", concrete(path)) == 401, path
    with httpx.Client(base_url=site.url, cookies={"tillsight_session": "guessed"}) as stranger:
        for path in MAY:
            assert status(stranger, "GET", concrete(path)) == (303 if path in PAGES else 401), path


@pytest.mark.parametrize("name", USERS)
def test_each_role_gets_what_it_may_and_nothing_else(site: Website, name: str) -> None:
    role = USERS[name][0]
    with httpx.Client(base_url=site.url, timeout=60) as client:
        assert Visitor(client).log_in(name).status_code == 303
        for path, roles in MAY.items():
            answer = status(client, "GET", concrete(path))
            assert (answer < 400) if role in roles else (answer == 403), (role, path, answer)


def test_a_devices_token_reads_nothing(site: Website) -> None:
    token = create_token(site.services.engine, "box", "device", "box-1")
    with httpx.Client(base_url=site.url, headers={"Authorization": f"Bearer {token}"}) as device:
        for path in MAY.keys() - PAGES:
            assert status(device, "GET", concrete(path)) == 403, path


def test_only_a_devices_token_may_hand_in_events(site: Website) -> None:
    for role in ("admin", "ops", "manager", "analyst"):
        token = create_token(site.services.engine, role, role)
        answer = httpx.post(
            f"{site.url}/api/v1/ingest", content=b"[]", headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 403, role


def test_people_see_their_part_of_the_chain_only(site: Website) -> None:
    with httpx.Client(base_url=site.url, timeout=60) as client:
        Visitor(client).log_in("mona")
        assert "Till 1" in client.get("/").text
        assert "Stall" not in client.get("/").text
        assert client.get("/touchpoints/till-1").status_code == 200
        assert client.get("/touchpoints/stall").status_code == 404
        assert status(client, "GET", "/live/touchpoints/stall") == 404


def test_an_admin_of_a_part_makes_no_accounts(site: Website) -> None:
    token = create_token(site.services.engine, "part", "admin", "rome")
    with httpx.Client(base_url=site.url, headers={"Authorization": f"Bearer {token}"}) as client:
        assert client.get("/api/v1/users").status_code == 403
        assert client.post("/api/v1/tokens", json={"name": "x", "role": "admin"}).status_code == 403


def test_accounts_and_tokens_over_http(site: Website) -> None:
    with httpx.Client(base_url=site.url, timeout=60) as client:
        visitor = Visitor(client)
        visitor.log_in("ada")
        token = {"X-CSRF-Token": visitor.csrf_token("/")}
        new = {"name": "nina", "password": "long enough", "role": "analyst", "scope": "north"}
        assert client.post("/api/v1/users", json=new).status_code == 403
        assert client.post("/api/v1/users", json=new, headers=token).status_code == 201
        again = client.post("/api/v1/users", json=new, headers=token)
        assert (again.status_code, again.json()["detail"]) == (422, "user 'nina': exists already")
        assert {"name": "nina", "role": "analyst"}.items() <= client.get("/api/v1/users").json()[-2].items()
        change = client.patch("/api/v1/users/nina", json={"disabled": True}, headers=token)
        assert change.json() == {"done": True}
        made = client.post("/api/v1/tokens", json={"name": "bi", "role": "analyst", "days": 1}, headers=token)
        bearer = {"Authorization": f"Bearer {made.json()['token']}"}
        assert httpx.get(f"{site.url}/api/v1/me", headers=bearer).json()["name"] == "token bi"
        number = client.get("/api/v1/tokens").json()[0]["id"]
        assert client.delete(f"/api/v1/tokens/{number}", headers=token).status_code == 200
        assert httpx.get(f"{site.url}/api/v1/me", headers=bearer).status_code == 401


def test_every_answer_carries_the_headers_that_keep_pages_to_themselves(site: Website) -> None:
    for path in ("/login", "/healthz", "/", "/api/v1/me", "/nothing", "/static/nothing"):
        headers = httpx.get(f"{site.url}{path}").headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"


def test_secure_cookies_travel_over_https_only(tmp_path: Path) -> None:
    from fastapi.testclient import TestClient

    from tillsight_hub.app import create_app
    from tillsight_hub.config import HubConfig
    from tillsight_models.configuration import read_settings

    settings = {"data_dir": tmp_path, "mqtt": {"embedded": False}, "web": {"secure_cookies": True}}
    app = create_app(read_settings(settings, HubConfig))
    assert "Secure" in TestClient(app).get("/login").headers["set-cookie"]
    app.state.services.engine.dispose()
