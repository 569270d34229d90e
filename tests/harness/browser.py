"""Debian's Chromium, driven by Playwright."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from .processes import find_program

PATIENCE_MS = 60_000
"""How long a page may take to become what a test expects; machines differ."""


def find_chromium() -> Path:
    """Path of Chromium or Chrome; MissingPart where there is none."""
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
