"""The site, built once; and Chromium to read it in."""

import os
import subprocess
from collections.abc import Generator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser

from tests.chromium import chromium
from tests.pages import ROOT
from tests.site.built import Site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The site as `make docs` builds it, in a folder of its own."""
    folder = tmp_path_factory.mktemp("site")
    command = [ROOT / ".venv-docs" / "bin" / "python", "-m", "mkdocs", "build", "--strict", "--site-dir", folder]
    given = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, timeout=100, check=False)
    assert built.returncode == 0, built.stderr
    return Site(folder, built.stdout + built.stderr)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Nothing."""


@pytest.fixture(scope="session")
def address(site: Site) -> Generator[str]:
    """Where the site is served."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site.folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def browser() -> Generator[Browser]:
    """One for all."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def in_a_folder(site: Site) -> str:
    """The site's address for who opens it from a folder."""
    return Path(site.folder).as_uri()
