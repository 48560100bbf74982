"""The watch over secrets can fail: runs of pytest that leak one, and runs that don't."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SAMPLE = """
import logging

import httpx2
import pytest

from tests.secret_watch import saw_answer

KEY = "adm_live_" + "aB3" * 14 + "z"
TOKEN = "adms_live_" + "aB3" * 14 + "z"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhY21lIn0.c2lnbmF0dXJl"
log = logging.getLogger("admittance.sample")


@pytest.fixture
def unscrubbed(monkeypatch):
    monkeypatch.setattr("gateway.telemetry.logs.scrubbed", lambda value: value)


async def answer(text, request=""):
    sent = httpx2.Request("POST", "http://test/graphql", content=request)
    await saw_answer(httpx2.Response(200, text=text, request=sent))


def test_scrubbed_log():
    log.debug("%s %s %s", KEY, TOKEN, JWT)


@pytest.mark.parametrize("secret", [KEY, TOKEN, JWT], ids=["key", "token", "jwt"])
def test_unscrubbed_log(unscrubbed, secret):
    log.debug("so %s", secret)


@pytest.mark.parametrize("secret", [KEY, TOKEN, JWT], ids=["key", "token", "jwt"])
async def test_answer(secret):
    await answer('{"data": "' + secret + '"}')


async def test_session_answer():
    await answer('{"data":{"a":{"token":"' + TOKEN + '"}}}', "mutation { a: createCustomerSession }")


async def test_sandbox_answer():
    await answer('{"data":{"a":{"apiKey":"' + KEY + '"}}}', "mutation { a: createSandbox }")


async def test_sandbox_answer_with_a_token():
    await answer('{"data":{"a":{"apiKey":"' + TOKEN + '"}}}', "mutation { a: createSandbox }")


async def test_session_answer_with_a_key():
    await answer('{"data":{"a":{"token":"' + KEY + '"}}}', "mutation { a: createCustomerSession }")


def test_nothing():
    pass
"""


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_sample.py").write_text(SAMPLE)
    (folder / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.secret_watch", "-p", "no:cacheprovider", *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        command,
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_run_in_which_nothing_leaks_passes(tmp_path: Path) -> None:
    quiet = "(test_session_answer and not key) or (test_sandbox_answer and not token)"
    run = _run(tmp_path, "-k", f"test_scrubbed_log or {quiet} or test_nothing")

    assert "4 passed" in run.stdout
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["in one process", "with workers"])
def test_a_run_in_which_something_leaks_fails_and_names_the_tests(tmp_path: Path, workers: tuple[str, ...]) -> None:
    run = _run(tmp_path, "-k", "not test_scrubbed_log", *workers)

    leaks = run.stdout.partition("secrets that were not kept")[2]
    assert "11 passed" in run.stdout
    assert run.returncode == pytest.ExitCode.TESTS_FAILED
    assert {line.partition(": ")[0].partition("::")[2] for line in leaks.splitlines() if "::" in line} == {
        *(f"{test}[{secret}]" for test in ("test_unscrubbed_log", "test_answer") for secret in ("key", "token", "jwt")),
        "test_session_answer_with_a_key",
        "test_sandbox_answer_with_a_token",
    }
    assert "aB3aB3" not in leaks
