"""The same events through ingest and the live cleaner, and through a file: the same scores."""

from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.harness.declared import declare_faces
from tests.harness.ingesting import DAY, HOUR, intake, take
from tests.harness.small_chain import DAYS, FIRST, SEED_TOML, messages

from tillsight_hub.analysis.command import read_recording
from tillsight_hub.analysis.pipeline import Analysed, analysed
from tillsight_hub.analysis.results import Scores, scores
from tillsight_hub.cleaning.cleaner import Cleaner
from tillsight_hub.cleaning.rules import CleaningSettings
from tillsight_hub.database import migrate, open_database
from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.metrics.catalogue import catalogue
from tillsight_hub.metrics.settings import MetricSettings
from tillsight_hub.periods import Period
from tillsight_hub.seed import apply_seed, read_seed

METRICS = catalogue(MetricSettings())
RULES = CleaningSettings()
AT_ONCE = 60
"""Messages in one transaction."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("chain")
    (made / "seed.toml").write_text(SEED_TOML, encoding="utf-8")
    (made / "events.jsonl").write_bytes(b"".join(event + b"\n" for _, event, _ in messages()))
    return made


@pytest.fixture(scope="module")
def offline(folder: Path) -> Analysed:
    return analysed(read_recording(folder), RULES, folder / "analysis.db", lambda _: None)


def live(folder: Path, period: Period) -> Scores:
    """In the order of arrival, with the cleaner at work in between."""
    engine = open_database(f"sqlite:///{folder / 'hub.db'}")
    migrate(engine)
    apply_seed(engine, read_seed(folder / "seed.toml"))
    declare_faces(engine, "acme")
    cleaner = Cleaner(engine, RULES)
    taker = intake(engine, now=FIRST + (DAYS + 2) * DAY)
    arriving = list(messages())
    for first in range(0, len(arriving), AT_ONCE):
        batch = arriving[first : first + AT_ONCE]
        take(taker, *((box, event) for box, event, _ in batch), received=batch[-1][2] + HOUR)
        cleaner.clean()
    cleaner.clean_all()
    return scores(_as_live(engine, period), METRICS, 0.95)


def _as_live(engine: Engine, period: Period) -> Analysed:
    with engine.connect() as connection:
        return Analysed(engine, read_hierarchy(connection), period, {})


def test_a_file_gives_the_scores_of_the_live_hub(folder: Path, offline: Analysed) -> None:
    wanted, got = live(folder, offline.period), scores(offline, METRICS, 0.95)
    assert list(got) == list(wanted)
    for touchpoint, of_place in wanted.items():
        for metric, score in of_place.items():
            assert got[touchpoint][metric] == score, (touchpoint, metric)


def test_the_chain_has_everything_that_makes_a_difference(offline: Analysed) -> None:
    found = scores(offline, METRICS, 0.95)
    assert {score.status for score in found["till-1"].values()} >= {"ok", "no_data"}
    for metric in ("relative_dissatisfaction", "positive_emotion_share", "contacts", "csat"):
        assert found["till-1"][metric].value is not None, metric
    responses, presses = (found["till-1"][metric].value for metric in ("responses", "presses"))
    assert responses is not None
    assert presses is not None
    assert 40 < responses < presses - 100
    assert found["exit"]["contacts"].status == "no_data"
