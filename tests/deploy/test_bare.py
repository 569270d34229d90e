"""From a Debian on which nothing of ours is to the first event on the hub, in one call."""

import pytest
from tests.deploy.conftest import say
from tests.harness.bundles import Bundle
from tests.harness.machines import Root, booted
from tests.harness.shops import Shop

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(1500)]


def test_one_call_leads_to_the_first_event(
    bare: Root, bundle: Bundle, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with booted("bare", bare) as machine:
        shop = Shop(machine, bundle, tmp_path_factory.mktemp("bare"))
        say("site.yml --check on a bare machine")
        played = shop.play("site.yml", "--check")
        assert played.code == 0, played.words
        assert not (machine.files / "opt" / "tillsight").exists()
        say("site.yml on it")
        seconds, code = shop.timed("site.yml")
        assert code == 0
        shop.until(lambda: shop.stored() > 0, "the first event")
        say(f"the first event after {seconds:.0f} s")
