"""The same on the Debian after: its Python, its systemd, its mosquitto."""

import pytest
from tests.conftest import need
from tests.deploy.conftest import say
from tests.harness.bundles import Bundle
from tests.harness.machines import Root, booted
from tests.harness.shops import Shop

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(2400)]


def test_one_call_leads_from_a_bare_debian_13_to_the_first_event(
    bundle: Bundle, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = need(lambda: Root.cached("trixie"))
    with booted("trixie", root) as machine:
        shop = Shop(machine, bundle, tmp_path_factory.mktemp("trixie"))
        say("site.yml on Debian 13")
        seconds, played = shop.timed("site.yml")
        assert played.code == 0, played.words
        seconds += shop.until(lambda: shop.stored() > 0, "the first event")
        say(f"the first event is on the hub after {seconds:.0f} s")
        assert shop.machine.run("systemctl", "--failed", "--plain", "--no-legend") == ""
        played = shop.play("site.yml")
        assert (played.code, played.changes) == (0, []), played.words
