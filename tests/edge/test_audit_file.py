"""From the audit to the agent's outbox: exactly once, whatever happens."""

from pathlib import Path

import pytest
from tests.harness.outboxes import PRESS, all_held, at, new_outbox

from tillsight_edge.audit_file import AuditInbox, hand_over
from tillsight_edge.errors import AuditNotHandedOver, OutboxUnwritable
from tillsight_edge.outbox import Outbox
from tillsight_models.events import CounterAudited

AUDITED = CounterAudited(
    period_s=600.0, counted=9, observed=10, matched=8, pressers_observed=3, camera="till"
)


def inbox(outbox: Outbox, folder: Path) -> AuditInbox:
    return AuditInbox(outbox, folder / "outbox.db")


def waiting(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if ".audit-" in path.name)


def test_what_was_handed_over_is_appended_with_its_own_time_and_the_file_goes(tmp_path: Path) -> None:
    outbox = new_outbox(tmp_path)
    hand_over(tmp_path / "outbox.db", AUDITED, at(77_000))
    inbox(outbox, tmp_path).collect()
    (event,) = all_held(outbox)
    assert (event.payload, event.at) == (AUDITED, at(77_000))
    assert waiting(tmp_path) == []


def test_several_are_appended_one_after_the_other(tmp_path: Path) -> None:
    outbox = new_outbox(tmp_path)
    for minute in range(3):
        hand_over(tmp_path / "outbox.db", AUDITED, at(minute))
    inbox(outbox, tmp_path).collect()
    assert len(all_held(outbox)) == 3
    assert waiting(tmp_path) == []


def test_an_agent_killed_between_append_and_removal_does_not_append_it_again(tmp_path: Path) -> None:
    outbox = new_outbox(tmp_path)
    file = hand_over(tmp_path / "outbox.db", AUDITED, at())
    kept = file.read_bytes()
    inbox(outbox, tmp_path).collect()
    file.write_bytes(kept)
    outbox.append(PRESS, at())
    outbox.close()
    again = new_outbox(tmp_path)
    inbox(again, tmp_path).collect()
    assert [event.type for event in all_held(again)] == ["device.audit", "button.press"]
    assert waiting(tmp_path) == []


def test_it_waits_while_the_outbox_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox = new_outbox(tmp_path)
    file = hand_over(tmp_path / "outbox.db", AUDITED, at())
    collector = inbox(outbox, tmp_path)

    def refuse(*_: object, **__: object) -> int:
        raise OutboxUnwritable("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "append", refuse)
        collector.collect()
    assert file.exists()
    collector.collect()
    assert len(all_held(outbox)) == 1


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"id": "x"}', b"\xff" * 100, b" " * 70_000])
def test_a_file_that_is_no_audit_is_kept_aside_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    outbox = new_outbox(tmp_path)
    (tmp_path / "outbox.db.audit-0000.json").write_bytes(content)
    hand_over(tmp_path / "outbox.db", AUDITED, at())
    inbox(outbox, tmp_path).collect()
    assert [event.payload for event in all_held(outbox)] == [AUDITED]
    assert waiting(tmp_path) == ["outbox.db.audit-0000.json.bad"]
    assert "is no result of an audit" in caplog.text


def test_a_folder_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(AuditNotHandedOver, match=r"nowhere.*No such file.*not sent to the hub"):
        hand_over(tmp_path / "nowhere" / "outbox.db", AUDITED, at())
