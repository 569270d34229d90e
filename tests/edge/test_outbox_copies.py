"""A card that is an older copy of itself: what it counted after it was put back must reach the hub."""

import shutil
from pathlib import Path

from tests.harness.outboxes import PRESS, ack, all_held, at, new_outbox, press_times, send_all


def restored_copy(tmp_path: Path) -> Path:
    """Folder with a copy made after press 5, whose original went on to press 20 and was heard by the hub."""
    original, copy = tmp_path / "original", tmp_path / "copy"
    outbox = new_outbox(original)
    press_times(outbox, 5)
    send_all(outbox)
    outbox.acknowledge(ack(outbox, 5), live=True)
    outbox.close()
    shutil.copytree(original, copy)
    return copy


def test_presses_before_a_restart_of_a_restored_card_are_not_lost(tmp_path: Path) -> None:
    folder = restored_copy(tmp_path)
    for presses in (2, 1):
        outbox = new_outbox(folder)
        for press in range(presses):
            outbox.append(PRESS, at(100 + press))
        outbox.close()
    outbox = new_outbox(folder)
    old_stream = outbox.stream

    assert not outbox.acknowledge(ack(outbox, 20), live=False)

    assert outbox.stream != old_stream
    assert [(held.seq, held.at.t) for held in all_held(outbox)] == [
        (1, at(100).t),
        (2, at(101).t),
        (3, at(100).t),
    ]
    assert outbox.books().left == 3
