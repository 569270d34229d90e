"""Nothing that the hub answers depends on what three people said, whoever asks and whatever is asked.

Two hubs hold the same presses at the same moments; only the ratings of the few differ, from all the worst to
all the best. Every answer of every route has to be the same on both.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, get_args
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.responses import Response
from starlette.routing import Route
from tests.harness.chain import Chain, open_chain
from tests.harness.websites import PASSWORD, UNCLEANED, Visitor

from tillsight_hub.access import add_user, create_token
from tillsight_hub.app import create_app
from tillsight_hub.config import HubConfig
from tillsight_hub.live.live import View
from tillsight_hub.periods import Every
from tillsight_hub.scores.scores import By
from tillsight_models.configuration import read_settings
from tillsight_models.errors import BadConfig

PAST, QUIET = "2026-03-02", "2026-03-04"
ROLES = ("manager", "ops", "analyst", "admin")
PERIODS = (
    {"from": QUIET, "to": QUIET},
    {"from": PAST, "to": QUIET},
    {"from": "2026-03-01", "to": "2026-03-31"},
    {},
)
MARCH = {"first": "2026-03-01", "last": "2026-03-31"}
ALL_BY = {
    "/api/v1/scores": [
        *({"by": by} for by in get_args(By)),
        *({"weekdays": "1,3", "by": by} for by in ("touchpoint", "week", "weekday", "hour")),
        *({"hours": hours, "by": by} for hours in ("9-13", "15-16") for by in ("org", "weekday", "hour")),
    ],
    "/api/v1/week": [{"metric": "csat"}, {"metric": "relative_dissatisfaction", "format": "csv"}],
    "/api/v1/export": [{"by": every, "format": "csv"} for every in get_args(Every)],
    "/api/v1/ranking": [{"metric": "csat"}, {"metric": "relative_dissatisfaction"}],
    "/api/v1/change": [{"metric": "csat"}],
}
OF_PAGES = {
    "/explore": [{**MARCH, "by": by} for by in ("touchpoint", "day", "weekday", "hour")],
    "/places/{place_id}": [MARCH, {"first": QUIET, "last": QUIET}, {**MARCH, "weekday": "1", "why": "1"}],
    "/places/{place_id}/why": [MARCH],
    "/compare": [MARCH, {**MARCH, "metric": "csat", "by": "store"}],
    "/sales": [MARCH],
}
"""What pages about a period are asked beside what they show by themselves."""
GAPS = {
    "touchpoint": ("till-1",),
    "touchpoint_id": ("till-1", "counter", "stall"),
    "place_id": ("till-1", "counter", "acme"),
    "place": ("till-1",),
    "kind": ("touchpoint",),
    "id": ("till-1",),
    "device": ("box-till-1",),
    "survey": ("visit",),
    "number": ("1",),
}
"""What stands in the gaps of paths."""
OF_NOBODY = {"code", "token", "document", "edition", "language", "report", "sha256"}
"""Gaps of paths to secrets that nobody has here, to files that tell no numbers, and to reports on paper, made
of the same numbers as pages."""
RAW = {"/api/v1/events", "/api/v1/what-if"}
"""For those who may read single events, which is written to the audit trail."""
ABOUT_THE_HUB = {
    "/metrics",
    "/healthz",
    "/readyz",
    "/api/v1/health",
    "/api/v1/tokens",
    "/api/v1/users",
    "/people",
    "/audit",
}
VARIES = re.compile(
    r'"computed_at":"[^"]*"|"at":\d+|"read_at":\d+|csrf_token" value="\w+"|data-csrf="\w+"|'
    r"20\d\d-\d\d-\d\dT[\d:.]+(Z|\+00:00)|[0-9a-f]{32,}"
)


class Twin(NamedTuple):
    """One of both hubs."""

    app: FastAPI
    clients: dict[str, TestClient]
    """By role, with a token."""
    browser: TestClient
    """Somebody logged in."""


@contextmanager
def twin(folder: Path, rating: int, now: datetime) -> Iterator[Twin]:
    """Three people gave this rating today, three at another time, and many gave all ratings elsewhere."""
    folder.mkdir()
    with open_chain(f"sqlite:///{folder / 'hub.db'}") as chain:
        _fill(chain, rating, now)
        settings = {
            "data_dir": str(folder),
            "database": {"url": str(chain.engine.url)},
            "mqtt": {"embedded": False, "port": 1},
            "cleaning": UNCLEANED,
        }
        app = create_app(read_settings(settings, HubConfig))
        add_user(chain.engine, "mona", PASSWORD, "manager", None)
        app.state.services.live.respond = _read_at_once
        clients = {
            role: TestClient(
                app, headers={"Authorization": f"Bearer {create_token(chain.engine, role, role, None)}"}
            )
            for role in ROLES
        }
        browser = TestClient(app)
        Visitor(browser).log_in("mona")
        yield Twin(app, clients, browser)
        app.state.services.engine.dispose()


def _fill(chain: Chain, few: int, now: datetime) -> None:
    today = [
        (now.astimezone(ZoneInfo(zone)) - timedelta(minutes=5)).replace(tzinfo=None).isoformat()
        for zone in ("Europe/Rome", "Asia/Kolkata")
    ]
    for rating in (1, 2, 3, 4):
        chain.press("till-2", f"{PAST}T10:30", rating, times=10)
        chain.press("till-1", f"{PAST}T10:30", rating, times=10)
        chain.press("till-2", f"{QUIET}T10:30", rating, times=10)
        chain.press("till-2", today[0], rating, times=10)
        chain.press("counter", today[0], rating, times=10)
    chain.press("till-1", f"{PAST}T15:30", few, times=3)  # a few in an hour of a busy day,
    chain.press("till-1", f"{PAST}T10:30", 5 - few, times=3)  # which has the same answers on both hubs
    chain.press("counter", f"{QUIET}T20:30", few, times=3)  # a few in a month
    chain.press("till-1", today[0], few, times=3)  # a few so far
    chain.press("stall", today[1], few, times=3)
    for till, at in (("till-1", f"{PAST}T12:00"), ("counter", f"{QUIET}T20:00"), ("till-1", today[0])):
        chain.serve(till, at, 60)
    chain.settle()


def _read_at_once(view: View, _: str | None = None) -> Response:
    """All parts of a live view instead of its endless stream."""
    return Response(b"\n".join(b"%s %s" % (name.encode(), part) for name, part in view.read(None).items()))


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Twin, Twin]]:
    folder, now = tmp_path_factory.mktemp("twins"), datetime.now(UTC)
    with twin(folder / "worst", 1, now) as worst, twin(folder / "best", 4, now) as best:
        yield worst, best


def routes_of(app: FastAPI) -> list[str]:
    """Every path that answers GET."""
    included = [getattr(route, "original_router", None) for route in app.routes]
    found = [route for router in included if router for route in router.routes if isinstance(route, Route)]
    return sorted({route.path for route in found if "GET" in (route.methods or ())})


def questions_for(path: str, score_ids: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """The path with its gaps filled, and parameters."""
    if "{score_id}" in path:
        yield from ((path.replace("{score_id}", id), {}) for id in score_ids)
    elif path in ALL_BY:
        for period in PERIODS:
            yield from ((path, {**more, **period}) for more in ALL_BY[path])
    elif not OF_NOBODY & set(re.findall(r"{(\w+)}", path)):
        days = [{"day": day} for day in ("", PAST, QUIET)] if "{touchpoint_id}" in path else [{}]
        for filled in filled_paths(path):
            yield from ((filled, params) for params in (*days, *OF_PAGES.get(path, [])))


def filled_paths(path: str) -> list[str]:
    """With something in each gap."""
    gap = re.search(r"{(\w+)}", path)
    if gap is None:
        return [path]
    assert gap[1] in GAPS, f"{path}: this test does not know how to ask it"
    return [each for value in GAPS[gap[1]] for each in filled_paths(path.replace(gap[0], value))]


def told(client: TestClient, path: str, params: dict[str, str]) -> tuple[int, str]:
    """The status and what is said, without the moment and the secrets."""
    answer = client.get(path, params=params, follow_redirects=False)
    return answer.status_code, VARIES.sub("", answer.text)


def ids_of_scores(one: Twin) -> list[str]:
    """Of scores that are withheld, and of others; some of them, because each is counted again."""
    found: list[str] = []
    for params in PERIODS:
        answer = one.clients["manager"].get(
            "/api/v1/scores", params={**params, "metric": ["csat", "relative_dissatisfaction"]}
        )
        for result in answer.json()["results"]:
            found += [score["explain"].split("/")[-2] for score in result["scores"] if score.get("explain")]
    assert len(found) > 20
    return found[:: len(found) // 10]


def walk(twins: tuple[Twin, Twin], choose: Callable[[Twin], TestClient], start: str) -> int:
    """How many questions were answered, and on both hubs alike."""
    one, other = twins
    ids = ids_of_scores(one)
    answered = 0
    for path in routes_of(one.app):
        if path in RAW | ABOUT_THE_HUB or path.startswith("/api/") != (start == "/api/"):
            continue
        for asked, params in questions_for(path, ids):
            first, second = told(choose(one), asked, params), told(choose(other), asked, params)
            assert first == second, f"{asked} {params} tells what three people said"
            answered += first[0] == 200
    return answered


def test_no_route_of_the_api_tells_what_three_people_said(twins: tuple[Twin, Twin]) -> None:
    """Not even to an admin, who may ask everything that the others may."""
    assert walk(twins, lambda one: one.clients["admin"], "/api/") > 60


def test_no_page_and_no_live_view_tells_what_three_people_said(twins: tuple[Twin, Twin]) -> None:
    assert walk(twins, lambda one: one.browser, "/") > 20


def test_the_walk_would_see_what_three_people_said(twins: tuple[Twin, Twin]) -> None:
    params = {"type": "button.press", "place": "till-1"}
    one, other = (told(each.clients["analyst"], "/api/v1/events", params) for each in twins)
    assert (one[0], other[0]) == (200, 200)
    assert one != other


@pytest.mark.parametrize("path", ["/api/v1/events", "/api/v1/what-if", "/api/v1/export?kind=events"])
def test_single_events_are_for_analysts_and_admins(twins: tuple[Twin, Twin], path: str) -> None:
    status = {role: twins[0].clients[role].get(path).status_code for role in ROLES}
    assert status == {"manager": 403, "ops": 403, "analyst": 200, "admin": 200}


def test_a_score_of_three_is_withheld_and_says_so(twins: tuple[Twin, Twin]) -> None:
    params: dict[str, Any] = {"from": QUIET, "to": QUIET, "place": "counter"}
    [result] = twins[0].clients["manager"].get("/api/v1/scores", params=params).json()["results"]
    assert result["counts"]["responses"] is None
    assert (result["counts"]["accepted"], result["counts"]["withheld"]) == (3, 3)
    by_id = {score["metric"]: score for score in result["scores"]}
    for metric in ("csat", "csat_mean", "happy_index", "relative_dissatisfaction", "share_rating_1"):
        assert (by_id[metric]["status"], by_id[metric]["value"]) == ("suppressed", None), metric
        assert by_id[metric]["flags"].count("small-cells") == 1
    assert (by_id["responses"]["value"], by_id["response_rate"]["value"]) == (3, 0.05)


def test_how_few_is_too_few_is_a_setting(tmp_path: Path) -> None:
    with open_chain(f"sqlite:///{tmp_path / 'hub.db'}") as chain:
        chain.press("till-2", f"{PAST}T10:30", 4, times=15)
        chain.settle()
        settings = {"data_dir": str(tmp_path), "database": {"url": str(chain.engine.url)}}
        for smallest, status in ((5, "low_n"), (15, "low_n"), (16, "suppressed")):
            config = read_settings({**settings, "privacy": {"smallest_cell": smallest}}, HubConfig)
            app = create_app(config)
            token = create_token(chain.engine, "reader", "manager", None)
            client = TestClient(app, headers={"Authorization": f"Bearer {token}"})
            params = {"from": PAST, "to": PAST, "place": "till-2", "metric": "csat"}
            [result] = client.get("/api/v1/scores", params=params).json()["results"]
            assert result["scores"][0]["status"] == status
            app.state.services.engine.dispose()


def test_a_smallest_cell_of_less_than_five_is_refused() -> None:
    with pytest.raises(BadConfig, match=r"privacy.smallest_cell: 4: should be greater than or equal to 5"):
        read_settings({"privacy": {"smallest_cell": 4}}, HubConfig)
