"""Declarations for tests: without one nothing about faces is taken in or told."""

from sqlalchemy import Connection, Engine, insert

from tillsight_hub.database import writing
from tillsight_hub.tables import declaration
from tillsight_models.events import DemographicsWindowed

EVER = ("2000-01-01", "2199-01-01")
AGES = DemographicsWindowed(
    period_s=900,
    under_18=1,
    from_18=10,
    from_30=10,
    from_45=10,
    from_60=9,
    age_unknown=0,
    male=20,
    female=20,
    gender_unknown=0,
)
"""What a camera says of the people whose faces it saw."""


def declare_faces(engine: Engine, *places: str, days: tuple[str, str] = EVER) -> None:
    """From the first day on, without the last."""
    with writing(engine) as connection:
        for place in places:
            declare_within(connection, place, days)


def declare_within(connection: Connection, place: str, days: tuple[str, str] = EVER) -> int:
    """The same in a transaction of the caller's; the number of the declaration."""
    words = {
        "purpose": "Satisfaction of customers, as totals",
        "assessment": "DPIA-2026-014",
        "legal_basis": "legitimate-interest",
        "responsible": "store management",
    }
    sign, expires = days
    row = {"place": place, **words, "sign_installed": sign, "expires": expires, "at": 0, "actor": "test"}
    made = connection.execute(insert(declaration).values(row).returning(declaration.c.id))
    number: int = made.scalar_one()
    return number
