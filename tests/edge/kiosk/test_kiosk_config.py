"""Settings of the kiosk that do not fit one another."""

import pytest

from tillsight_edge.kiosk_config import KioskSettings
from tillsight_models.configuration import read_settings
from tillsight_models.errors import BadConfig


def test_more_than_half_of_each_hour_cannot_be_paused() -> None:
    with pytest.raises(
        BadConfig, match=r"pauses_per_hour: 7: times kiosk.pause_min should be at most 30 minutes"
    ):
        read_settings({"pause_min": 5, "pauses_per_hour": 7}, KioskSettings)
