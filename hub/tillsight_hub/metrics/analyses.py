"""Analyses: what the hub computes beside the catalogue, because it is more than one number."""

from dataclasses import dataclass

from .drivers import MOST_DRIVERS
from .impact import DRAWS, LEAST_PEOPLE, LEAST_PEOPLE_PER_DRIVER
from .value import DRAWS as VALUE_DRAWS


@dataclass(frozen=True)
class Analysis:
    """What a metric says of itself, for an analysis."""

    id: str
    name: str
    formula: str
    """In words and symbols, for people."""
    inputs: tuple[str, ...]
    interval: str
    minimum_n: int
    """Below it nothing is told."""
    source: str
    caution: str
    """What must not be read out of it."""
    version: int = 1


ASSOCIATION = (
    "This is association, not cause: it says what goes together with the outcome, not what changes it."
)

KEY_DRIVERS = Analysis(
    id="key_drivers",
    name="Key drivers",
    formula="lmg = mean over all orders of the drivers of what each adds to R², ÷ R²; johnson = relative "
    "weights (X^½)² β² ÷ R²; correlation of each with the outcome; performance = share of the best answers; "
    f"priority = lmg × (1 − performance); 1 to {MOST_DRIVERS} drivers, people who answered all of them",
    inputs=("outcome", "driver:NAME"),
    interval=f"bootstrap over people, {DRAWS} draws, fixed seed",
    minimum_n=LEAST_PEOPLE,
    source="Lindeman, Merenda, Gold 1980 (LMG); Johnson 2000; at least "
    f"{LEAST_PEOPLE} people and {LEAST_PEOPLE_PER_DRIVER} a driver: ours",
    caution=ASSOCIATION,
)
CX_FORCES = Analysis(
    id="cx_forces",
    name="CX forces",
    formula="as key_drivers, with the forces of customer experience as drivers",
    inputs=("outcome", "force:NAME"),
    interval=KEY_DRIVERS.interval,
    minimum_n=LEAST_PEOPLE,
    source="six forces: strategicmarketingtribe.com 2025; impact × (1 − performance) by relative weights: "
    "ours",
    caution=ASSOCIATION,
)
CLV_ROCXI = Analysis(
    id="clv_rocxi",
    name="Customer lifetime value and return on customer experience",
    formula="clv = margin × retention ÷ (1 + discount − retention); gain = customers after × clv after − "
    "customers before × clv before; rocxi = (gain − cost) ÷ cost",
    inputs=("margin", "discount", "retention", "customers", "cost"),
    interval="of clv by Jeffreys' interval of the retention; of gain and rocxi both retentions drawn again "
    f"{VALUE_DRAWS} times, fixed seed",
    minimum_n=30,
    source="CLV: common practice, margin at the end of the period, no end; ROCXI: ours, after the ROI",
    caution="It says what another retention is worth, not that customer experience brought it about.",
)
ANALYSES = (KEY_DRIVERS, CX_FORCES, CLV_ROCXI)
