"""Debian's Chromium, driven by Playwright."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from .processes import MissingPart, find_program

PATIENCE_MS = 60_000
"""How long a page may take to become what a test expects; machines differ."""


def find_chromium() -> Path:
    """Path of Chromium; of the one that can show no window where that is there: a quarter of the work."""
    with suppress(MissingPart):
        return find_program("chromium-headless-shell", "chromium-headless-shell")
    return find_program("chromium", "chromium")


@contextmanager
def open_browser(program: Path) -> Iterator[Browser]:
    """A headless browser; without its sandbox for root, who cannot have one."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        try:
            yield browser
        finally:
            browser.close()
