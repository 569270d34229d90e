"""Cases: opened once by what opens them, worked on by one person, and told further up when they are late."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, insert, update
from tests.harness.ingesting import DAYTIME, NOON, Box, table_rows, take

from tillsight_hub import tables
from tillsight_hub.access.accounts import add_user
from tillsight_hub.alerts.outbox import Channel, News, file_news
from tillsight_hub.alerts.settings import AlertSettings
from tillsight_hub.calendar import OpeningHours, PlaceCalendar
from tillsight_hub.cases.deadlines import HOUR_MS, deadline
from tillsight_hub.cases.desk import Desk
from tillsight_hub.cases.errors import BadCase, CaseTaken, UnknownCase
from tillsight_hub.cases.keeper import SETTLE_MS, CaseKeeper
from tillsight_hub.cases.listing import Case, Shown, count_cases, find_case, read_cases, read_notes
from tillsight_hub.cases.opening import AlertCases, cases_of, open_for_request
from tillsight_hub.cases.settings import CaseSettings
from tillsight_hub.database import writing
from tillsight_hub.hierarchy import Hierarchy, read_hierarchy
from tillsight_hub.pages.cases import letter_writer
from tillsight_models.configuration import read_settings
from tillsight_models.errors import BadConfig
from tillsight_models.events import ReasonGiven

SETTINGS = CaseSettings()
DETAIL = {"chart": "touchpoint"}
ROME = PlaceCalendar("Europe/Rome", OpeningHours.parse(DAYTIME))


def desk_of(connection: Connection, actor: str = "mona", now: int = NOON) -> Desk:
    return Desk(connection, read_hierarchy(connection), SETTINGS, actor, now)


def opened(engine: Engine, title: str = "The door squeaks", tp: str = "till-1") -> int:
    with writing(engine) as connection:
        return desk_of(connection).open(tp, title)


def case_of(connection: Connection, number: int) -> Case:
    hierarchy = read_hierarchy(connection)
    return find_case(connection, hierarchy, hierarchy.within(None), number)


def shown(engine: Engine, which: Shown = "open", viewer: str = "mona", now: int = NOON) -> list[int]:
    with engine.connect() as connection:
        hierarchy = read_hierarchy(connection)
        found = read_cases(connection, hierarchy, hierarchy.within(None), shown=which, viewer=viewer, now=now)
        numbers = count_cases(connection, hierarchy.within(None), viewer, now)
    assert numbers[which] == len(found)
    return [case.id for case in found]


def raise_alerts(engine: Engine, hierarchy: Hierarchy, *tps: str, at: int = NOON) -> None:
    """Each a minute after the other."""
    channel = Channel(AlertSettings(storm_touchpoints=2), False, AlertCases(SETTINGS))
    for minute, tp in enumerate(tps):
        t = at + minute * 60_000
        news = News(0, 1, hierarchy.touchpoints[tp], t - 60_000, t, DETAIL)
        with writing(engine) as connection:
            file_news(connection, hierarchy, [news], channel, t + 90_000)


# --- Deadlines -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-10-06T10:00", 4, "2026-10-06T14:00"),
        ("2026-10-06T18:00", 4, "2026-10-07T10:00"),
        ("2026-10-06T03:00", 4, "2026-10-06T11:00"),
        ("2026-10-06T19:00", 12, "2026-10-07T19:00"),
    ],
)
def test_a_deadline_counts_opening_hours(start: str, hours: float, end: str) -> None:
    """Rome is open from 7 to 19 UTC."""
    begin, until = (
        int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000) for text in (start, end)
    )
    assert deadline(ROME, begin, hours) == until


@given(st.integers(NOON, NOON + 400 * 24 * HOUR_MS), st.floats(0.01, 200))
@example(1_806_098_400_000, 13.0)  # over the night in which the clocks go forward
def test_exactly_so_many_opening_hours_lie_before_a_deadline(start: int, hours: float) -> None:
    until = deadline(ROME, start, hours)
    days = {ROME.business_day(t) for t in range(start - 24 * HOUR_MS, until + 12 * HOUR_MS, 12 * HOUR_MS)}
    spans = [span for day in days for span in ROME.open_intervals(day)]
    between = sum(max(0, min(closes, until) - max(opens, start)) for opens, closes in spans)
    assert between == round(hours * HOUR_MS)
    assert ROME.is_open(until - 1)


def test_a_place_that_never_opens_has_deadlines_all_the_same() -> None:
    never = PlaceCalendar("Europe/Rome", OpeningHours(((),) * 7))
    assert deadline(never, NOON, 4) == NOON + 4 * HOUR_MS


# --- Opening -------------------------------------------------------------------------------------------


def test_an_alert_opens_a_case_in_its_own_transaction(either_engine: Engine, hierarchy: Hierarchy) -> None:
    """So the case is there as soon as the alert is."""
    raise_alerts(either_engine, hierarchy, "till-1")
    (alert,), (case,) = table_rows(either_engine, "alert"), table_rows(either_engine, "service_case")
    assert (case["alert_id"], case["origin"], case["state"]) == (alert["id"], "alert", "open")
    assert case["opened"] == alert["noticed"]
    assert case["deadline"] == case["opened"] + 4 * HOUR_MS


def test_where_the_transaction_fails_there_is_neither(engine: Engine, hierarchy: Hierarchy) -> None:
    class PowerCutError(Exception):
        pass

    def fails(*arguments: object) -> None:
        AlertCases(SETTINGS)(*arguments)  # type: ignore[arg-type]
        raise PowerCutError

    news = News(0, 1, hierarchy.touchpoints["till-1"], NOON, NOON, DETAIL)
    with pytest.raises(PowerCutError), writing(engine) as connection:
        file_news(connection, hierarchy, [news], Channel(AlertSettings(), False, fails), NOON)
    assert not table_rows(engine, "alert")
    assert not table_rows(engine, "service_case")


def test_a_storm_has_one_case(engine: Engine, hierarchy: Hierarchy) -> None:
    raise_alerts(engine, hierarchy, "till-1", "till-2", "desk")
    (case,) = table_rows(engine, "service_case")
    assert case["tp"] == "till-1"
    notes = [row["text"] for row in table_rows(engine, "case_note")]
    assert notes == ["also-at:till-2", "also-at:desk"]


def test_a_storm_that_began_where_it_is_quiet_has_one_case_too(engine: Engine, hierarchy: Hierarchy) -> None:
    quiet = {"place": "till-1", "until": NOON + 10**7, "actor": "ada"}
    with writing(engine) as connection:
        connection.execute(insert(tables.snooze).values(quiet))
    raise_alerts(engine, hierarchy, "till-1", "till-2", "desk")
    (case,) = table_rows(engine, "service_case")
    assert case["tp"] == "till-2"
    with engine.connect() as connection:
        assert cases_of(connection, [1, 2, 3, 99]) == dict.fromkeys((1, 2, 3), case["id"])


def test_alerts_that_are_held_back_open_none(engine: Engine, hierarchy: Hierarchy) -> None:
    quiet = {"place": "till-1", "until": NOON + 10**7, "actor": "ada"}
    with writing(engine) as connection:
        connection.execute(insert(tables.snooze).values(quiet))
    raise_alerts(engine, hierarchy, "till-1")
    assert table_rows(engine, "alert")[0]["held"] == "snooze"
    assert not table_rows(engine, "service_case")


def give_reason(engine: Engine, reason: str, box: Box) -> None:
    take(engine, (box, box.event(ReasonGiven(press=1, reason=reason))), received=NOON)


def keeper(engine: Engine, now: int, **settings: object) -> CaseKeeper:
    made = read_settings(settings, CaseSettings)
    return CaseKeeper(engine, made, letter_writer("https://hub.example/go"), clock=lambda: now)


def test_a_configured_reason_opens_one_case_until_that_is_closed(either_engine: Engine) -> None:
    box = Box()
    for reason in ("rude", "slow", "rude"):
        give_reason(either_engine, reason, box)
    keeper(either_engine, NOON + SETTLE_MS, reasons=["rude"]).look()
    keeper(either_engine, NOON + SETTLE_MS, reasons=["rude"]).look()
    (case,) = table_rows(either_engine, "service_case")
    assert (case["origin"], case["title"], case["tp"]) == ("reason", "rude", "till-1")


def test_a_wish_opens_one(engine: Engine, hierarchy: Hierarchy) -> None:
    with writing(engine) as connection:
        number = open_for_request(connection, SETTINGS, hierarchy.touchpoints["till-1"], 7, NOON)
    assert shown(engine) == [number]


@pytest.mark.parametrize("title", ["", "   ", "x" * 121, "a\0b", "a\x1b[31m"])
def test_a_title_that_says_nothing_is_refused(engine: Engine, title: str) -> None:
    with pytest.raises(BadCase, match="1 to 120 characters"):
        opened(engine, title)


# --- Working -------------------------------------------------------------------------------------------


@pytest.fixture
def people(engine: Engine) -> Iterator[None]:
    for name, role, scope in (
        ("mona", "manager", "rome"),
        ("paul", "manager", "pune"),
        ("anna", "analyst", None),
    ):
        add_user(engine, name, "correct horse battery", role, scope)
    yield


def test_a_case_goes_from_hand_to_hand_until_it_is_closed_and_back(engine: Engine, people: None) -> None:
    number = opened(engine)
    with writing(engine) as connection:
        desk_of(connection, "ada").take(case_of(connection, number))
        desk_of(connection, "ada").hand_over(case_of(connection, number), "mona")
        desk_of(connection).note(case_of(connection, number), "  Oil is ordered.\r\nTomorrow.  ")
        desk_of(connection).close(case_of(connection, number), "No oil", "Oiled it.")
        closed = case_of(connection, number)
    assert (closed.state, closed.owner, closed.cause, closed.closed) == ("closed", "mona", "No oil", NOON)
    assert shown(engine, "closed") == [number]
    with writing(engine) as connection:
        desk_of(connection, now=NOON + HOUR_MS).reopen(case_of(connection, number))
        again = case_of(connection, number)
        notes = [note.text for note in read_notes(connection, number)]
    assert (again.state, again.cause, again.escalated) == ("working", None, None)
    assert again.deadline > closed.deadline
    assert notes == ["Oil is ordered.\nTomorrow.", "No oil\nOiled it."]
    actions = [row["action"] for row in table_rows(engine, "audit")]
    wanted = ["opened", "taken", "handed-over", "noted", "closed", "reopened"]
    assert [each for each in actions if each.startswith("case.")] == [f"case.{each}" for each in wanted]


def test_only_who_sees_the_place_gets_its_cases(engine: Engine, people: None) -> None:
    number = opened(engine)
    for name in ("paul", "anna", "nobody"):
        with pytest.raises(BadCase, match="may work on cases there"), writing(engine) as connection:
            desk_of(connection).hand_over(case_of(connection, number), name)
    with engine.connect() as connection, pytest.raises(UnknownCase):
        hierarchy = read_hierarchy(connection)
        find_case(connection, hierarchy, hierarchy.within("pune"), number)


def test_of_two_people_who_take_a_case_one_has_it(either_engine: Engine) -> None:
    number = opened(either_engine)
    start, took, late = threading.Barrier(2), list[str](), list[str]()

    def takes(name: str) -> None:
        with either_engine.connect() as connection:
            case = case_of(connection, number)
        start.wait()
        try:
            with writing(either_engine) as connection:
                desk_of(connection, name).take(case)
            took.append(name)
        except CaseTaken:
            late.append(name)

    threads = [threading.Thread(target=takes, args=(name,)) for name in ("mona", "ada")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(took) == len(late) == 1
    (row,) = table_rows(either_engine, "service_case")
    assert row["owner"] == took[0]


def test_who_closes_a_closed_case_is_told(engine: Engine) -> None:
    number = opened(engine)
    with writing(engine) as connection:
        before = case_of(connection, number)
        desk_of(connection).close(before, "a", "b")
    with pytest.raises(CaseTaken, match="is closed"), writing(engine) as connection:
        desk_of(connection, "ada").close(before, "c", "d")
    assert table_rows(engine, "service_case")[0]["cause"] == "a"


# --- Escalating ----------------------------------------------------------------------------------------


def test_a_missed_deadline_is_told_up_once_to_the_nearest(either_engine: Engine) -> None:
    number = opened(either_engine)
    later = NOON + 100 * 24 * HOUR_MS
    to = {"north": ["nora@example.org", "noel@example.org"], "acme": ["boss@example.org"]}
    for _ in range(2):
        keeper(either_engine, later, escalate_to=to).look()
    mails = table_rows(either_engine, "mail")
    assert sorted(mail["recipient"] for mail in mails) == ["noel@example.org", "nora@example.org"]
    assert "Overdue: The door squeaks (Rome, Till 1)" in mails[0]["subject"]
    assert f"https://hub.example/cases/{number}" in mails[0]["body"]
    assert shown(either_engine, "escalated", now=later) == [number]


def test_what_is_not_late_is_not_told(engine: Engine) -> None:
    opened(engine)
    assert keeper(engine, NOON + HOUR_MS, escalate_to={"rome": ["mona@example.org"]}).escalate() == 0
    assert not table_rows(engine, "mail")


def test_late_ones_are_marked_where_nobody_is_to_be_told(engine: Engine) -> None:
    opened(engine)
    assert keeper(engine, NOON + 100 * 24 * HOUR_MS).escalate() == 1
    assert shown(engine, "overdue", now=NOON + 100 * 24 * HOUR_MS)


def test_lists_show_what_they_say(engine: Engine) -> None:
    late, mine, closed = opened(engine, "late"), opened(engine, "mine"), opened(engine, "closed")
    with writing(engine) as connection:
        desk_of(connection).take(case_of(connection, mine))
        desk_of(connection).close(case_of(connection, closed), "a", "b")
        late_one = tables.service_case.c.id == late
        connection.execute(update(tables.service_case).where(late_one).values(deadline=NOON - 1))
    assert shown(engine) == [late, mine]
    assert shown(engine, "mine") == [mine]
    assert shown(engine, "overdue") == [late]
    assert shown(engine, "closed") == [closed]
    assert shown(engine, "all") == [late, mine, closed]


@pytest.mark.parametrize(
    "wrong",
    [
        {"hours_alert": 0},
        {"keep_contacts_days": 0},
        {"escalate_to": {"rome": ["mona"]}},
        {"escalate_to": {"rome": ["mona@example.org, x@example.org"]}},
        {"phone_url": "hub.example/go"},
        {"phone_url": "https://hub.example/else"},
        {"phone_url": "javascript:alert(1)//go"},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadConfig):
        read_settings(wrong, CaseSettings)
