"""Visits on a phone, in the tables: what is known before, what is kept, and what becomes of it."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, insert
from tests.harness.ingesting import DAY, NOON, Box, intake, table_rows, take
from tests.harness.phones import SURVEY, visit_id

from tillsight_hub import tables
from tillsight_hub.cases.settings import CaseSettings
from tillsight_hub.database import writing
from tillsight_hub.hierarchy import Hierarchy
from tillsight_hub.ingest.checks import read_message
from tillsight_hub.ingest.messages import Incoming, Receipt
from tillsight_hub.visits.brake import PER_MINUTE, Brake
from tillsight_hub.visits.content import Given, due
from tillsight_hub.visits.erasing import erase, erase_old
from tillsight_hub.visits.going_on import LASTS_MS, Doors, Wish, answer, end, read_visit
from tillsight_hub.visits.keys import PhoneDoor, erase_token, key_of, read_secret, request_of
from tillsight_hub.visits.sender import PhoneSender
from tillsight_models.continuation import Continuation, key_from_text, phone_stream
from tillsight_models.events import QuestionAnswered, ReasonGiven
from tillsight_models.surveys import read_survey

VISIT = visit_id(1)
SAID = read_survey(SURVEY).question("said")
WISH = Wish("Ugo", "ugo@example.org", "Call me.", "it", "I agree", 90)
ASKED = {**SURVEY, "questions": [{**SURVEY["questions"][0]}, {**SURVEY["questions"][2], "show_if": []}]}


def want(engine: Engine, survey: Any = SURVEY) -> None:
    row = {"dev": "box-1", "wanted": json.dumps({"kiosk": {"survey": survey}}), "version": "1", "changed": 1}
    with writing(engine) as connection:
        connection.execute(insert(tables.device_config).values(row))


def begun(engine: Engine, hierarchy: Hierarchy, at: int = NOON) -> Any:
    return Doors(engine).open(hierarchy, Continuation("box-1", VISIT, NOON // 60_000), at)


def say(engine: Engine, words: str, t: int = NOON + 1000) -> bool:
    return answer(engine, VISIT, SAID, Given(words, t, "en")) is not None


def sender(engine: Engine, now: int = NOON, **broken: Any) -> PhoneSender:
    """Straight into ingest; `lose` loses the answer after the commit, as a hub does that is killed then."""

    def submit(incoming: Incoming) -> None:
        outcome = intake(engine, now=NOON + DAY).take([read_message(incoming)])
        incoming.done(Receipt(committed=False) if broken.get("lose") else outcome.receipt)

    return PhoneSender(engine, submit, clock=lambda: now)


def stored(engine: Engine) -> list[dict[str, Any]]:
    rows = [row for row in table_rows(engine, "event") if row["stream"] == phone_stream(VISIT)]
    return [{"type": row["type"], "t": row["t"], **json.loads(row["data"])} for row in rows]


# --- What is known before ------------------------------------------------------------------------------


def test_what_the_screen_asked_is_not_asked_again(either_engine: Engine, hierarchy: Hierarchy) -> None:
    want(either_engine)
    box = Box()
    before = [
        box.press(1, t=NOON - 20_000),
        box.event(ReasonGiven(press=1, reason="slow"), t=NOON - 15_000),
        box.event(
            QuestionAnswered(survey="exit", survey_version=3, visit=VISIT, question="again", value=2),
            t=NOON - 10_000,
        ),
        box.event(
            QuestionAnswered(survey="exit", survey_version=3, visit=visit_id(2), question="what", value="x"),
            t=NOON - 9_000,
        ),
    ]
    take(either_engine, (box, before), received=NOON)
    content = begun(either_engine, hierarchy).content
    assert content.before == {"why": "slow", "again": 2}
    assert content.rating == 1
    following = due(content)
    assert following is not None
    assert following.id == "what"


@pytest.mark.parametrize("presses", [0, 2])
def test_which_press_it_was_is_not_guessed(engine: Engine, hierarchy: Hierarchy, presses: int) -> None:
    want(engine)
    box = Box()
    events = [box.press(1, t=NOON - 20_000 + number) for number in range(presses)]
    if events:
        take(engine, (box, events), received=NOON)
    assert begun(engine, hierarchy).content.rating is None


@pytest.mark.parametrize("wanted", [None, {}, {"id": "broken"}, 7])
def test_without_a_usable_questionnaire_one_thing_is_asked(
    engine: Engine, hierarchy: Hierarchy, wanted: Any
) -> None:
    want(engine, wanted)
    assert [each.id for each in begun(engine, hierarchy).content.survey.questions] == ["words"]


def test_a_new_version_changes_nothing_for_who_is_answering(engine: Engine, hierarchy: Hierarchy) -> None:
    want(engine)
    begun(engine, hierarchy)
    with writing(engine) as connection:
        connection.execute(tables.device_config.delete())
    want(engine, ASKED)
    assert begun(engine, hierarchy).content.survey.id == "exit"
    assert len(begun(engine, hierarchy).content.survey.questions) == len(SURVEY["questions"])


def test_the_key_in_the_wanted_configuration_opens_the_door(engine: Engine, hierarchy: Hierarchy) -> None:
    door = PhoneDoor(engine, "https://hub.example/go")("box-1")
    assert door is not None
    code = Continuation("box-1", VISIT, NOON // 60_000).write(key_from_text(door["key"]))
    found, why = Doors(engine).read(hierarchy, code, NOON)
    assert (found and found.visit, why) == (VISIT, None)
    assert PhoneDoor(engine, None)("box-1") is None


def test_several_hubs_share_one_secret(either_engine: Engine) -> None:
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(read_secret(either_engine))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert key_of(found[0], "box-1") != key_of(found[0], "box-2")


# --- What becomes of it --------------------------------------------------------------------------------


def test_answers_are_stored_once_whatever_is_sent_twice(either_engine: Engine, hierarchy: Hierarchy) -> None:
    want(either_engine)
    begun(either_engine, hierarchy)
    assert say(either_engine, "Cold")
    assert say(either_engine, "Cold", NOON + 2000)
    numbers = [end(either_engine, VISIT, NOON + 3000, WISH) for _ in range(2)]
    assert numbers[0] == numbers[1]
    assert not say(either_engine, "Warm")
    assert sender(either_engine, lose=True).send_waiting() == 0
    assert sender(either_engine).send_waiting() == 1
    assert sender(either_engine).send_waiting() == 0
    events = stored(either_engine)
    assert [event.get("value", event.get("outcome")) for event in events] == ["Cold", "partial"]
    assert events[0]["t"] == NOON + 1000
    assert not table_rows(either_engine, "quarantine")
    (link,) = table_rows(either_engine, "visit_link")
    assert (link["content"], link["events"]) == (None, 2)
    assert len(table_rows(either_engine, "contact_request")) == 1


def test_of_two_ends_at_once_one_wish_is_kept(either_engine: Engine, hierarchy: Hierarchy) -> None:
    begun(either_engine, hierarchy)
    start, numbers = threading.Barrier(4), list[int | None]()

    def ends() -> None:
        start.wait()
        numbers.append(end(either_engine, VISIT, NOON + 1000, WISH))

    threads = [threading.Thread(target=ends) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(numbers)) == 1
    assert len(table_rows(either_engine, "contact_request")) == 1


def test_a_visit_without_an_answer_leaves_no_event(engine: Engine, hierarchy: Hierarchy) -> None:
    begun(engine, hierarchy)
    sender(engine, NOON + LASTS_MS).send_waiting()
    assert not stored(engine)
    assert table_rows(engine, "visit_link")[0]["content"] is None


def test_after_an_hour_there_is_what_there_is(engine: Engine, hierarchy: Hierarchy) -> None:
    want(engine)
    begun(engine, hierarchy)
    say(engine, "Cold")
    assert sender(engine, NOON + LASTS_MS - 1).send_waiting() == 0
    assert not say(engine, "Warm", NOON + LASTS_MS)
    assert sender(engine, NOON + LASTS_MS).send_waiting() == 1
    assert stored(engine)[-1]["outcome"] == "partial"


def test_a_wish_that_cannot_be_followed_up_is_not_half_kept(engine: Engine, hierarchy: Hierarchy) -> None:
    begun(engine, hierarchy)

    def fails(*_: object) -> None:
        raise RuntimeError("no case")

    with pytest.raises(RuntimeError):
        end(engine, VISIT, NOON, WISH, fails)
    assert not table_rows(engine, "contact_request")
    with engine.connect() as connection:
        visit = read_visit(connection, VISIT)
    assert visit is not None
    assert visit.ended is None


# --- Erasing -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent_before", [True, False])
def test_an_erased_wish_takes_the_words_with_it(
    either_engine: Engine, hierarchy: Hierarchy, sent_before: bool
) -> None:
    want(either_engine)
    begun(either_engine, hierarchy)
    say(either_engine, "I am Ugo.")
    number = end(either_engine, VISIT, NOON, WISH)
    assert number is not None
    if sent_before:
        sender(either_engine).send_waiting()
    assert erase(either_engine, number, NOON + 5)
    assert not erase(either_engine, number, NOON + 6)
    sender(either_engine).send_waiting()
    assert [event.get("value") for event in stored(either_engine) if "question" in event] == [None]
    (row,) = table_rows(either_engine, "contact_request")
    assert (row["name"], row["address"], row["message"], row["erased"]) == ("", "", "", NOON + 5)


def test_every_night_what_is_old_is_erased(engine: Engine, hierarchy: Hierarchy) -> None:
    begun(engine, hierarchy)
    end(engine, VISIT, NOON, WISH)
    sender(engine).send_waiting()
    assert erase_old(engine, NOON + 90 * DAY - 1) == 0
    assert erase_old(engine, NOON + 90 * DAY) == 1
    assert erase_old(engine, NOON + 90 * DAY) == 0
    assert table_rows(engine, "contact_request")[0]["address"] == ""
    assert not table_rows(engine, "visit_link")


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: "2" + t[1:], lambda t: t + "a", lambda t: "-"]
)
def test_a_changed_link_is_about_nothing(engine: Engine, change: Callable[[str], str]) -> None:
    secret = read_secret(engine)
    token = erase_token(secret, 1)
    assert request_of(secret, token) == 1
    assert request_of(secret, change(token)) is None


# --- The brake -----------------------------------------------------------------------------------------


def test_a_network_has_its_calls_and_gets_them_back() -> None:
    now = [0.0]
    brake = Brake(lambda: now[0])
    assert all(brake.allows("192.0.2.1") for _ in range(PER_MINUTE))
    assert not brake.allows("192.0.2.1")
    assert brake.allows("192.0.2.2")
    now[0] = 31.0
    assert brake.allows("192.0.2.1", PER_MINUTE // 2)
    assert not brake.allows("192.0.2.1", PER_MINUTE // 2)


def test_defaults_keep_a_wish_for_a_quarter() -> None:
    assert CaseSettings().keep_contacts_days == 90
