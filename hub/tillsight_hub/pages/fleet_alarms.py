"""`/devices/alarms`: somebody answers for an alarm of the page of devices."""

from fastapi import APIRouter, HTTPException
from starlette.responses import RedirectResponse, Response

from tillsight_models.problems import Problem

from ..access import PageSession, wrong_role
from ..access.clock import now_ms
from ..access.forms import CheckedForm
from ..database import writing
from ..fleet.alarm_book import UnknownAlarm, acknowledge
from ..services import ServicesDep
from .devices import KEEPERS, seen_subjects
from .source import SourceDep

router = APIRouter(include_in_schema=False)


@router.post("/devices/alarms")
def answer_for_alarm(
    session: PageSession, services: ServicesDep, source: SourceDep, form: CheckedForm
) -> Response:
    """Note who does, and go back to the list."""
    if session.viewer.role not in KEEPERS:
        raise wrong_role(session.viewer, KEEPERS)
    number = str(form.get("number", ""))
    if not (number.isascii() and number.isdecimal() and len(number) < 16):
        line = f"number {number[:40]!r}: expected the number of an alarm"
        raise HTTPException(422, Problem(line, "whole", "number", given=number[:40]))
    subjects = seen_subjects(source, session.viewer)
    try:
        with writing(services.engine) as connection:
            acknowledge(connection, int(number), session.viewer.name, now_ms(), subjects)
    except UnknownAlarm as error:
        raise HTTPException(404, str(error)) from error
    return RedirectResponse("/devices#alarms-title", 303)
