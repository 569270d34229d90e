"""Who finds a hole in a hub finds whom to tell."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tillsight_hub.app import create_app
from tillsight_hub.config import HubConfig
from tillsight_models.configuration import read_settings
from tillsight_models.errors import BadConfig


def asked(folder: Path, **compliance: str) -> tuple[int, str]:
    values = {"data_dir": folder, "mqtt": {"embedded": False, "port": 1}, "compliance": compliance}
    answer = TestClient(create_app(read_settings(values, HubConfig))).get("/.well-known/security.txt")
    return answer.status_code, answer.text


def test_who_finds_a_hole_finds_whom_to_tell(tmp_path: Path) -> None:
    code, text = asked(tmp_path, security_contact="mailto:security@example.org")
    fields = dict(line.split(": ", 1) for line in text.split("\r\n") if line)
    assert code == 200
    assert fields["Contact"] == "mailto:security@example.org"
    left = datetime.fromisoformat(fields["Expires"]) - datetime.now(UTC)
    assert timedelta(days=30) < left < timedelta(days=365)


def test_without_a_contact_there_is_none(tmp_path: Path) -> None:
    assert asked(tmp_path)[0] == 404


@pytest.mark.parametrize("contact", ["security@example.org", "http://example.org", "mailto:nobody"])
def test_a_contact_is_a_way_to_somebody(contact: str) -> None:
    with pytest.raises(BadConfig, match=r"compliance\.security_contact"):
        read_settings({"compliance": {"security_contact": contact}}, HubConfig)
