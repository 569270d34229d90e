"""kill -9 at any moment: what was committed is there once, what was not stays with the panel."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from tests.harness.outboxes import all_held, new_outbox

from tillsight_models.events import ButtonPressed

PRESS_ONCE = textwrap.dedent("""
    import os, signal, sys
    from pathlib import Path
    from tillsight_edge.clock import SystemClock
    from tillsight_edge.config import PanelSettings
    from tillsight_edge.feedback import Feedback
    from tillsight_edge.outbox import Outbox
    from tillsight_edge.ports import PanelPress

    def die(*_):
        os.kill(os.getpid(), signal.SIGKILL)

    class DeadlyClock(SystemClock):
        def stamp(self, mono_ms=None):
            die()

    path, step = Path(sys.argv[1]), sys.argv[2]
    clock = DeadlyClock() if step == "before the commit" else SystemClock()
    outbox = Outbox(path, device="till-1-box", touchpoint="till-1", max_events=1000)
    light = die if step == "after the confirmation" else print
    feedback = Feedback(PanelSettings(kind="serial"), outbox, clock, light)
    feedback.press(PanelPress(2, clock.mono_ms(), confirm=die, panel_boot=7, panel_seq=1))
""")

PRESS_ON = textwrap.dedent("""
    import sys
    from pathlib import Path
    from tests.harness.outboxes import PRESS, at, new_outbox
    outbox = new_outbox(Path(sys.argv[1]), max_events=100_000)
    while True:
        seq = outbox.append(PRESS, at(), mark=("panel", "1:1"))
        sys.stdout.write(f"{seq}\\n")
        sys.stdout.flush()
""")


def run(program: str, *arguments: str) -> subprocess.Popen[str]:
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


@pytest.mark.parametrize(
    ("step", "stored"),
    [("before the commit", 0), ("between commit and confirmation", 1)],
)
def test_a_press_is_committed_or_still_with_the_panel(tmp_path: Path, step: str, stored: int) -> None:
    """A panel delivers again what lies behind the mark, so mark and event must agree."""
    child = run(PRESS_ONCE, str(tmp_path / "outbox.db"), step)
    output, _ = child.communicate(timeout=60)
    assert child.returncode == -signal.SIGKILL
    assert output == ""
    outbox = new_outbox(tmp_path)
    presses = [event.payload for event in all_held(outbox)]
    assert [press.panel_seq for press in presses if isinstance(press, ButtonPressed)] == [1] * stored
    assert outbox.mark("panel") == ("7:1" if stored else None)


def test_every_press_whose_commit_returned_survives_ten_kills(tmp_path: Path) -> None:
    promised = 0
    for life in range(10):
        child = run(PRESS_ON, str(tmp_path))
        assert child.stdout is not None
        told = [child.stdout.readline() for _ in range(3)]
        time.sleep(0.013 * life)
        child.kill()
        told += child.stdout.readlines()
        child.wait()
        whole = [int(line) for line in told if line.endswith("\n")]
        assert whole[0] in (promised + 1, promised + 2)  # a commit may have been killed before it was told
        promised = whole[-1]
    outbox = new_outbox(tmp_path)
    seqs = [event.seq for event in all_held(outbox)]
    assert seqs == list(range(1, len(seqs) + 1))
    assert len(seqs) in (promised, promised + 1)
    books = outbox.books()
    assert books.total.appended == books.left == books.last_seq == len(seqs)
    assert outbox.set_aside == ""
