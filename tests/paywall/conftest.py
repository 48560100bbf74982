"""The page, built once, and the demonstration, loaded once; a gateway and a browser's window for each test."""

import asyncio
import shutil
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from gateway.demo.loading import open_demonstration
from storage.database import Database
from tests.chromium import chromium, screenshots_folder
from tests.databases import sqlite_template
from tests.paywall.house import EXAMPLE, House, free_port, the_page
from tests.paywall.sight import Visit, visiting

NAMED_CUSTOMERS = 30
"""How many to load, for the named ones to be among them."""


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A database to copy, and a key to what is in it."""

    database: Path
    key: str = field(repr=False)


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    folder = tmp_path_factory.mktemp("demonstration")
    path = sqlite_template(folder)

    async def load() -> str:
        database = Database.open(f"sqlite:///{path}")
        loaded = await open_demonstration(
            database, folder / "key", lambda _played, _of: None, customers=NAMED_CUSTOMERS
        )
        await database.close()
        return loaded.secret

    return Demonstration(path, asyncio.run(load()))


@pytest.fixture(scope="session")
def built() -> Path:
    """The page's files, generated, compiled strictly and bundled."""
    done = subprocess.run(
        ["npm", "run", "build"], cwd=EXAMPLE, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return EXAMPLE / "dist"


@pytest.fixture(scope="session")
def _house(demonstration: Demonstration, tmp_path_factory: pytest.TempPathFactory) -> Generator[House]:
    with _opened(demonstration, tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest.fixture
def house(_house: House) -> House:
    """The gateway of all the tests, in which each has customers of its own; open, whatever the test before did."""
    if not _house.is_open:
        _house.open()
    return _house


@pytest.fixture
def sandbox(demonstration: Demonstration, tmp_path: Path) -> Generator[House]:
    """One of the test's own, for its clock to be moved."""
    with _opened(demonstration, tmp_path) as house:
        yield house


@contextmanager
def _opened(demonstration: Demonstration, folder: Path) -> Generator[House]:
    house = House(Path(shutil.copy(demonstration.database, folder)), demonstration.key, free_port())
    house.open()
    try:
        yield house
    finally:
        if house.is_open:
            house.close()


@pytest.fixture(scope="session")
def browser(demonstration: Demonstration) -> Generator[Browser]:
    """One for all."""
    # Loading has an event loop of its own, and there can be no other in this thread while Playwright is here.
    assert demonstration.database.is_file()
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def url(_house: House, built: Path) -> Generator[str]:
    """Where the page is."""
    assert (built / "index.html").is_file()
    with the_page(_house) as url:
        yield url


@pytest.fixture
def visit(browser: Browser, url: str, house: House) -> Generator[Visit]:
    """The page, opened for the first time, with the gateway open."""
    assert house.is_open
    with visiting(browser, url) as visit:
        yield visit


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Callable[[str, float], None]:
    """Prints how long something took, whether or not the test passes."""

    def say(what: str, seconds: float) -> None:
        with capsys.disabled():
            print(f"\n{what}: {seconds * 1000:.0f} ms")  # noqa: T201

    return say


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where they are kept to be looked at."""
    return screenshots_folder()
