"""A website with a past: ten weeks of a busy till, so that whole months can be told."""

from datetime import UTC, datetime, timedelta

from tests.harness.websites import Website, now_ms

from tillsight_models.events import ReasonGiven

WEEKS = 10
RATINGS = (4, 4, 3, 4, 1, 4, 3, 4, 4, 2, 4, 3, 4, 4)
"""Of the answers of one hour."""


def live_through(site: Website) -> None:
    """Every third day four hours with fourteen answers each, all from one box."""
    box = site.boxes["box-1"]
    today = datetime.fromtimestamp(now_ms() / 1000, UTC).replace(hour=8, minute=0, second=0, microsecond=0)
    events = []
    for back in range(WEEKS * 7, 0, -3):
        for hour in range(4):
            at = today - timedelta(days=back) + timedelta(hours=2 * hour)
            t = int(at.timestamp() * 1000)
            events.append(box.contact(people=90, t=t))
            events += [box.press(rating, t=t + 1000 * n) for n, rating in enumerate(RATINGS)]
            events += [
                box.event(ReasonGiven(press=1, reason=why), t=t) for why in ("waiting",) * 6 + ("price",) * 2
            ]
    for first in range(0, len(events), 150):
        site.ingest(*events[first : first + 150])
