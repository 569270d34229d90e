"""Places: from a touchpoint to its org, and which of them somebody may set something for."""

from collections.abc import Iterable

from ..hierarchy import Hierarchy, Touchpoint
from ..viewer import Viewer


def path_of(touchpoint: Touchpoint) -> tuple[str, str, str, str]:
    """The nearest first."""
    return touchpoint.id, touchpoint.store_id, touchpoint.region_id, touchpoint.org_id


def names_of(hierarchy: Hierarchy) -> dict[str, str]:
    """Every place by id, from the large to the small."""
    return {
        **{id: org.name for id, org in hierarchy.orgs.items()},
        **{id: region.name for id, region in hierarchy.regions.items()},
        **{id: store.name for id, store in hierarchy.stores.items()},
        **{id: f"{place.store_name}: {place.name}" for id, place in hierarchy.touchpoints.items()},
    }


def has_whole(hierarchy: Hierarchy, viewer: Viewer, place: str) -> bool:
    """Whether the place exists and lies wholly within what the viewer may see."""
    held = {each.id for each in hierarchy.within(place)} if place else set[str]()
    return bool(held) and held <= {each.id for each in hierarchy.within(viewer.scope)}


def own_places(hierarchy: Hierarchy, viewer: Viewer) -> list[tuple[str, str]]:
    """Ids and names of the places that the viewer may set something for."""
    return [(id, name) for id, name in names_of(hierarchy).items() if has_whole(hierarchy, viewer, id)]


def orgs_of(hierarchy: Hierarchy, viewer: Viewer) -> list[str]:
    """The orgs of which the viewer sees at least a part."""
    return list(dict.fromkeys(each.org_id for each in hierarchy.within(viewer.scope)))


def upwards(hierarchy: Hierarchy, place: str) -> Iterable[str]:
    """The places above and the place itself, the nearest first; nothing for a stranger."""
    if place in hierarchy.touchpoints:
        return path_of(hierarchy.touchpoints[place])
    if place in hierarchy.stores:
        store = hierarchy.stores[place]
        return place, store.region_id, store.org_id
    if place in hierarchy.regions:
        return place, hierarchy.regions[place].org_id
    return (place,) if place in hierarchy.orgs else ()
