"""Every page of a running hub: its routes as the app has them, and an address of each, found by its links."""

import re
from collections.abc import Iterable, Iterator
from html import unescape
from urllib.parse import urljoin, urlsplit

import httpx
from fastapi import FastAPI
from starlette.routing import Route

from tillsight_hub.pages.navigation import NAVIGATION

BEGIN = ("/account", "/login?next=/", "/chain/add/org")
"""Where no entry of the navigation leads."""
NO_PAGES = ("/api/", "/live/", "/charts/", "/static/")
"""What programs and scripts ask for."""


def routes_of(app: FastAPI) -> list[Route]:
    """All routes, those of included routers too; a new part's are here by themselves."""
    return list(_flat(app.routes))


def pages_by_route(app: FastAPI, client: httpx.Client, more: Iterable[str] = ()) -> dict[str, str]:
    """Route path to one address of it that answers with a page, for whoever is logged in; found by following
    links from the navigation, and from `more`, on: the first address of each route."""
    routes = [route for route in routes_of(app) if "GET" in (route.methods or ())]
    waiting = [entry.path for entries in NAVIGATION.values() for entry in entries] + [*BEGIN, *more]
    found: dict[str, str] = {}
    while waiting:
        address = waiting.pop(0)
        route = route_of(routes, address)
        if route is None or route in found or route.startswith(NO_PAGES):
            continue
        answer = client.get(address)
        assert answer.status_code < 500, f"{address}: {answer.status_code}"
        if "text/html" not in answer.headers.get("content-type", "") or answer.status_code >= 300:
            continue
        found[route] = address
        waiting += sorted(links_in(address, answer.text))
    return found


def route_of(routes: list[Route], address: str) -> str | None:
    """The route that serves the address."""
    path = urlsplit(address).path
    return next((route.path for route in routes if route.path_regex.match(path)), None)


def links_in(address: str, page: str) -> set[str]:
    """Addresses of this hub that the page leads to."""
    targets = (urljoin(address, unescape(link)) for link in re.findall(r'<a[^>]* href="([^"]*)"', page))
    return {target.partition("#")[0] for target in targets if target.startswith("/")}


def _flat(routes: object) -> Iterator[Route]:
    assert isinstance(routes, list)
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from _flat(inner.routes)
        elif isinstance(route, Route):
            yield route
