"""Contacts: what somebody left who wants to be answered. Who reads it is in the audit trail."""

import json
from dataclasses import dataclass

from sqlalchemy import Connection, select

from ..access.audit import record
from ..tables import contact_request

MAY_READ = ("admin", "manager")
"""Roles that answer people."""


@dataclass(frozen=True)
class Words:
    """What they wrote, without who they are."""

    at: int
    """ms UTC"""
    message: str
    language: str
    consent: str
    erase_after: int
    erased: int | None


@dataclass(frozen=True)
class Contact:
    """How to reach them."""

    name: str
    address: str


def read_words(connection: Connection, request: int) -> Words | None:
    """For those who may read contacts."""
    columns = [contact_request.c[name] for name in Words.__dataclass_fields__]
    row = connection.execute(select(*columns).where(contact_request.c.id == request)).first()
    return None if row is None else Words(*row)


def read_contact(connection: Connection, request: int, case: int, actor: str) -> Contact | None:
    """Name and address, noted as read by `actor`; None after erasure."""
    query = select(contact_request.c.name, contact_request.c.address).where(
        contact_request.c.id == request, contact_request.c.erased.is_(None)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    record(connection, actor, "contact.read", json.dumps({"case": case, "request": request}))
    return Contact(row.name, row.address)
