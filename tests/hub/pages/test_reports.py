"""`/reports` and `/shared/{token}`: who may do what, what is kept, and what a stranger sees."""

import html
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update
from tests.harness.websites import Visitor, Website

from tillsight_hub.pages.shared import Recent
from tillsight_hub.tables import audit, report_schedule, share_link

NAMES = "<img src=x onerror=alert(1)>"
Visit = Any


def sent(visitor: Visitor, path: str, **fields: str) -> httpx.Response:
    form = {**fields, "csrf_token": visitor.csrf_token("/reports")}
    return visitor.client.post(path, data=form)


def told(answer: httpx.Response) -> str:
    """The page's text."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)))


def actions(site: Website) -> list[str]:
    with site.services.engine.connect() as connection:
        return list(connection.scalars(select(audit.c.action).order_by(audit.c.id)))


@pytest.fixture
def mona(site: Website, visit: Visit) -> Visitor:
    """Manager of Rome."""
    visitor: Visitor = visit(site)
    visitor.log_in("mona")
    return visitor


@pytest.fixture
def ada(site: Website, visit: Visit) -> Visitor:
    visitor: Visitor = visit(site)
    visitor.log_in("ada")
    return visitor


def shared_path(answer: httpx.Response) -> str:
    found = re.search(r"/shared/[\w-]+", answer.text)
    assert found, answer.text
    return found[0]


def test_a_manager_schedules_pauses_and_removes_a_report(site: Website, mona: Visitor) -> None:
    made = sent(
        mona, "/reports/schedules", kind="weekly", place="rome", recipients="mona@example.org", language="it"
    )
    assert (made.status_code, made.headers["location"]) == (303, "/reports#schedules")
    with site.services.engine.connect() as connection:
        number = connection.scalar(select(report_schedule.c.id).order_by(report_schedule.c.id.desc()))
    page = mona.client.get("/reports")
    assert "mona@example.org" in told(page)
    assert "06:00" in told(page)
    assert sent(mona, f"/reports/schedules/{number}", do="off").status_code == 303
    assert "rests" in told(mona.client.get("/reports"))
    assert sent(mona, f"/reports/schedules/{number}", do="send").status_code == 422  # no mail server here
    assert sent(mona, f"/reports/schedules/{number}", do="remove").status_code == 303
    assert "mona@example.org" not in told(mona.client.get("/reports"))
    assert actions(site)[-3:] == ["report scheduled", "report schedule off", "report schedule removed"]


def test_what_was_typed_is_kept_with_the_problem_beside_it(mona: Visitor) -> None:
    answer = sent(
        mona, "/reports/schedules", kind="monthly", place="desk", recipients="mona, <b>", language="it"
    )
    assert answer.status_code == 422
    assert 'value="mona, &lt;b&gt;"' in answer.text
    assert re.search(
        r'id="schedule-problem">Write mail addresses such as mona@example.org, at most 20. mona<', answer.text
    )
    assert re.search(r'value="monthly" selected', answer.text)
    assert re.search(r'value="desk" selected', answer.text)
    assert 'aria-invalid="true"' in answer.text


@pytest.mark.parametrize("path", ["/reports/schedules", "/reports/links"])
def test_nobody_sends_or_shares_what_they_do_not_see(
    site: Website, mona: Visitor, visit: Visit, path: str
) -> None:
    fields = {"kind": "weekly", "recipients": "a@example.org", "days": "30"}
    for place in ("pune", "north", "", "nowhere"):
        assert sent(mona, path, place=place, **fields).status_code == 404, place
    otto: Visitor = visit(site)
    otto.log_in("otto")
    token = otto.csrf_token("/account")
    answer = otto.client.post(path, data={**fields, "place": "rome", "csrf_token": token})
    assert answer.status_code == 403
    assert (
        mona.client.post(path, data={**fields, "place": "rome"}).status_code == 403
    )  # without the form's token
    page = told(otto.client.get("/reports"))
    assert "Camera check" in page
    assert not [word for word in ("Weekly page", "Who gets what by mail", "Links to share") if word in page]


def test_a_manager_does_not_touch_what_others_keep(ada: Visitor, mona: Visitor, site: Website) -> None:
    sent(ada, "/reports/schedules", kind="weekly", place="pune", recipients="p@example.org")
    sent(ada, "/reports/links", place="pune", days="7")
    with site.services.engine.connect() as connection:
        schedule = connection.scalar(select(report_schedule.c.id).order_by(report_schedule.c.id.desc()))
        link = connection.scalar(select(share_link.c.id).order_by(share_link.c.id.desc()))
    assert "p@example.org" not in mona.client.get("/reports").text
    assert sent(mona, f"/reports/schedules/{schedule}", do="remove").status_code == 404
    assert sent(mona, f"/reports/links/{link}/revoke").status_code == 404


def test_a_link_opens_one_place_until_it_is_taken_back(site: Website, mona: Visitor) -> None:
    made = sent(mona, "/reports/links", place="rome", days="30")
    path = shared_path(made)
    assert path not in mona.client.get("/reports").text  # shown once
    with httpx.Client(base_url=site.url) as stranger:
        page = stranger.get(path)
        assert page.status_code == 200
        assert "Rome" in told(page)
        assert "Till 1" not in page.text
        assert page.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["cache-control"] == "no-store"
        assert "set-cookie" not in page.headers
        assert "/explain/" not in page.text
        assert "Persone servite" in stranger.get(path, params={"lang": "it"}).text
        with site.services.engine.connect() as connection:
            row = connection.execute(select(share_link).order_by(share_link.c.id.desc())).first()
        assert row is not None
        assert path.removeprefix("/shared/") not in str(row)
        assert row.last_used is not None
        sent(mona, f"/reports/links/{row.id}/revoke")
        gone, unknown = stranger.get(path), stranger.get("/shared/" + "x" * 43)
    assert (gone.status_code, unknown.status_code) == (404, 404)
    assert gone.text.replace(path, "") == unknown.text.replace("/shared/" + "x" * 43, "")
    assert gone.headers["x-robots-tag"] == unknown.headers["x-robots-tag"]
    assert actions(site)[-2:] == ["link shared", "link revoked"]


def test_a_link_ends_by_itself_and_shows_touchpoints_only_where_that_was_chosen(
    site: Website, mona: Visitor
) -> None:
    path = shared_path(sent(mona, "/reports/links", place="rome", days="7", by_touchpoint="1"))
    with httpx.Client(base_url=site.url) as stranger:
        assert "Touchpoint by touchpoint" in told(stranger.get(path))
        with site.services.engine.begin() as connection:
            connection.execute(update(share_link).values(expires=1))
        assert stranger.get(path).status_code == 404
    assert sent(mona, "/reports/links", place="rome", days="9999").status_code == 422


def test_strangers_who_reload_make_no_work() -> None:
    now, worked = [0.0], []
    recent = Recent(lambda: now[0])

    def work_out() -> dict[str, object]:
        worked.append(now[0])
        return {"at": now[0]}

    assert recent.of((1, "en"), work_out) == recent.of((1, "en"), work_out) == {"at": 0.0}
    recent.of((1, "it"), work_out)
    now[0] = 61.0
    assert recent.of((1, "en"), work_out) == {"at": 61.0}
    assert worked == [0.0, 0.0, 61.0]


def test_who_guesses_has_to_wait(fresh_site: Website) -> None:
    with httpx.Client(base_url=fresh_site.url) as stranger:
        answers = [stranger.get(f"/shared/{'a' * (number + 1)}").status_code for number in range(14)]
    assert answers[0] == 404
    assert answers[-1] == 429
    assert set(answers) == {404, 429}


def test_names_are_no_markup(tmp_path: Path, visit: Visit) -> None:
    from tests.harness.ingesting import SEED
    from tests.harness.websites import website

    stores = [{**SEED["store"][0], "name": NAMES}, SEED["store"][1]]
    with website(tmp_path, {**SEED, "store": stores}, users=("ada",)) as site:
        ada: Visitor = visit(site)
        ada.log_in("ada")
        sent(ada, "/reports/schedules", kind="weekly", place="rome", recipients="m@example.org")
        made = sent(ada, "/reports/links", place="rome", days="7", by_touchpoint="1")
        for text in (made.text, ada.client.get(shared_path(made)).text):
            assert NAMES not in text
            assert html.escape(NAMES, quote=False) in text


def test_a_hub_without_places_says_so(empty_site: Website, visit: Visit) -> None:
    ada: Visitor = visit(empty_site)
    ada.log_in("ada")
    assert "nothing to report" in told(ada.client.get("/reports"))
