"""Sellers and sales over HTTP: hand-made vectors, the API's numbers, live, teams unranked, no faces."""

import re
from html import unescape

import pytest
from tests.harness.declared import declare_faces
from tests.harness.websites import Visitor, Website, now_ms

from tillsight_hub.metrics.catalogue import catalogue
from tillsight_hub.metrics.settings import MetricSettings
from tillsight_hub.pages.selling import OF_TEAMS, SHOWN
from tillsight_models.events import (
    AttemptEnded,
    EmotionWindowed,
    SalesReported,
    StaffShifted,
    TrafficCounted,
)

from .conftest import Visit
from .test_overview import frames, next_with

VALIDATION = ((80, 15, 5, 0), (10, 80, 10, 0), (5, 35, 60, 0))


@pytest.fixture(scope="module", autouse=True)
def some_traffic(site: Website) -> None:
    """40 attempts of 60 s or 90 s among 100 visitors; 20 receipts of 1,000 and 3,000."""
    box = site.boxes["box-1"]
    events = [
        *(box.event(AttemptEnded(duration_s=60 + 30 * (n % 2)), t=now_ms()) for n in range(40)),
        box.event(TrafficCounted(entrance="door", period_s=60, entered=100, left=90), t=now_ms()),
        box.event(SalesReported(period_s=60, receipts=10, amount=10_000), t=now_ms()),
        box.event(SalesReported(period_s=60, receipts=10, amount=30_000), t=now_ms()),
        *(box.press(rating, t=now_ms()) for rating in [4] * 30 + [1] * 10),
        *(
            box.event(
                EmotionWindowed(
                    period_s=60, positive=30, neutral=30, negative=30, unknown=0, validation=VALIDATION
                ),
                t=now_ms(),
            )
            for _ in range(2)
        ),
    ]
    declare_faces(site.services.engine, "acme")
    site.ingest(*events)


@pytest.fixture
def ada(site: Website, visit: Visit) -> Visitor:
    visitor = visit(site)
    visitor.log_in("ada")
    return visitor


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def dials(text: str) -> dict[str, str]:
    found = re.findall(r'<div class="dial panel"><dt>(.*?)</dt>(.*?)</div>', text, re.DOTALL)
    return {name: words(html) for name, html in found}


def test_todays_dials_are_the_hand_made_vectors(ada: Visitor) -> None:
    found = dials(ada.client.get("/sales?place=till-1").text)
    assert "40 attempts to sell" in found["Activity"]
    assert "0.8 h spent on them" in found["Activity"]
    assert found["Reach"].startswith("40%")
    assert found["Conversion"].startswith("50%")
    assert "Attempts per sale: 2.00" in found["Conversion"]
    assert found["Satisfaction"].startswith("75%")
    assert found["Average check"].startswith("20.00")
    assert found["Revenue"].startswith("400.00")


def test_the_table_has_the_numbers_of_the_api_and_their_explanations(ada: Visitor) -> None:
    text = ada.client.get("/sales?place=till-1&by=touchpoint&period=today").text
    body, *_ = re.findall(r"<tbody>(.*?)</tbody>", text, re.DOTALL)
    told = ada.client.get("/api/v1/scores", params={"place": "till-1"}).json()["results"][0]["scores"]
    by_metric = {score["metric"]: score for score in told}
    for metric, shown in {
        "closing_rate": "50%",
        "visitor_reach": "40%",
        "attempt_duration": "75.0 s",
        "average_check": "20.00",
        "csat": "75%",
    }.items():
        score = by_metric[metric]
        assert f"/explain/{score['id']}" in body, metric
        assert shown in words(body), metric
        assert ada.client.get(f"/explain/{score['id']}").status_code == 200


def test_places_without_sellers_are_left_out_and_counted(ada: Visitor) -> None:
    text = ada.client.get("/sales?by=touchpoint&period=today").text
    body, *_ = re.findall(r"<tbody>(.*?)</tbody>", text, re.DOTALL)
    assert re.findall(r"/places/([\w-]+)", body) == ["till-1"]
    assert "3 places report none of it." in text


def test_a_store_without_the_sellers_button_has_no_conversion_and_is_named(
    fresh_site: Website, visit: Visit
) -> None:
    rome, pune = fresh_site.boxes["box-1"], fresh_site.boxes["box-3"]
    attempts = (rome.event(AttemptEnded(duration_s=30), t=now_ms()) for _ in range(10))
    fresh_site.ingest(*attempts, rome.sales(5, 5000, t=now_ms()))
    fresh_site.ingest(pune.sales(40, 90_000, t=now_ms()), box="box-3")
    visitor = visit(fresh_site)
    visitor.log_in("ada")
    text = visitor.client.get("/sales?period=last-7-days").text
    assert "1 store sells without a sellers' button" in unescape(dials(text)["Conversion"])
    body, *_ = re.findall(r"<tbody>(.*?)</tbody>", text, re.DOTALL)
    rows = {row.split()[0]: row for row in map(words, re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL))}
    assert "50%" in rows["Rome"]
    assert "%" not in rows["Pune"]
    alone = dials(visitor.client.get("/sales?place=pune").text)
    assert "nobody reported an attempt" in alone["Conversion"]


def test_nothing_of_it_stands_beside_faces(site: Website, ada: Visitor) -> None:
    assert not {metric for metric in (*SHOWN, *OF_TEAMS) if "emotion" in metric or "valence" in metric}
    inputs = {name for metric in catalogue(MetricSettings()).chosen(SHOWN) for name in metric.inputs}
    assert "emotions" not in inputs
    text = ada.client.get("/sales?place=till-1").text.lower()
    assert "face" in text, "the page says that it keeps them apart"
    for word in ("emotion", "valence", "mood-", "positive_emotion"):
        assert word not in text, word


def test_an_attempt_is_in_the_next_frame(fresh_site: Website, visit: Visit) -> None:
    visitor = visit(fresh_site)
    visitor.log_in("ada")
    with frames(visitor, "/live/sales?place=rome") as stream:
        before = next_with(stream, "today")["html"]
        box = fresh_site.boxes["box-1"]
        fresh_site.ingest(box.event(AttemptEnded(duration_s=30), t=now_ms()))
        after = next_with(stream, "today")["html"]
    assert dials(before) == {} or "0 attempts" in dials(before)["Activity"]
    assert dials(after)["Activity"].startswith("1 attempt to sell")


def test_teams_stand_by_code_and_say_with_whom_they_tie(fresh_site: Website, visit: Visit) -> None:
    box, now = fresh_site.boxes["box-1"], now_ms()
    events = []
    for team, start, bad in (("late", now - 7_200_000, 14), ("early", now - 3_600_000, 12)):
        events.append(box.event(StaffShifted(team=team, state="start"), t=start))
        for n in range(45):
            events.append(box.press(1 if n < bad else 4, t=start + 60_000 + n * 1000))
        events.append(box.event(StaffShifted(team=team, state="end"), t=start + 3_000_000))
    fresh_site.ingest(*events)
    visitor = visit(fresh_site)
    visitor.log_in("ada")
    text = visitor.client.get("/sales?place=till-1&period=last-7-days").text
    panel = text.split('id="teams-title"')[1].split("</section>")[0]
    rows = [words(row) for row in re.findall(r"<tr>(.*?)</tr>", panel, re.DOTALL)[1:]]
    assert [row.split()[3] for row in rows] == ["early", "late"], "by code, though late is better or worse"
    assert rows[0].endswith("late")
    assert rows[1].endswith("early")


def test_a_team_with_too_few_answers_is_withheld(fresh_site: Website, visit: Visit) -> None:
    box, now = fresh_site.boxes["box-1"], now_ms()
    events = [box.event(StaffShifted(team="night", state="start"), t=now - 3_600_000)]
    events += [box.press(1, t=now - 3_000_000 + n * 1000) for n in range(4)]
    events.append(box.event(StaffShifted(team="night", state="end"), t=now - 600_000))
    fresh_site.ingest(*events)
    visitor = visit(fresh_site)
    visitor.log_in("ada")
    text = visitor.client.get("/sales?place=till-1&period=last-7-days").text
    panel = words(text.split('id="teams-title"')[1].split("</section>")[0])
    assert "night" in panel
    assert "withheld" in panel
    assert "0%" not in panel


def test_a_manager_sees_the_sales_of_their_store_only(site: Website, visit: Visit) -> None:
    mona = visit(site)
    mona.log_in("mona")
    assert mona.client.get("/sales").status_code == 200
    for path in ("/sales?place=pune", "/live/sales?place=pune", "/sales?place=north"):
        assert mona.client.get(path).status_code == 404, path


def test_the_worth_of_an_experience_is_the_apis(ada: Visitor) -> None:
    figures = {
        "margin": "120",
        "discount": "0.1",
        "customers": "1000",
        "cost": "20000",
        "retention": "0.8",
        "retention_after": "0.82",
        "n": "500",
    }
    told = ada.client.get("/api/v1/value", params=figures).json()
    text = ada.client.get("/sales/worth", params=figures).text
    assert f"{told['rocxi']['value']:.2f}" == "0.57"
    assert "0.57" in text
    assert f"{told['clv_before']['lower']:.2f} to {told['clv_before']['upper']:.2f}" in words(text)
    assert "association, not cause" in text


def test_a_wrong_figure_is_said_beside_its_field_and_stays_typed(ada: Visitor) -> None:
    answer = ada.client.get("/sales/worth?margin=%3Cb%3E&discount=0.1&customers=10&retention=8&n=5")
    assert answer.status_code == 422
    assert "“&lt;b&gt;”: expected a number, 0 or more" in answer.text
    assert "expected a number from 0 to 1, such as 0.8" in answer.text
    assert 'value="&lt;b&gt;"' in answer.text
    assert "<b>" not in answer.text
