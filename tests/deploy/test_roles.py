"""Each role by itself: `--check` before it was played, played, played again, and `--check` after that.

The roles follow one another on one machine as in site.yml, since most need those before them; each finds it
without anything of its own.
"""

import re
from collections.abc import Iterator

import pytest
from tests.deploy.conftest import say
from tests.harness.bundles import Bundle
from tests.harness.machines import Root, booted
from tests.harness.playbooks import DEPLOY
from tests.harness.shops import Shop

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(900)]

ROLES = re.findall(r"- role: (\w+)", (DEPLOY / "site.yml").read_text(encoding="utf-8"))
SETTINGS: dict[str, dict[str, object]] = {
    "kiosk": {"tillsight_kiosk": True, "tillsight_kiosk_install": False, "tillsight_kiosk_start": False},
}
"""Where a role does nothing without them, or needs a package that the machine has not."""


@pytest.fixture(scope="module")
def blank(with_release: Root, bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A machine on which a release lies, and nothing else of ours."""
    with booted("roles", with_release) as machine:
        yield Shop(machine, bundle, tmp_path_factory.mktemp("roles"), knows_it=True)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_played_once_and_changes_nothing_more(blank: Shop, role: str) -> None:
    more = SETTINGS.get(role, {})
    say(f"role {role}")
    play_twice(blank, "site.yml", "--tags", role, **more)


def test_decommission_changes_nothing_more(blank: Shop) -> None:
    say("role decommission")
    play_twice(blank, "decommission.yml")


def play_twice(shop: Shop, playbook: str, *words: str, **more: object) -> None:
    """Pristine with --check, for good, once more, and with --check after that."""
    pristine = shop.play(playbook, "--check", *words, **more)
    assert pristine.code == 0, pristine.words
    first = shop.play(playbook, *words, **more)
    assert first.code == 0, first.words
    assert first.changed, first.words
    for again in ((), ("--check",)):
        played = shop.play(playbook, *again, *words, **more)
        assert (played.code, played.changed, played.changes) == (0, 0, []), played.words
