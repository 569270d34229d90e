"""The hub's configuration file."""

from datetime import time
from pathlib import Path

import pytest

from tillsight_hub.config import HubConfig, default_data_dir, driver_url, load_config
from tillsight_models.configuration import setting_names
from tillsight_models.errors import BadConfig

EXAMPLE = Path(__file__).parents[2] / "hub" / "hub.example.toml"


def _load(tmp_path: Path, text: str) -> HubConfig:
    path = tmp_path / "hub.toml"
    path.write_text(text)
    return load_config(path)


def _problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(BadConfig) as raised:
        _load(tmp_path, text)
    return raised.value.problems


def test_the_hub_runs_without_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tillsight_hub.config.SYSTEM_CONFIG", tmp_path / "none.toml")
    monkeypatch.setenv("TILLSIGHT_DATA_DIR", str(tmp_path))
    config = load_config()
    assert config.database_url() == f"sqlite:///{tmp_path}/hub.db"
    assert (config.web.host, config.web.port) == ("127.0.0.1", 8080)
    assert config.mqtt.embedded


def test_the_file_of_the_system_is_read_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hub.toml").write_text("[web]\nport = 8443\n")
    monkeypatch.setattr("tillsight_hub.config.SYSTEM_CONFIG", tmp_path / "hub.toml")
    assert load_config().web.port == 8443


def test_data_goes_where_the_environment_says() -> None:
    assert default_data_dir({"TILLSIGHT_DATA_DIR": "/a", "XDG_STATE_HOME": "/b"}) == Path("/a")
    assert default_data_dir({"XDG_STATE_HOME": "/b"}) == Path("/b/tillsight")
    assert default_data_dir({}) == Path("var")


def test_the_example_is_complete_and_states_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    text = EXAMPLE.read_text()
    for name in setting_names(HubConfig):
        key = name.rsplit(".", 1)[-1]
        assert f"{key} =" in text, name
    given = load_config(EXAMPLE)
    assert given.model_copy(update={"data_dir": HubConfig().data_dir}) == HubConfig()


def test_every_commented_line_of_the_example_is_a_valid_setting(tmp_path: Path) -> None:
    """Each optional setting, switched on alone, is taken."""
    lines = EXAMPLE.read_text().splitlines()
    optional = [number for number, line in enumerate(lines) if line.startswith("# ") and " = " in line]
    assert optional
    for number in optional:
        chosen = [*lines[:number], lines[number].removeprefix("# "), *lines[number + 1 :]]
        problems = ""
        try:
            _load(tmp_path, "\n".join(chosen))
        except BadConfig as error:
            problems = str(error)
        assert all("need" in problem for problem in problems.splitlines()), (lines[number], problems)


def test_every_problem_is_one_line(tmp_path: Path) -> None:
    problems = _problems(
        tmp_path,
        '[web]\nport = 99999\ncolour = "red"\n[ingest]\nwindow = 0\n[nightly]\nat = "noon"\n',
    )
    assert len(problems) == 4
    assert [problem.split(":")[0] for problem in problems] == [
        "web.port",
        "web.colour",
        "ingest.window",
        "nightly.at",
    ]
    assert all("\n" not in problem for problem in problems)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[database]\nurl = "mysql://root@db/x"', "database.url"),
        ('[database]\nurl = "sqlite://"', "database.url"),
        ('[database]\nurl = "sqlite:///a"\nurl_file = "b"', "database"),
        ('[mqtt]\nhost = "broker.example"', "mqtt"),
        ("[mqtt]\nembedded = false\nport = 0", "mqtt"),
        ('[mqtt]\ncert_file = "a.pem"', "mqtt"),
        ('[mqtt]\npassword_file = "a"', "mqtt"),
    ],
)
def test_settings_that_exclude_each_other_are_a_problem(tmp_path: Path, text: str, problem: str) -> None:
    found = _problems(tmp_path, text)
    assert len(found) == 1
    assert found[0].startswith(f"{problem}: ")


def test_a_file_that_is_not_there_or_no_toml_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match=r"none\.toml: No such file"):
        load_config(tmp_path / "none.toml")
    assert len(_problems(tmp_path, "[web\n")) == 1


def test_relative_paths_count_from_the_file(tmp_path: Path) -> None:
    config = _load(tmp_path, 'data_dir = "data"\nseed = "/etc/seed.toml"\n[mqtt]\nca_file = "ca.pem"')
    assert config.data_dir == tmp_path / "data"
    assert config.seed == Path("/etc/seed.toml")
    assert config.mqtt.ca_file == tmp_path / "ca.pem"


def test_the_command_line_chooses_the_data_directory(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text('data_dir = "data"\n')
    assert load_config(tmp_path / "hub.toml", Path("/srv")).data_dir == Path("/srv")


def test_a_database_url_gets_our_driver_and_keeps_its_password() -> None:
    assert driver_url("postgresql://u:p%40@h/n") == "postgresql+psycopg://u:p%40@h/n"
    assert driver_url("sqlite:////srv/hub.db") == "sqlite:////srv/hub.db"


def test_a_database_url_with_a_password_lies_in_a_file(tmp_path: Path) -> None:
    config = _load(tmp_path, '[database]\nurl_file = "url"')
    with pytest.raises(BadConfig, match=r"database\.url_file: .*url: No such file"):
        config.database_url()
    (tmp_path / "url").write_text("postgresql://u:p@h/n\n")
    assert config.database_url() == "postgresql+psycopg://u:p@h/n"
    (tmp_path / "url").write_text("somewhere")
    with pytest.raises(BadConfig, match="expected sqlite") as raised:
        config.database_url()
    assert len(raised.value.problems) == 1


def test_the_night_begins_at_a_local_time(tmp_path: Path) -> None:
    assert _load(tmp_path, '[nightly]\nat = "04:15"').nightly.at == time(4, 15)
    assert _load(tmp_path, "[nightly]\nat = 04:15:00").nightly.at == time(4, 15)
