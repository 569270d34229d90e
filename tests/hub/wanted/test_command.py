"""`tillsight-hub settings`: shown, set, listed and gone back to."""

from pathlib import Path

import pytest

from tillsight_hub.__main__ import main

SEED = """
org = [{ id = "acme", name = "Acme" }]
region = [{ id = "north", name = "North", org = "acme" }]
store = [{ id = "rome", name = "Rome", region = "north", tz = "Europe/Rome" }]
touchpoint = [{ id = "till-1", name = "Till 1", store = "rome", scale = "smiley-4" }]
device = [{ id = "box-1", touchpoint = "till-1" }]
"""


class Hub:
    """A hub's command line."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.data = ["--data-dir", str(folder)]
        self.capsys = capsys
        (folder / "seed.toml").write_text(SEED, encoding="utf-8")
        assert main([*self.data, "seed", str(folder / "seed.toml")]) == 0
        capsys.readouterr()

    def run(self, *words: str) -> tuple[int, str]:
        """Its exit code, and what it said."""
        code = main([*self.data, "settings", *words])
        told = self.capsys.readouterr()
        return code, told.out + told.err


@pytest.fixture
def hub(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Hub:
    return Hub(tmp_path, capsys)


def test_what_is_set_is_shown_with_who_decides_and_gone_back_from(hub: Hub) -> None:
    assert hub.run("set", "rome", "panel.cooldown_s=6", "cameras.*.off=true") == (0, "rome: version 1\n")
    assert hub.run("set", "device:box-1", "cameras.till.zone=0.1 0.1\n0.9 0.9") == (
        0,
        "device:box-1: version 2\n",
    )
    assert hub.run("show", "device:box-1")[1].splitlines() == [
        "device:box-1: version 2",
        "cameras.*.off = true  (by rome)",
        "cameras.till.zone = 0.1 0.1, 0.9 0.9",
        "panel.cooldown_s = 6  (by rome)",
    ]
    assert hub.run("set", "rome", "panel.cooldown_s=") == (0, "rome: version 3\n")
    history = hub.run("history", "rome")[1].splitlines()
    assert history[1] == "  panel.cooldown_s: 6 -> not set"
    assert history[3:] == ["  cameras.*.off: not set -> true", "  panel.cooldown_s: not set -> 6"]
    assert hub.run("back", "rome", "1", "--base", "3") == (0, "rome: version 4\n")
    assert "panel.cooldown_s = 6" in hub.run("show", "rome")[1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["set", "rome", "panel.cooldown_s=900"], "panel.cooldown_s: should be 0 to 600"),
        (["set", "rome", "panel.cooldown_s=soon"], "panel.cooldown_s: 'soon': should be a number"),
        (["set", "rome", "nothing"], "nothing: expected NAME=VALUE"),
        (["set", "rome", "hub.host=evil"], "hub.host: is no setting that a hub may set"),
        (["set", "rome", "panel.undo_s=1", "--base", "7"], "--base: 7: nobody was first"),
        (["set", "milan", "panel.undo_s=1"], "place 'milan': expected an org"),
        (["show", "device:nobody"], "place 'device:nobody': expected an org"),
        (["back", "rome", "9"], "version 9: rome had no such version"),
    ],
)
def test_mistakes_are_one_line(hub: Hub, words: list[str], told: str) -> None:
    code, said = hub.run(*words)
    assert (code, said.count("\n")) == (1, 1)
    assert told in said
