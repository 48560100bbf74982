"""The server from a wheel, and Debian's Chromium: one of each for all the tests."""

from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.installation import Installation, serving_from_a_wheel
from tests.browser.visit import Visit, visiting
from tests.chromium import chromium, screenshots_folder


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Generator[Installation]:
    """Installing takes a minute or two."""
    with serving_from_a_wheel(tmp_path_factory.mktemp("installation")) as installation:
        yield installation


@pytest.fixture(scope="session")
def browser() -> Generator[Browser]:
    """One for all."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def visit(browser: Browser, installation: Installation) -> Generator[Visit]:
    """The page, opened for the first time."""
    with visiting(browser, installation.url) as visit:
        yield visit


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where they are kept to be looked at."""
    return screenshots_folder()
