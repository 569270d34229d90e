"""What the agent remembers of contacts for an audit."""

from tests.harness.outboxes import at

from tillsight_edge.recent import KEPT_MS, MOST, RecentContacts
from tillsight_models.events import ContactEnded, PanelReported

CAMERA = ContactEnded(source="camera", dwell_s=4.0, camera="till")


def test_contacts_are_kept_as_numbers_with_the_time_at_which_they_left() -> None:
    recent = RecentContacts()
    recent.note(CAMERA, at(5_000))
    recent.note(PanelReported(state="ok"), at(5_500))
    recent.note(ContactEnded(source="presence", dwell_s=4.0), at(6_000))
    assert recent.rows(7_000) == [
        {"number": 1, "left_ms": 5_000, "source": "camera", "camera": "till"},
        {"number": 2, "left_ms": 6_000, "source": "presence", "camera": None},
    ]


def test_after_half_an_hour_they_are_gone() -> None:
    recent = RecentContacts()
    recent.note(CAMERA, at(5_000))
    assert recent.rows(5_000 + KEPT_MS)
    assert not recent.rows(5_001 + KEPT_MS)


def test_a_crowd_does_not_fill_the_memory() -> None:
    recent = RecentContacts()
    for number in range(MOST + 5):
        recent.note(CAMERA, at(number))
    assert [recent.rows(0)[end]["number"] for end in (0, -1)] == [6, MOST + 5]
