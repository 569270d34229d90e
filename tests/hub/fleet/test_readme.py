"""What the README of the fleet promises of alarms: each has its words, and a test that is there."""

import re
from pathlib import Path

from tillsight_hub.fleet.alarm_book import NEEDS_SOMEBODY
from tillsight_hub.fleet.alarms import AT_ONCE
from tillsight_hub.pages.texts import texts

TESTS = Path(__file__).parents[2]
README = Path(__file__).parents[3] / "hub" / "tillsight_hub" / "fleet" / "README.md"


def rows() -> list[tuple[set[str], set[str]]]:
    """Tests and conditions of each row of the table of what may happen."""
    table = (
        README.read_text(encoding="utf-8").split("| what may happen | test | alarm |\n")[1].split("\n\n")[0]
    )
    cells = [line.strip("|").split("|") for line in table.splitlines()[1:]]
    return [
        (set(re.findall(r"`(\w+)`", tests)), set(re.findall(r"`(\w+)`", alarms)))
        for _, tests, alarms in cells
    ]


def test_every_test_that_is_named_is_there() -> None:
    written = "\n".join(file.read_text(encoding="utf-8") for file in TESTS.rglob("test_*.py"))
    named = {test for tests, _ in rows() for test in tests}
    assert len(named) >= 12
    assert {test for test in named if f"def {test}(" not in written} == set()


def test_every_alarm_that_somebody_has_to_see_to_is_in_the_table_and_has_words_in_every_language() -> None:
    named = {alarm for _, alarms in rows() for alarm in alarms}
    assert named >= NEEDS_SOMEBODY
    for language in ("en", "it"):
        for condition in named | AT_ONCE:
            for what in ("trouble", "do"):
                key = f"devices.{what}_{condition}"
                assert texts(language).has(key) or texts(language).has(f"{key}.other"), key
