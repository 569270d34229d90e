"""`/.well-known/security.txt` (RFC 9116): whom to tell of a hole; open to everybody."""

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, HTTPException
from starlette.responses import PlainTextResponse

from ..services import ServicesDep

router = APIRouter(include_in_schema=False)

GOOD_FOR = timedelta(days=180)
"""The file says until when it may be believed; it is made when asked for."""


@router.get("/.well-known/security.txt")
def security_txt(services: ServicesDep) -> PlainTextResponse:
    """404 where the operator has named nobody."""
    contact = services.config.compliance.security_contact
    if contact is None:
        raise HTTPException(404, "this hub names no contact: compliance.security_contact")
    expires = (datetime.now(UTC) + GOOD_FOR).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = (
        f"Contact: {contact}",
        f"Expires: {expires.strftime('%Y-%m-%dT%H:%M:%SZ')}",
        "Preferred-Languages: en, it",
    )
    return PlainTextResponse("".join(f"{line}\r\n" for line in lines))
