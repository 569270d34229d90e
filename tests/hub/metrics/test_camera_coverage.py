"""What a camera could not see is no zero: it is missing from both sides of a share, and said."""

from tillsight_hub.metrics.catalogue import catalogue
from tillsight_hub.metrics.counts import Counts
from tillsight_hub.metrics.settings import MetricSettings
from tillsight_models.scales import scale

METRICS = catalogue(MetricSettings())
HOUR_MS = 3_600_000


def counts(contacts: int, working: float, source: str = "camera") -> Counts:
    row = {
        "events": 9,
        "rating_1": 20,
        "rating_4": 20,
        "contacts_camera": contacts,
        "contacts_presence": contacts,
    }
    row |= {"camera_ms": HOUR_MS, "camera_working_ms": round(working * HOUR_MS)}
    return Counts.from_rollup(row, scale("smiley-4"), source)


def test_a_camera_that_saw_nothing_has_counted_nobody_which_is_not_zero() -> None:
    blind = counts(0, 0.0)
    assert blind.contacts is None
    score = METRICS["contacts"].score(blind)
    assert (score.value, score.status) == (None, "no_data")
    assert "camera-partly" in score.flags


def test_a_camera_that_saw_an_empty_store_has_counted_zero() -> None:
    assert counts(0, 1.0).contacts == 0
    assert METRICS["contacts"].score(counts(0, 1.0)).value == 0


def test_numbers_per_contact_say_that_the_camera_saw_only_part() -> None:
    assert "camera-partly" in METRICS["response_rate"].score(counts(400, 0.67)).flags
    assert "camera-partly" not in METRICS["response_rate"].score(counts(400, 0.95)).flags
    assert "camera-partly" not in METRICS["csat"].score(counts(400, 0.67)).flags


def test_another_source_is_not_doubted_for_a_camera() -> None:
    presence = counts(400, 0.0, "presence")
    assert presence.contacts == 400
    assert presence.camera_share is None


def test_presses_of_a_blind_hour_are_in_no_share_of_contacts() -> None:
    both = counts(400, 1.0) + counts(0, 0.0)
    assert (both.contacts, both.responses, sum(both.rated_contacts)) == (400, 80, 40)
    assert both.camera_share == 0.5
    assert METRICS["response_rate"].score(both).value == 0.1
