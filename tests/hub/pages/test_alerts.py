"""The page of alerts: what it says, and that its forms change only what they may."""

from collections.abc import Callable

from sqlalchemy import Engine
from tests.harness.ingesting import table_rows
from tests.harness.websites import Visitor, Website

Visit = Callable[[Website], Visitor]
NEW = {"place": "rome", "kind": "count", "window_minutes": "20", "negative": "5"}


def engine_of(site: Website) -> Engine:
    return site.services.engine


def test_the_page_says_how_often_it_is_wrong_and_what_is_not_known(site: Website, visit: Visit) -> None:
    visitor = visit(site)
    visitor.log_in("anna")
    text = visitor.client.get("/alerts").text
    assert "About one false alarm per touchpoint in 2 months is allowed." in text
    assert "no history yet" in text
    assert "All as usual" in text
    assert 'aria-current="page">Alerts' in text
    assert 'action="/alerts/rules"' not in text


def test_somebody_unknown_is_sent_to_the_login(site: Website, visit: Visit) -> None:
    assert visit(site).client.get("/alerts").headers["location"] == "/login?next=/alerts"


def test_a_manager_makes_and_removes_a_rule_of_their_store(fresh_site: Website, visit: Visit) -> None:
    visitor = visit(fresh_site)
    visitor.log_in("ada")
    token = {"csrf_token": visitor.csrf_token("/alerts")}
    assert visitor.client.post("/alerts/rules", data=NEW | token).status_code == 303
    (row,) = table_rows(engine_of(fresh_site), "alert_rule")
    assert '"negative":5' in row["settings"]
    text = visitor.client.get("/alerts").text
    assert "Number of negative answers" in text
    path = f"/alerts/rules/{row['id']}"
    assert visitor.client.post(path, data={"do": "off"} | token).status_code == 303
    assert not table_rows(engine_of(fresh_site), "alert_rule")[0]["enabled"]
    assert visitor.client.post(path, data={"do": "remove"} | token).status_code == 303
    assert not table_rows(engine_of(fresh_site), "alert_rule")


def test_a_senseless_rule_is_refused_with_the_reason_on_the_page(site: Website, visit: Visit) -> None:
    visitor = visit(site)
    visitor.log_in("ada")
    token = {"csrf_token": visitor.csrf_token("/alerts")}
    values = {"place": "rome", "kind": "negative-share", "share": "0.1", "least_answers": "5"}
    answer = visitor.client.post("/alerts/rules", data=values | token)
    assert answer.status_code == 422
    assert "One bad answer of 5 would alarm already." in answer.text


def test_a_form_from_elsewhere_changes_nothing(site: Website, visit: Visit) -> None:
    visitor = visit(site)
    visitor.log_in("ada")
    for path in ("/alerts/rules", "/alerts/rules/1", "/alerts/snooze", "/alerts/1/qualify"):
        assert visitor.client.post(path, data=NEW).status_code == 403
    assert not table_rows(engine_of(site), "alert_rule")
    assert not table_rows(engine_of(site), "snooze")


def test_nobody_reaches_beyond_their_part_or_role(site: Website, visit: Visit) -> None:
    manager, analyst = visit(site), visit(site)
    manager.log_in("mona")
    token = {"csrf_token": manager.csrf_token("/alerts")}
    assert manager.client.post("/alerts/rules", data=NEW | token | {"place": "pune"}).status_code == 404
    assert (
        manager.client.post("/alerts/snooze", data=token | {"place": "pune", "hours": "1"}).status_code == 404
    )
    assert manager.client.post("/alerts/99/qualify", data=token | {"as": "true"}).status_code == 404
    analyst.log_in("anna")
    token = {"csrf_token": analyst.csrf_token("/alerts")}
    assert analyst.client.post("/alerts/rules", data=NEW | token).status_code == 403


def test_quiet_for_a_place_is_shown(fresh_site: Website, visit: Visit) -> None:
    visitor = visit(fresh_site)
    visitor.log_in("otto")
    token = {"csrf_token": visitor.csrf_token("/alerts")}
    answer = visitor.client.post("/alerts/snooze", data=token | {"place": "till-1", "hours": "4"})
    assert answer.status_code == 303
    assert "snoozed until" in visitor.client.get("/alerts").text
