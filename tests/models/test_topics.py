"""Topics: made from slugs, and read back without guessing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillsight_models.errors import BadTopic
from tillsight_models.topics import CHANNELS, Channel, DeviceTopics, every_device, hub_state, parse_topic

slugs = st.from_regex(r"[a-z0-9-]{1,40}", fullmatch=True)


@given(slugs, slugs, slugs, st.sampled_from(sorted(CHANNELS)))
def test_a_topic_reads_back_as_what_it_was_made_of(
    org: str, site: str, device: str, channel: Channel
) -> None:
    topics = DeviceTopics(org, site, device)
    assert parse_topic(topics.of(channel)) == (topics, channel)


def test_a_topic_looks_like_this() -> None:
    assert (
        DeviceTopics("acme", "berlin-1", "box-7").of("cmd/res") == "tillsight/v1/acme/berlin-1/box-7/cmd/res"
    )
    assert every_device("ev") == "tillsight/v1/+/+/+/ev"
    assert hub_state("acme") == "tillsight/v1/acme/hub/state"


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "tillsight/v1/a/b/c",
        "tillsight/v1/a/b/c/",
        "tillsight/v1/a/b/c/evil",
        "tillsight/v1/a/b/c/ev/more",
        "tillsight/v2/a/b/c/ev",
        "x/tillsight/v1/a/b/c/ev",
        "tillsight/v1/A/b/c/ev",
        "tillsight/v1/a//c/ev",
        "tillsight/v1/a/b/+/ev",
        "tillsight/v1/a/b/" + "c" * 41 + "/ev",
        "tillsight/v1/a/b/c\n/ev",
    ],
)
def test_anything_else_is_none_of_our_topics(topic: str) -> None:
    with pytest.raises(BadTopic, match="topic"):
        parse_topic(topic)


@pytest.mark.parametrize("name", ["", "Upper", "under_score", "a/b", "ö", "x" * 41, "a\n"])
def test_a_level_that_is_no_slug_is_refused(name: str) -> None:
    with pytest.raises(BadTopic, match="expected 1 to 40 of a-z"):
        DeviceTopics("acme", name, "box")
