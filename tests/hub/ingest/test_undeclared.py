"""Faces that nobody has declared are not kept, and the device need not send them again."""

from sqlalchemy import Engine, func, select
from tests.harness.declared import AGES, declare_faces
from tests.harness.ingesting import DAY, NOON, Box, intake, take

from tillsight_hub.compliance.watching import watching
from tillsight_hub.consistency import verify
from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.ingest.quarantine import listed, replay
from tillsight_hub.tables import event, rollup_day
from tillsight_models.events import EmotionWindowed

MOODS = EmotionWindowed(period_s=900, positive=11, neutral=20, negative=10, unknown=3)


def stored(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(select(event.c.type).order_by(event.c.seq)))


def test_what_they_say_is_kept_nowhere(either_engine: Engine) -> None:
    box = Box()
    outcome = take(either_engine, (box, [box.event(MOODS), box.press(), box.event(AGES)]))
    assert stored(either_engine) == ["button.press"]
    assert outcome.acks[0].ack.upto == 3
    kept = listed(either_engine)
    assert [(each.reason, each.payload, each.seq) for each in kept] == [
        ("undeclared", b"", 1),
        ("undeclared", b"", 3),
    ]
    with either_engine.connect() as connection:
        assert connection.scalar(select(func.sum(rollup_day.c.emotion_positive))) == 0
    assert verify(either_engine, "all").mismatches == 0


def test_sent_again_they_are_refused_once(engine: Engine) -> None:
    box = Box()
    window = box.event(MOODS)
    for _ in range(2):
        outcome = take(engine, (box, window))
        assert outcome.acks[0].ack.upto == 1
    assert len(listed(engine)) == 1


def test_on_declared_days_they_are_taken_in(either_engine: Engine) -> None:
    declare_faces(either_engine, "rome", days=("2026-10-06", "2026-10-07"))
    box, far = Box(), Box("box-3", "stall", "bbbbbbbbbbbbbbbb", "pune")
    take(
        either_engine,
        (box, [box.event(MOODS, t=NOON - DAY), box.event(MOODS, t=NOON), box.event(MOODS, t=NOON + DAY)]),
        (far, far.event(MOODS, t=NOON)),
        received=NOON + 2 * DAY,
    )
    assert len(stored(either_engine)) == 1
    assert {each.detail.split(":")[0] for each in listed(either_engine)} == {
        "emotion.window at till-1 on 2026-10-05",
        "emotion.window at till-1 on 2026-10-07",
        "emotion.window at stall on 2026-10-06",
    }


def test_without_the_time_the_day_on_which_they_came_counts(engine: Engine) -> None:
    declare_faces(engine, "acme", days=("2026-10-06", "2026-10-07"))
    box = Box()
    take(engine, (box, box.event(MOODS, t=5000, tq="unsynced")), received=NOON)
    take(engine, (box, box.event(MOODS, t=5000, tq="unsynced")), received=NOON + DAY)
    assert len(stored(engine)) == len(listed(engine)) == 1


def test_a_later_declaration_brings_nothing_back(engine: Engine) -> None:
    box = Box()
    take(engine, (box, box.event(MOODS)))
    declare_faces(engine, "acme")
    done = replay(engine, intake=intake(engine))
    assert (done.taken, [each.detail for each in done.refused]) == (0, ["its content was not kept"])


def test_faces_that_do_not_fit_otherwise_are_not_kept_in_quarantine(engine: Engine) -> None:
    declare_faces(engine, "acme")
    box = Box("box-9", "till-1")
    take(engine, (box, [box.event(MOODS), box.press()]))
    assert [(each.reason, bool(each.payload)) for each in listed(engine)] == [
        ("unknown-device", False),
        ("unknown-device", True),
    ]


def test_notices_go_on_to_say_that_they_came(engine: Engine) -> None:
    box = Box()
    take(engine, (box, box.event(MOODS)))
    with engine.connect() as connection:
        places = read_hierarchy(connection).touchpoints
        found = {id: watching(connection, places[id], (), NOON) for id in ("till-1", "stall")}
    assert (found["till-1"].moods, found["till-1"].ages, found["till-1"].undeclared) == (True, False, True)
    assert not found["stall"].moods
