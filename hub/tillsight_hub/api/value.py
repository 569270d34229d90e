"""`/api/v1/value`: what customers are worth, and what a better experience earned for its cost."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from ..access import CurrentViewer
from ..metrics.analyses import CLV_ROCXI
from ..metrics.counts import Audit
from ..metrics.intervals import Interval, jeffreys
from ..metrics.registry import DEFAULT_LEVEL, LOWEST_LEVEL, Status
from ..metrics.settings import SUPPRESS_BELOW
from ..metrics.value import Programme, customer_value, rocxi_interval, value_change
from .drivers import AboutOut, about_out
from .reading import READ_ERRORS

router = APIRouter(prefix="/api/v1", tags=["value"], responses=READ_ERRORS)

Share = Annotated[float, Field(ge=0, le=1)]


class ValueQuery(BaseModel):
    """Figures of the business, per period (a year, say)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    margin: float = Field(ge=0, le=1e12, description="earned from a customer in a period, at its end")
    discount: float = Field(ge=0, le=10, description="of a period: 0.1 is 10 %")
    customers: float = Field(ge=0, le=1e12, description="how many there were before")
    customers_after: float | None = Field(None, ge=0, le=1e12, description="default: as many as before")
    cost: float = Field(0, ge=0, le=1e15, description="of what was done for customers' experience")
    retention: Share = Field(description="share of customers who stayed a period, before")
    retention_after: Share = Field(description="share who stayed, after")
    n: int = Field(ge=0, le=1_000_000_000, description="customers whom the first share was found among")
    n_after: int | None = Field(
        None, ge=0, le=1_000_000_000, description="the same of the second; default: as many"
    )
    level: float = Field(
        DEFAULT_LEVEL, ge=LOWEST_LEVEL, lt=1, description="confidence level of the intervals"
    )

    @property
    def before(self) -> Audit:
        """How many of how many stayed."""
        return Audit(round(self.retention * self.n), self.n)

    @property
    def after(self) -> Audit:
        """How many of how many stayed afterwards."""
        n = self.n if self.n_after is None else self.n_after
        return Audit(round(self.retention_after * n), n)

    def programme(self, cost: float) -> Programme:
        """What was done, at this cost."""
        after = self.customers if self.customers_after is None else self.customers_after
        return Programme(self.margin, self.discount, self.customers, after, cost)


class ValueNumberOut(BaseModel):
    """One number, never without n and status."""

    value: float | None = Field(description="null where `status` is no_data or suppressed")
    lower: float | None
    upper: float | None
    n: int = Field(description="customers whom the smaller of its retentions was found among")
    status: Status


class ValueOut(BaseModel):
    """In the currency of the margin."""

    about: AboutOut
    level: float
    clv_before: ValueNumberOut = Field(description="of one customer")
    clv_after: ValueNumberOut = Field(description="of one customer")
    gain: ValueNumberOut = Field(description="of all customers, cost not taken off")
    rocxi: ValueNumberOut = Field(description="(gain − cost) ÷ cost; no_data without a cost")


@router.get("/value")
def value(_: CurrentViewer, query: Annotated[ValueQuery, Query()]) -> ValueOut:
    """CLV before and after, what the difference earned, and the return on its cost."""
    before, after = query.before, query.after
    n = min(before.n, after.n)
    found = value_change(query.programme(query.cost), query.retention, query.retention_after)
    return ValueOut(
        about=about_out(CLV_ROCXI),
        level=query.level,
        clv_before=_number(found.value_before, _value_interval(query, before), before.n),
        clv_after=_number(found.value_after, _value_interval(query, after), after.n),
        gain=_number(found.gain, _gain_interval(query), n),
        rocxi=_number(
            found.rocxi, rocxi_interval(query.programme(query.cost), before, after, query.level), n
        ),
    )


def _value_interval(query: ValueQuery, stayed: Audit) -> Interval | None:
    """A customer's worth grows with the retention: its range is that of the retention's ends."""
    retention = jeffreys(*stayed, query.level)
    if retention is None:
        return None
    ends = [customer_value(query.margin, end, query.discount) for end in retention]
    return None if ends[0] is None or ends[1] is None else Interval(ends[0], ends[1])


def _gain_interval(query: ValueQuery) -> Interval | None:
    """The return on a cost of 1 is the gain less 1."""
    returned = rocxi_interval(query.programme(1.0), query.before, query.after, query.level)
    return Interval(returned.lower + 1, returned.upper + 1) if returned else None


def _number(value: float | None, interval: Interval | None, n: int) -> ValueNumberOut:
    """No number without its interval."""
    if n == 0 or value is None or interval is None:
        return ValueNumberOut(value=None, lower=None, upper=None, n=n, status="no_data")
    if n < SUPPRESS_BELOW:
        return ValueNumberOut(value=None, lower=None, upper=None, n=n, status="suppressed")
    return ValueNumberOut(
        value=value,
        lower=min(value, interval.lower),
        upper=max(value, interval.upper),
        n=n,
        status="ok" if n >= CLV_ROCXI.minimum_n else "low_n",
    )
