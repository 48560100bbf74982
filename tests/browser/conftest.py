"""The server from a wheel, and Debian's Chromium: one of each for all the tests."""

import shutil
from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.installation import ROOT, Installation, serving_from_a_wheel
from tests.browser.visit import Visit, visiting


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Generator[Installation]:
    """Installing takes a minute or two."""
    with serving_from_a_wheel(tmp_path_factory.mktemp("installation")) as installation:
        yield installation


@pytest.fixture(scope="session")
def browser() -> Generator[Browser]:
    """Headless, and without its sandbox, which containers can't give it."""
    chromium = shutil.which("chromium")
    assert chromium is not None, "These tests need Chromium. On Debian and Ubuntu: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, installation: Installation) -> Generator[Visit]:
    """The page, opened for the first time."""
    with visiting(browser, installation.url) as visit:
        yield visit


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where they are kept to be looked at."""
    folder = ROOT / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
