"""Each role by itself: `--check` before it was played, played, played again, and `--check` after that.

The roles follow one another on one machine as in site.yml, since most need those before them; each finds it
without anything of its own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from tests.deploy.conftest import say
from tests.harness.bundles import Bundle
from tests.harness.machines import Root, booted
from tests.harness.playbooks import DEPLOY, Played
from tests.harness.shops import Shop

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(3600)]

ROLES = re.findall(r"- role: (\w+)", (DEPLOY / "site.yml").read_text(encoding="utf-8"))
SETTINGS = {"tillsight_kiosk": True, "tillsight_kiosk_install": False, "tillsight_kiosk_start": False}
"""The browser is a package that the machine has not."""


@dataclass(frozen=True)
class Story:
    """Four runs of one role, or of all."""

    pristine: Played
    first: Played
    again: Played
    after: Played


@pytest.fixture(scope="module")
def blank(with_release: Root, bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A machine on which a release lies, and nothing else of ours."""
    with booted("roles", with_release) as machine:
        yield Shop(machine, bundle, tmp_path_factory.mktemp("roles"), knows_it=True)


@pytest.fixture(scope="module")
def stories(blank: Shop) -> dict[str, Story]:
    """Of each role; what happens the second time is looked at for all together."""
    begun: dict[str, tuple[Played, Played]] = {}
    for role in ROLES:
        say(f"role {role}")
        words = ("--tags", role)
        pristine = blank.play("site.yml", "--check", *words, **SETTINGS)
        begun[role] = pristine, blank.play("site.yml", *words, **SETTINGS)
    say("all roles once more, and with --check")
    again, after = blank.play("site.yml", **SETTINGS), blank.play("site.yml", "--check", **SETTINGS)
    return {role: Story(*begun[role], again, after) for role in ROLES}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_can_be_checked_on_a_machine_without_it(stories: dict[str, Story], role: str) -> None:
    assert stories[role].pristine.code == 0, stories[role].pristine.words


@pytest.mark.parametrize("role", ROLES)
def test_it_is_played(stories: dict[str, Story], role: str) -> None:
    first = stories[role].first
    assert first.code == 0, first.words
    assert f"TASK [{role} : " in first.words


@pytest.mark.parametrize("role", ROLES)
def test_nothing_changes_the_second_time(stories: dict[str, Story], role: str) -> None:
    again = stories[role].again
    assert (again.code, changes_of(role, again)) == (0, []), again.words
    assert f"TASK [{role} : " in again.words


@pytest.mark.parametrize("role", ROLES)
def test_nor_would_anything_change(stories: dict[str, Story], role: str) -> None:
    after = stories[role].after
    assert (after.code, changes_of(role, after)) == (0, []), after.words


def test_a_hub_is_not_decommissioned_by_mistake(blank: Shop, stories: dict[str, Story]) -> None:
    assert stories
    played = blank.play("decommission.yml")
    assert played.code != 0 and "move the hub first" in played.words
    assert blank.release()


def changes_of(role: str, played: Played) -> list[str]:
    """What a role changed."""
    return [task for task in played.changes if task.startswith(f"{role} : ")]
