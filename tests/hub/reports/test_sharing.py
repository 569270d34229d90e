"""Links and schedules as both databases keep them."""

import pytest
from sqlalchemy import Engine, select

from tillsight_hub.database import writing
from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.reports.errors import UnknownReport
from tillsight_hub.reports.schedules import add_schedule, find_schedule, last_mails, read_schedules, switch
from tillsight_hub.reports.sharing import DAY_MS, create_link, find_link, read_links, revoke_link
from tillsight_hub.tables import share_link


def test_a_link_opens_until_its_day_or_until_it_is_taken_back(either_engine: Engine) -> None:
    with writing(either_engine) as connection:
        token = create_link(connection, "rome", 7, "ada", by_touchpoint=False)
    with either_engine.connect() as connection:
        row = connection.execute(select(share_link)).one()
        hierarchy = read_hierarchy(connection)
    assert token not in str(row)
    assert find_link(either_engine, token + "x") is None
    assert find_link(either_engine, token, row.created + 7 * DAY_MS) is None
    link = find_link(either_engine, token)
    assert link is not None
    assert (link.place, link.by_touchpoint, link.last_used) == ("rome", False, None)
    with writing(either_engine) as connection:
        with pytest.raises(UnknownReport):
            revoke_link(connection, hierarchy, "pune", link.id, "mona")
        revoke_link(connection, hierarchy, "rome", link.id, "mona")
    assert find_link(either_engine, token) is None
    with either_engine.connect() as connection:
        (shown,) = read_links(connection, hierarchy, None, row.created)
        assert shown.revoked is not None
        assert not read_links(connection, hierarchy, "pune", row.created)
        assert not read_links(connection, hierarchy, None, row.created + 60 * DAY_MS)


def test_schedules_are_kept(either_engine: Engine) -> None:
    with writing(either_engine) as connection:
        number = add_schedule(
            connection, "weekly", "rome", "a@example.org b@example.org", language=None, actor="ada"
        )
        hierarchy = read_hierarchy(connection)
        schedule = find_schedule(connection, hierarchy, "rome", number)
        switch(connection, schedule, "ada", enabled=False)
    assert schedule.recipients == ("a@example.org", "b@example.org")
    with either_engine.connect() as connection:
        assert not read_schedules(connection, hierarchy, None, enabled=True)
        assert [each.enabled for each in read_schedules(connection, hierarchy, None)] == [False]
        assert last_mails(connection, [schedule]) == {}
