"""A hub whose every name and free text is an attack: markup, scripts, templates. All of it must stay text."""

import json
import time
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, update
from tests.harness.websites import Website

from tillsight_hub import tables
from tillsight_hub.access import add_user, create_token
from tillsight_hub.access.sessions import hash_token
from tillsight_models.events import HealthReported, QuestionAnswered, ReasonGiven
from tillsight_models.surveys import Survey

ATTACK = "\"'></script> <img src=x onerror=pwned=1 data-attack>"
"""Breaks out of attributes, of script blocks and of text; what it makes of a page is marked, and runs."""
TEMPLATE = "<b>{{7*7}}${7*7}"
"""What somebody might evaluate."""
MARKED = "[data-attack], a[href^='javascript:'], form[action^='javascript:']"
"""Selects whatever an attack has made of a page."""
COMPUTED = "<b>49"
"""What a template engine would make of that."""


SHORT = "'><b data-attack>"
"""For what has to be short."""
SHARED = "a-link-that-somebody-shared"
LINKED = "a-link-for-a-new-password"
BEHIND = (f"/shared/{SHARED}", f"/password/{LINKED}")
"""Pages to which no link leads."""


def attack(about: str) -> str:
    """The attack as the text of a field, which can be told from the others."""
    return f"{about}{ATTACK}"


SEED: dict[str, Any] = {
    "org": [{"id": "acme", "name": attack("org")}],
    "region": [{"id": "north", "name": f"region{TEMPLATE}", "org": "acme"}],
    "store": [{"id": "rome", "name": attack("store"), "region": "north", "tz": "Europe/Rome"}],
    "touchpoint": [
        {
            "id": "till-1",
            "name": attack("touchpoint"),
            "store": "rome",
            "contact_source": "presence",
            "owner": attack("owner"),
        },
        {"id": "till-2", "name": attack("second"), "store": "rome", "contact_source": "camera"},
    ],
    "device": [
        {"id": "box-1", "name": attack("device"), "touchpoint": "till-1"},
        {"id": "box-2", "name": attack("other"), "touchpoint": "till-2"},
    ],
}


def furnish(site: Website) -> None:
    """Presses, answers and reports of a box, and whatever people and boxes may have written."""
    engine = site.services.engine
    add_user(engine, "mona.o-neil_1", "correct horse battery", "manager", "rome")
    create_token(engine, attack("token")[:80], "analyst")
    _events(site)
    with engine.begin() as connection:
        for row in _rows(now := time.time_ns() // 1_000_000):
            connection.execute(insert(row.pop("table")).values(row))
        _box(connection, now)


def _events(site: Website) -> None:
    now, box = time.time_ns() // 1_000_000, site.boxes["box-1"]
    presses = [box.press(1 + n % 4, t=now - 60_000 * n) for n in range(40)]
    answer = QuestionAnswered(
        survey="visit", survey_version=1, visit="v1", question="why", value=attack("answer")
    )
    reason = ReasonGiven(press=1, reason="waiting", text=attack("reason"))
    health = HealthReported(outbox_set_aside=attack("file"), panel_firmware=attack("")[:60])
    site.ingest(*presses, *(box.event(each, t=now) for each in (answer, reason, health)))
    for _ in range(3):
        site.serve(30)


def _box(connection: Connection, now: int) -> None:
    health = {"outbox_set_aside": attack("file"), "panel_firmware": attack("firmware"), "panel": "ok"}
    values = {"state": "ready", "health": json.dumps(health), "last_seen": now, "first_seen": now}
    mine = tables.device.c.id == "box-1"
    written = {"version": attack("version"), "stream": attack("stream")}
    connection.execute(update(tables.device).where(mine).values(values | written))


def _rows(now: int) -> list[dict[str, Any]]:
    """A row for each table in which somebody's words are kept."""
    today = time.strftime("%Y-%m-%d", time.gmtime(now / 1000))
    by = {"created": now, "actor": attack("actor")}
    roles = dict.fromkeys(("responsible", "accountable", "consulted", "informed"), attack("role"))
    alarm = {"subject": "box-1", "severity": 2, "raised": now, "acknowledged_by": attack("keeper")}
    return [
        {
            "table": tables.fleet_alarm,
            **alarm,
            "condition": "two_boxes",
            "text": attack("alarm"),
            "detail": json.dumps({"n": 1, "what": attack("evidence")}),
        },
        {
            "table": tables.fleet_alarm,
            **alarm,
            "condition": "replay",
            "text": attack("words"),
            "acknowledged": now,
        },
        {
            "table": tables.audit,
            "at": now,
            "actor": attack("actor"),
            "action": "x",
            "detail": attack("detail"),
        },
        {
            "table": tables.quarantine,
            "received": now,
            "topic": attack("topic"),
            "dev": attack("dev"),
            "reason": "unknown-device",
            "detail": attack("detail"),
            "payload": b"x",
            "size": 1,
        },
        {
            "table": tables.card,
            "place": "rome",
            "texts": json.dumps({"en": {"said": attack("said"), "did": attack("did")}}),
            "first_day": today,
            **by,
        },
        {
            "table": tables.contact_request,
            "id": 1,
            "tp": "till-1",
            "at": now,
            "name": attack("person"),
            "address": attack("address"),
            "message": attack("message"),
            "language": "en",
            "consent": attack("consent"),
            "erase_after": now + 10**9,
        },
        {
            "table": tables.service_case,
            "id": 1,
            "tp": "till-1",
            "opened": now,
            "origin": "request",
            "request_id": 1,
            "title": attack("case"),
            "state": "open",
            "owner": attack("holder"),
            "deadline": now + 10**7,
            "cause": attack("cause"),
            "outcome": attack("outcome"),
        },
        {
            "table": tables.case_note,
            "case_id": 1,
            "at": now,
            "actor": attack("noter"),
            "text": attack(f"note{TEMPLATE}"),
        },
        {
            "table": tables.action,
            "place": "rome",
            "kind": "action",
            "title": attack("action"),
            "detail": attack("what"),
            "roles": json.dumps(roles),
            "goal": attack(f"goal{TEMPLATE}"),
            "first_day": today,
            **by,
        },
        {
            "table": tables.report_schedule,
            "kind": "weekly",
            "place": "rome",
            "recipients": json.dumps([attack("recipient")]),
            **by,
        },
        {
            "table": tables.mail,
            "key": attack("key"),
            "at": now,
            "recipient": attack("recipient"),
            "subject": attack("subject"),
            "body": attack("body"),
            "due": now + 10**9,
            "problem": attack("problem"),
        },
        {
            "table": tables.share_link,
            "token_hash": hash_token(SHARED),
            "place": "rome",
            "settings": json.dumps({"by_touchpoint": True}),
            "expires": now + 10**9,
            **by,
        },
        {
            "table": tables.device_config,
            "dev": "box-1",
            "wanted": "{}",
            "version": attack("wanted"),
            "changed": now,
            "answer": json.dumps({"refused": [attack("refused")], "ignored": [attack("ignored")]}),
            "problem": json.dumps([attack("unsent")]),
        },
        *(
            {
                "table": tables.survey,
                "id": "visit",
                "version": version,
                "org_id": "acme",
                "content": msgspec.json.encode(msgspec.convert(_survey(version), Survey)).decode(),
                "state": state,
                **by,
            }
            for version, state in ((1, "published"), (2, "draft"))
        ),
        {
            "table": tables.password_link,
            "token_hash": hash_token(LINKED),
            "user_id": 2,
            "expires": now + 10**9,
            **by,
        },
        {
            "table": tables.snooze,
            "place": "rome",
            "until": now + 10**8,
            "actor": attack("quiet"),
        },
        {
            "table": tables.consistency_run,
            "started": now,
            "finished": now,
            "events": 1,
            "mismatches": 1,
            "detail": json.dumps(
                [{"where": attack("where"), "what": "x", "counter": "c", "expected": 1, "found": 2}]
            ),
        },
    ]


def _survey(version: int) -> dict[str, Any]:
    """Its words have a greatest length."""
    options = [{"id": f"o{n}", "text": {"en": f"{n}{SHORT}"}} for n in (1, 2)]
    questions = [
        {"id": "why", "kind": "text", "text": {"en": f"Why {SHORT}"}},
        {"id": "what", "kind": "single", "text": {"en": f"What {SHORT}"}, "options": options},
    ]
    return {"id": "visit", "version": version, "languages": ["en"], "questions": questions}
