"""Orders: what the hub asks a device to do once, and what came of it."""

from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from .errors import BadConfig
from .events import Milliseconds

Kind = Literal["restart", "identify", "test-press", "pull-model", "run-check"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Outcome = Literal["done", "failed", "refused", "expired"]
OrderId = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$")]

LONGEST_LIFE_MS = 86_400_000
"""An order that is older is worth nothing, whatever it says of itself."""
LARGEST = 16_000
"""Bytes of an order."""


class ModelFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A vision model that the device is to fetch from its hub."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    """Under which it is kept."""
    like: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    """The known model that says how it is to be read."""
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
    url: Annotated[str, Meta(min_length=8, max_length=500)]


class Order(Struct, frozen=True, kw_only=True):
    """On `cmd`, not retained, told again until there is a result: a device carries each out once."""

    id: OrderId
    kind: Kind
    made: Milliseconds
    """By the hub's clock, as `expires`."""
    expires: Milliseconds
    """From then on it is refused."""
    dev: str = ""
    """The device that it is for; empty from a hub that does not say so yet."""
    model: ModelFile | None = None
    """Of `pull-model`."""


class OrderResult(Struct, frozen=True, kw_only=True):
    """On `cmd/res`: what became of an order."""

    id: OrderId
    outcome: Outcome
    words: Annotated[list[Annotated[str, Meta(max_length=300)]], Meta(max_length=40)] = []
    """Lines for a person."""


def read_order(raw: bytes) -> Order:
    """An order from its wire form; BadConfig says what is wrong with it."""
    if len(raw) > LARGEST:
        raise BadConfig([f"order: {len(raw)} bytes: should be at most {LARGEST}"])
    try:
        order = msgspec.json.decode(raw, type=Order)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadConfig([f"order: {error}"]) from error
    if problem := order_problem(order):
        raise BadConfig([f"order {order.id}: {problem}"])
    return order


def order_problem(order: Order) -> str | None:
    """What is wrong with an order whose fields are all of their type."""
    if not order.made < order.expires <= order.made + LONGEST_LIFE_MS:
        return "expires: should be within a day after it was made"
    if (order.kind == "pull-model") != (order.model is not None):
        return "model: should be there for pull-model, and for nothing else"
    return None


def result_of(id: str, outcome: Outcome, *words: str) -> OrderResult:
    """A result whose words are short enough for the wire."""
    return OrderResult(id=id, outcome=outcome, words=[word[:300] for word in words[:40]])
