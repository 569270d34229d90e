import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.panel_bounce import BUTTONS, BounceCase, bounce_cases

from tillsight_panel.debounce import PRESS, STUCK, UNSTUCK, Debounce
from tillsight_panel.ticks import WRAP_MS

Happened = list[tuple[int, int, int]]

cases = pytest.mark.parametrize("case", bounce_cases(), ids=lambda case: case.name)


def armed(buttons: int = 1, at: int = 0) -> Debounce:
    """With all buttons seen released, at `at` + 10 ms."""
    debounce = Debounce(buttons)
    for ms in range(at, at + 11):
        debounce.sample(ms % WRAP_MS, 0)
    return debounce


def hold(debounce: Debounce, levels: int, first: int, last: int, every: int = 1) -> Happened:
    """Poll the same levels from `first` to `last` ms, both included."""
    return [what for ms in range(first, last + 1, every) for what in debounce.sample(ms % WRAP_MS, levels)]


def presses(happened: Happened) -> list[int]:
    assert {kind for kind, _, _ in happened} <= {PRESS}
    return [button for _, button, _ in happened]


@cases
@pytest.mark.parametrize("phase_us", [0, 370, 740])
def test_polled_bounce_gives_one_press_per_press(case: BounceCase, phase_us: int) -> None:
    debounce = Debounce(BUTTONS)
    happened = [what for ms, levels in case.polled(1, phase_us) for what in debounce.sample(ms, levels)]
    assert presses(happened) == case.presses


@cases
def test_timestamped_edges_give_one_press_per_press(case: BounceCase) -> None:
    debounce = Debounce(BUTTONS)
    happened = list(debounce.sample(0, 0))
    for us, button, level in case.edges:
        happened += debounce.edge(us // 1000, button, bool(level))
    happened += debounce.advance(case.end_ms)
    assert presses(happened) == case.presses


@cases
def test_edges_between_frequent_looks_at_the_clock_give_the_same(case: BounceCase) -> None:
    debounce = Debounce(BUTTONS)
    happened: Happened = []
    edges = list(case.edges)
    for ms in range(case.end_ms):
        while edges and edges[0][0] // 1000 <= ms:
            us, button, level = edges.pop(0)
            happened += debounce.edge(us // 1000, button, bool(level))
        happened += debounce.advance(ms)
    assert presses(happened) == case.presses


def test_a_press_is_certain_after_the_settling_time() -> None:
    assert hold(armed(), 1, 20, 60) == [(PRESS, 1, 28)]


def test_a_late_look_tells_the_moment_of_certainty_and_not_of_the_look() -> None:
    debounce = armed()
    debounce.edge(20, 1, True)
    assert debounce.advance(90) == ((PRESS, 1, 28),)


def test_one_reading_before_a_stalled_loop_is_not_a_press() -> None:
    debounce = armed()
    debounce.sample(20, 1)  # a glitch, and then nobody looks for a while
    assert debounce.sample(500, 0) == ()
    assert hold(debounce, 0, 501, 600) == []


def test_a_button_that_is_down_at_the_start_counts_only_after_its_release() -> None:
    debounce = Debounce(2)
    assert hold(debounce, 0b01, 0, 200) == []
    assert hold(debounce, 0b11, 201, 300) == [(PRESS, 2, 209)]
    hold(debounce, 0, 301, 400)
    assert hold(debounce, 0b01, 401, 500) == [(PRESS, 1, 409)]


def test_a_pin_that_reads_pressed_until_its_pull_up_works_is_no_press() -> None:
    debounce = Debounce(1)
    assert hold(debounce, 1, 0, 30) == []
    assert hold(debounce, 0, 31, 100) == []


def test_a_held_button_is_stuck_after_ten_seconds_and_unstuck_when_let_go() -> None:
    debounce = armed()
    happened = hold(debounce, 1, 100, 20_000)
    assert happened == [(PRESS, 1, 108), (STUCK, 1, 10_108)]
    assert debounce.stuck == 1
    assert hold(debounce, 0, 20_001, 20_100) == [(UNSTUCK, 1, 20_009)]
    assert debounce.stuck == 0
    assert hold(debounce, 1, 20_200, 20_300) == [(PRESS, 1, 20_208)]


def test_a_button_that_is_never_released_after_the_start_is_stuck_too() -> None:
    debounce = Debounce(1)
    assert hold(debounce, 1, 0, 30_000) == [(STUCK, 1, 10_000)]
    assert hold(debounce, 0, 30_001, 30_100) == [(UNSTUCK, 1, 30_009)]


def test_a_stuck_button_does_not_silence_its_neighbour() -> None:
    debounce = armed(2)
    hold(debounce, 0b01, 20, 12_000)
    assert hold(debounce, 0b11, 12_001, 12_100) == [(PRESS, 2, 12_009)]


def test_presses_and_stuck_buttons_survive_the_wrap_of_the_counter() -> None:
    start = WRAP_MS - 5_000
    debounce = armed(2, at=start)
    happened = hold(debounce, 0b01, start + 20, start + 20_000)
    assert [(kind, button) for kind, button, _ in happened] == [(PRESS, 1), (STUCK, 1)]
    happened = hold(debounce, 0b10, start + 20_001, start + 20_100)
    assert [(kind, button) for kind, button, _ in happened] == [(UNSTUCK, 1), (PRESS, 2)]


def test_a_press_right_at_the_wrap_is_one_press() -> None:
    debounce = armed(1, at=WRAP_MS - 20)
    happened = hold(debounce, 1, WRAP_MS - 3, WRAP_MS + 40)
    assert [kind for kind, _, _ in happened] == [PRESS]


def test_a_clock_reading_from_before_the_last_one_is_harmless() -> None:
    debounce = armed()
    debounce.edge(50, 1, True)
    debounce.advance(55)
    assert debounce.edge(54, 1, True) == ()
    assert debounce.advance(58) == ((PRESS, 1, 58),)


def test_levels_above_the_last_button_are_ignored() -> None:
    debounce = armed(2)
    assert hold(debounce, 0b100, 20, 200) == []


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 3)), max_size=60))
def test_between_two_presses_the_contact_was_seen_open(steps: list[tuple[int, int]]) -> None:
    """No sequence of edges makes two presses closer than settling open and settling closed again takes."""
    debounce = Debounce(3, settle_ms=8)
    debounce.sample(0, 0)
    debounce.advance(8)
    ms, levels, last = 8, [False] * 3, dict.fromkeys((1, 2, 3), -100)
    for wait, button in steps:
        ms += wait
        levels[button - 1] = not levels[button - 1]
        for kind, pressed, at in debounce.edge(ms, button, levels[button - 1]):
            assert kind == PRESS
            assert at - last[pressed] >= 16
            last[pressed] = at
