"""Places by kind: their fields, what they lie in, and the hierarchy as a tree."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Table, select

from tillsight_models.configuration import Settings, read_settings
from tillsight_models.errors import BadConfig

from .. import tables
from ..hierarchy import Hierarchy
from ..seed import LIFE, DeviceSeed, OrgSeed, RegionSeed, Seed, StoreSeed, TouchpointSeed, read_seed

Kind = Literal["org", "region", "store", "touchpoint", "device"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MODELS: Mapping[Kind, type[Settings]] = {
    "org": OrgSeed,
    "region": RegionSeed,
    "store": StoreSeed,
    "touchpoint": TouchpointSeed,
    "device": DeviceSeed,
}
PARENTS: Mapping[Kind, Kind] = {
    "region": "org",
    "store": "region",
    "touchpoint": "store",
    "device": "touchpoint",
}
"""Every kind but the first lies in one of this kind, and names it in a field of this name."""
TABLES: Mapping[Kind, Table] = {
    "org": tables.org,
    "region": tables.region,
    "store": tables.store,
    "touchpoint": tables.touchpoint,
    "device": tables.device,
}
_COLUMNS: Mapping[tuple[str, str], str] = {(kind, parent): f"{parent}_id" for kind, parent in PARENTS.items()}
"""Where a column has another name than the field."""


def place_seed(kind: Kind, values: Mapping[str, Any]) -> Seed:
    """A seed of one place; BadConfig has a line for each field that will not do."""
    place = read_settings(dict(values), MODELS[kind])
    return Seed.model_validate({kind: (place,)})


def as_values(connection: Connection, kind: Kind, id: str) -> dict[str, Any] | None:
    """The fields of a place as its model has them; None where there is none of this id."""
    table = TABLES[kind]
    row = connection.execute(select(table).where(table.c.id == id)).mappings().one_or_none()
    if row is None:
        return None
    values = {name: row[_COLUMNS.get((kind, name), name)] for name in MODELS[kind].model_fields}
    if (hours := values.get("opening_hours")) is not None:
        values["opening_hours"] = json.loads(hours)
    return values


@dataclass(frozen=True)
class Branch:
    """A place with what lies in it."""

    kind: Kind
    id: str
    name: str
    branches: list["Branch"] = field(default_factory=list)


def tree(hierarchy: Hierarchy, scope: str | None = None) -> list[Branch]:
    """From the orgs down to the boxes, by name, as far as the scope sees it and the way down to it."""
    branches: dict[tuple[Kind, str], Branch] = {}
    roots: list[Branch] = []
    for kind in KINDS:
        for id, name, parent in sorted(_of_kind(hierarchy, kind), key=lambda place: (place[1], place[0])):
            branch = branches[kind, id] = Branch(kind, id, name)
            above = branches[PARENTS[kind], parent].branches if kind in PARENTS else roots
            above.append(branch)
    return roots if scope is None else _pruned(roots, scope)


def choices(hierarchy: Hierarchy, kind: Kind) -> list[tuple[str, str]]:
    """Ids and names of all places of a kind, by name; of a touchpoint the store's name too."""
    found = [(id, name) for id, name, _ in _of_kind(hierarchy, kind)]
    if kind == "touchpoint":
        places = hierarchy.touchpoints
        found = [(id, f"{places[id].store_name}: {name}") for id, name in found]
    return sorted(found, key=lambda place: (place[1], place[0]))


def _of_kind(hierarchy: Hierarchy, kind: Kind) -> list[tuple[str, str, str]]:
    """Id, name and the id of what it lies in."""
    if kind == "org":
        return [(each.id, each.name, "") for each in hierarchy.orgs.values()]
    if kind == "region":
        return [(each.id, each.name, each.org_id) for each in hierarchy.regions.values()]
    if kind == "store":
        return [(each.id, each.name, each.region_id) for each in hierarchy.stores.values()]
    if kind == "touchpoint":
        return [(each.id, each.name, each.store_id) for each in hierarchy.touchpoints.values()]
    boxes = [each for each in hierarchy.devices.values() if not each.is_import]
    return [(each.id, each.name, each.touchpoint_id) for each in boxes]


def _pruned(branches: list[Branch], scope: str) -> list[Branch]:
    kept = []
    for branch in branches:
        if branch.id == scope and branch.kind != "device":
            kept.append(branch)
        elif below := _pruned(branch.branches, scope):
            kept.append(Branch(branch.kind, branch.id, branch.name, below))
    return kept


def told_by(seed: Path | None) -> Mapping[tuple[str, str], frozenset[str]]:
    """By kind and id: the fields that the seed file says, and says again at every start of the hub."""
    if seed is None:
        return {}
    try:
        return _fields_of(seed, seed.stat().st_mtime_ns)
    except (OSError, BadConfig):
        return {}  # what cannot be read now will not be applied either


@lru_cache(maxsize=4)
def _fields_of(seed: Path, changed: int) -> Mapping[tuple[str, str], frozenset[str]]:  # noqa: ARG001
    """`changed` is the file's time of change: with another one it is read again."""
    told = read_seed(seed)
    return {
        (kind, place.id): frozenset(MODELS[kind].model_fields) - (set(LIFE) - place.model_fields_set)
        for kind in KINDS
        for place in getattr(told, kind)
    }
