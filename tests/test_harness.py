"""The tests' own parts: what they start is real, restarts, and is gone afterwards."""

import subprocess
import sys
import textwrap
from pathlib import Path

import paho.mqtt.publish as mqtt_publish
import paho.mqtt.subscribe as mqtt_subscribe
import psycopg
import pytest
import sqlalchemy
from playwright.sync_api import Page
from tests.conftest import LONGEST, TESTS
from tests.harness.brokers import Mosquitto
from tests.harness.databases import PostgreSQL
from tests.harness.ports import free_port
from tests.harness.processes import MissingPart, Process, find_program, listens, wait_until


def test_free_ports_differ() -> None:
    assert len({free_port() for _ in range(50)}) == 50


def test_a_missing_program_is_named_with_its_package() -> None:
    with pytest.raises(MissingPart, match="no-such-program is not here: apt-get install some-package"):
        find_program("no-such-program", "some-package")


@pytest.mark.mosquitto
def test_a_stopped_broker_keeps_retained_messages_and_a_wiped_one_does_not(mosquitto: Mosquitto) -> None:
    mqtt_publish.single("a/b", b"kept", qos=1, retain=True, hostname=mosquitto.host, port=mosquitto.port)
    mosquitto.stop()
    assert not listens(mosquitto.port)
    mosquitto.start()
    message = mqtt_subscribe.simple("a/b", hostname=mosquitto.host, port=mosquitto.port)  # type: ignore[no-untyped-call]
    assert message.payload == b"kept"
    mosquitto.wipe()
    mosquitto.start()
    assert not (mosquitto.data / "mosquitto.db").exists()


@pytest.mark.postgresql
def test_each_test_has_an_empty_database(postgresql_server: PostgreSQL) -> None:
    for _ in range(2):
        with postgresql_server.fresh_database() as url:
            engine = sqlalchemy.create_engine(url)
            with engine.begin() as connection:
                connection.execute(sqlalchemy.text("CREATE TABLE only_mine (x integer)"))
            engine.dispose()


@pytest.mark.postgresql
def test_a_dropped_database_is_gone_though_someone_is_connected(postgresql_server: PostgreSQL) -> None:
    with postgresql_server.fresh_database() as url:
        left_open = sqlalchemy.create_engine(url).connect()
        left_open.execute(sqlalchemy.text("SELECT 1"))
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url.replace("+psycopg", ""))


@pytest.mark.browser
def test_the_browser_renders(page: Page) -> None:
    page.set_content("<h1>Four buttons</h1>")
    assert page.inner_text("h1") == "Four buttons"


def test_children_end_with_a_python_that_is_killed(tmp_path: Path) -> None:
    script = """
        import sys, time
        from pathlib import Path
        from tests.harness.processes import Process
        child = Process(["sleep", "600"], Path(sys.argv[1]))
        child.start()
        print(child.pid, flush=True)
        time.sleep(600)
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path / "log")],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[1],
    )
    assert parent.stdout is not None
    with parent, parent.stdout:
        child = Path("/proc") / parent.stdout.readline().decode().strip()
        wait_until(lambda: (child / "comm").read_text() == "sleep\n", "the child")
        parent.kill()
    wait_until(lambda: not _alive(child), "the child's end")


def test_a_process_that_ends_too_early_shows_what_it_printed(tmp_path: Path) -> None:
    process = Process(
        [sys.executable, "-c", "print('no such setting'); raise SystemExit(2)"], tmp_path / "log"
    )
    process.start()
    with pytest.raises(AssertionError, match=r"ended with 2 before[\s\S]*no such setting"):
        process.wait_for(lambda: False, "readiness")


def _alive(process: Path) -> bool:
    try:
        return "State:\tZ" not in (process / "status").read_text(encoding="ascii")
    except FileNotFoundError:
        return False


def test_the_longest_files_are_there() -> None:
    assert [name for name in LONGEST if not (TESTS / name).is_file()] == []
