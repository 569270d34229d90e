"""The shopper's phone: one question after the other, stored once, and nothing kept that was not agreed to."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine
from tests.harness.ingesting import table_rows
from tests.harness.phones import Phone, code_of, give_survey, visit_id
from tests.harness.processes import wait_until
from tests.harness.websites import Website, website

from tillsight_hub.visits.brake import PER_MINUTE

NUMBERS = iter(range(1, 1000))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    with website(tmp_path_factory.mktemp("site")) as running:
        give_survey(running.services.engine)
        yield running


@pytest.fixture
def client(site: Website) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.url, timeout=60) as opened:
        site.app.state.brake.__init__()
        yield opened


def engine_of(site: Website) -> Engine:
    return site.services.engine


def new_visit() -> str:
    return visit_id(next(NUMBERS))


def phone_events(site: Website, visit: str) -> list[dict[str, Any]]:
    """What is stored of the phone, in order, once the visit's answers are events."""

    def is_sent() -> bool:
        (link,) = (row for row in table_rows(engine_of(site), "visit_link") if row["visit"] == visit)
        return link["content"] is None

    wait_until(is_sent, "the phone's answers")
    rows = [row for row in table_rows(engine_of(site), "event") if row["stream"] == f"phone{visit}"]
    return [{"type": row["type"], **json.loads(row["data"])} for row in rows]


def test_a_visit_goes_on_question_by_question_and_is_stored_once(site: Website, client: httpx.Client) -> None:
    visit = new_visit()
    phone = Phone(client, code_of(engine_of(site), visit))
    assert phone.heading == "Would you recommend us?"
    phone.send("answer", value="4")
    assert phone.heading == "What should be better?"
    phone.send("answer", value="staff")
    phone.send("answer", value=["milk", "bread"])
    phone.send("answer", **{"row-speed": "2", "row-price": "5"})
    phone.send("answer", value="  Open the second till.  ")
    assert phone.heading == "May we answer you?"
    phone.send("end")
    assert phone.heading == "Thank you!"
    stored = phone_events(site, visit)
    assert [event.get("question") for event in stored] == ["again", "what", "bought", "table", "said", None]
    values = [4, "staff", ["bread", "milk"], {"speed": 2, "price": 5}, "Open the second till.", None]
    assert [event.get("value") for event in stored] == values
    assert stored[-1]["outcome"] == "complete"
    assert {event["visit"] for event in stored} == {visit}
    assert {event["survey_version"] for event in stored} == {3}


def test_a_good_answer_leaves_out_what_is_for_others(site: Website, client: httpx.Client) -> None:
    phone = Phone(client, code_of(engine_of(site), new_visit()))
    phone.send("answer", value="9")
    assert phone.heading == "What did you buy?"


def test_going_back_changes_the_answer_and_what_follows_from_it(site: Website, client: httpx.Client) -> None:
    visit = new_visit()
    phone = Phone(client, code_of(engine_of(site), visit))
    phone.send("answer", value="3")
    phone.send("answer", value="queue")
    phone.back()
    phone.back()
    assert phone.heading == "Would you recommend us?"
    assert 'value="3" checked' in phone.page.text
    phone.send("answer", value="10")
    assert phone.heading == "What did you buy?"
    phone.send("enough")
    phone.send("end")
    stored = phone_events(site, visit)
    assert [(event.get("question"), event.get("value")) for event in stored] == [("again", 10), (None, None)]
    assert stored[-1]["outcome"] == "partial"


def test_sending_twice_stores_once(site: Website, client: httpx.Client) -> None:
    visit = new_visit()
    phone = Phone(client, code_of(engine_of(site), visit))
    path = phone.path
    for _ in range(2):
        client.post(path, data={"question": "again", "do": "answer", "value": "8"})
    phone = Phone(client, path.split("/")[2].split("?")[0])
    phone.send("enough")
    for _ in range(2):
        client.post(path, data={"do": "contact", "address": "a@b.example", "consent": "yes"})
    assert len(phone_events(site, visit)) == 2
    requests = [row for row in table_rows(engine_of(site), "contact_request") if row["visit"] == visit]
    assert len(requests) == 1
    cases = [
        row for row in table_rows(engine_of(site), "service_case") if row["request_id"] == requests[0]["id"]
    ]
    assert len(cases) == 1


def test_a_visit_that_ended_takes_no_more(site: Website, client: httpx.Client) -> None:
    visit = new_visit()
    phone = Phone(client, code_of(engine_of(site), visit))
    phone.send("answer", value="8")
    phone.send("enough")
    phone.send("end")
    before = phone_events(site, visit)
    client.post(phone.path, data={"question": "bought", "do": "answer", "value": "milk"})
    client.post(phone.path, data={"do": "contact", "address": "a@b.example", "consent": "yes"})
    assert phone_events(site, visit) == before
    assert not [row for row in table_rows(engine_of(site), "contact_request") if row["visit"] == visit]


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"value": ""},
        {"value": "11"},
        {"value": "-1"},
        {"value": "nine"},
        {"value": "9" * 5000},
        {"value": "<script>"},
    ],
)
def test_what_is_no_answer_is_told_beside_the_question(
    site: Website, client: httpx.Client, sent: dict[str, str]
) -> None:
    phone = Phone(client, code_of(engine_of(site), new_visit()))
    answer = phone.send("answer", **sent)
    assert answer.status_code == 422
    assert "Please choose an answer." in answer.text
    assert "<script>" not in answer.text


def test_a_question_that_must_be_answered_is_not_skipped(site: Website, client: httpx.Client) -> None:
    phone = Phone(client, code_of(engine_of(site), new_visit()))
    assert phone.send("skip").status_code == 422
    phone.send("answer", value="9")
    assert phone.send("skip").status_code == 303
    assert phone.heading == "How were these?"


def test_a_touchpoint_without_a_questionnaire_asks_one_open_question(
    site: Website, client: httpx.Client
) -> None:
    phone = Phone(client, code_of(engine_of(site), new_visit(), device="box-2"))
    assert phone.heading == "What should we know?"


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        (lambda code: code[:-1], 404, "not complete"),
        (lambda code: code[:-3] + ("aaa" if not code.endswith("aaa") else "bbb"), 404, "not complete"),
        (lambda code: "nobody-" + code.rpartition("-")[2], 404, "Nobody knows"),
        (lambda code: "box-2-" + code.rpartition("-")[2], 404, "not complete"),
    ],
)
def test_a_wrong_code_opens_nothing_and_says_why(
    site: Website, client: httpx.Client, change: Any, status: int, words: str
) -> None:
    visit = new_visit()
    answer = client.get(f"/go/{change(code_of(engine_of(site), visit))}")
    assert answer.status_code == status
    assert words in answer.text
    assert not [row for row in table_rows(engine_of(site), "visit_link") if row["visit"] == visit]


def test_an_old_code_is_gone(site: Website, client: httpx.Client) -> None:
    answer = client.get(f"/go/{code_of(engine_of(site), new_visit(), age_min=62)}")
    assert answer.status_code == 410
    assert "older than an hour" in answer.text


def test_who_leaves_an_address_agrees_first(site: Website, client: httpx.Client) -> None:
    phone = Phone(client, code_of(engine_of(site), new_visit(), device="box-2"))
    phone.send("skip")
    answer = phone.send("contact", name="Ugo", address="call me", message="Hello")
    assert answer.status_code == 422
    assert "without your consent we keep nothing" in answer.text
    assert "Please write a mail address" in answer.text
    assert 'value="Ugo"' in answer.text
    assert not [row for row in table_rows(engine_of(site), "contact_request") if row["name"] == "Ugo"]


def test_what_was_left_can_be_erased_with_the_words_of_the_answers(
    site: Website, client: httpx.Client
) -> None:
    visit = new_visit()
    phone = Phone(client, code_of(engine_of(site), visit, device="box-2"))
    phone.send("answer", value="I am Ugo and it was cold.")
    phone.send("contact", name="Ugo", address="+39 06 123456", message="Heat it.", consent="yes")
    assert "Erase what I left" in phone.page.text
    (request,) = (row for row in table_rows(engine_of(site), "contact_request") if row["visit"] == visit)
    assert request["consent"].startswith("I agree that Acme keeps what I wrote here for at most 90 days")
    assert request["erase_after"] - request["at"] == 90 * 86_400_000
    assert phone_events(site, visit)[0]["value"] == "I am Ugo and it was cold."
    link = phone.page.text.split('class="button" href="')[1].split('"')[0]
    assert "You wrote to Rome" in client.get(link).text
    assert client.post(link).status_code == 303
    assert "It is erased" in client.get(link).text
    (request,) = (row for row in table_rows(engine_of(site), "contact_request") if row["visit"] == visit)
    assert (request["name"], request["address"], request["message"]) == ("", "", "")
    assert phone_events(site, visit)[0]["value"] is None
    everything = json.dumps(
        [table_rows(engine_of(site), name) for name in ("event", "audit", "service_case")]
    )
    assert "Ugo and it" not in everything
    assert "123456" not in everything


@pytest.mark.parametrize("token", ["1-aaaa", "x", "99999999999999999999-a", "1-", "-"])
def test_a_made_up_link_erases_nothing(client: httpx.Client, token: str) -> None:
    assert client.get(f"/go/erase/{token}").status_code == 404
    assert client.post(f"/go/erase/{token}").status_code == 404


def test_no_cookie_no_script_and_the_strict_policy(site: Website, client: httpx.Client) -> None:
    phone = Phone(client, code_of(engine_of(site), new_visit()), "ar")
    assert not client.cookies
    assert "<script" not in phone.page.text
    assert 'dir="rtl"' in phone.page.text
    assert "default-src 'none'" in phone.page.headers["content-security-policy"]
    assert phone.page.headers["cache-control"] == "no-store"
    assert phone.page.headers["x-robots-tag"] == "noindex"


def test_a_form_of_another_site_is_refused(site: Website, client: httpx.Client) -> None:
    phone = Phone(client, code_of(engine_of(site), new_visit()))
    headers = {"Origin": "https://evil.example"}
    assert client.post(phone.path, data={"do": "end"}, headers=headers).status_code == 403
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert client.post(phone.path, data={"do": "end"}, headers=headers).status_code == 403


def test_too_much_at_once_is_refused(site: Website, client: httpx.Client) -> None:
    phone = Phone(client, code_of(engine_of(site), new_visit()))
    assert client.post(phone.path, content=b"value=" + b"x" * 40_000).status_code == 413
    assert client.post(phone.path, content=b"&".join(b"a=1" for _ in range(100))).status_code == 422
    assert client.post(phone.path, content=b"\xff\xfe").status_code == 422


def test_guessing_is_slowed_down(site: Website, client: httpx.Client) -> None:
    answers = [client.get("/go/box-1-guess").status_code for _ in range(PER_MINUTE // 10 + 1)]
    assert answers[0] == 404
    assert answers[-1] == 429
    assert client.get("/go/box-1-guess").headers["retry-after"] == "60"


def test_what_nobody_goes_on_with_is_kept_as_partial(tmp_path: Path) -> None:
    """The visit's hour is over: what was answered is stored by itself."""
    from sqlalchemy import update

    from tillsight_hub.database import writing
    from tillsight_hub.tables import visit_link

    with website(tmp_path, users=()) as site, httpx.Client(base_url=site.url) as client:
        give_survey(engine_of(site))
        phone = Phone(client, code_of(engine_of(site), visit_id(1)))
        phone.send("answer", value="8")
        with writing(engine_of(site)) as connection:
            connection.execute(update(visit_link).values(opened=visit_link.c.opened - 3_600_000))
        stored = phone_events(site, visit_id(1))
        assert [event.get("outcome") for event in stored] == [None, "partial"]
        assert Phone(client, code_of(engine_of(site), visit_id(1))).heading == "Thank you!"


def test_a_phone_makes_no_device_look_alive(site: Website) -> None:
    rows = {row["id"]: row["last_seen"] for row in table_rows(engine_of(site), "device")}
    assert rows["box-1"] is None
