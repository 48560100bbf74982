"""`make paywall`: the gateway and the page by one command, and both gone with it."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from signal import SIGINT

import httpx2
import pytest
from playwright.sync_api import Browser, expect

from tests.paywall.conftest import Demonstration
from tests.paywall.house import EXAMPLE, ROOT, free_port
from tests.paywall.sight import visiting
from tests.service.serving import NO_TLS


def test_one_command_serves_the_page_over_the_demonstration_and_ends_both(
    browser: Browser, demonstration: Demonstration, built: Path, tmp_path: Path
) -> None:
    assert built.is_dir()
    port, database = str(free_port()), shutil.copy(demonstration.database, tmp_path)
    settings = {"PORT": port, "DATABASE_URL": f"sqlite:///{database}", "ADMITTANCE_DEMO_KEY_FILE": f"{tmp_path}/key"}
    given = {**os.environ, "PYTHONPATH": str(ROOT), **settings}
    health = f"http://127.0.0.1:{port}/health/live"

    with subprocess.Popen(["node", "start.mjs"], cwd=EXAMPLE, env=given, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            [address] = re.findall(r"http://\S+", next(line for line in process.stdout if "http://" in line))
            with visiting(browser, address) as visit:
                visit.sign_in("quartz-waiting")
                expect(visit.page.get_by_text("Harbour survey")).to_be_visible()
                complaints = visit.complaints
        finally:
            process.send_signal(SIGINT)

    assert complaints == []
    assert process.returncode == 0
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(health, verify=NO_TLS)
