"""A plugin of pytest that watches the whole run for secrets: no log line and no answer may hold one.

It looks for what a secret is, not for what the scrubber looks for. A leak fails the run and names the test during which
it was seen. The answers that may hold one are those of the mutations that make it.
"""

import io
import logging
import os
import re
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from gateway.telemetry.logs import LineHandler, log_formatter

_SECRETS = {
    "an API key": re.compile(r"adm_[a-z0-9]+_[A-Za-z0-9]{43}"),
    "a session token": re.compile(r"adms_[a-z0-9]+_[A-Za-z0-9]{43}"),
    "a webhook's secret": re.compile(r"whsec_[A-Za-z0-9+/]{44}"),
    "a JWT": re.compile(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*"),
}
_SHOWN_ONCE = {
    b"createCustomerSession": re.compile(r'"token": ?"adms_[^"]*"'),
    b"createSandbox": re.compile(r'"apiKey": ?"adm_[^"]*"'),
    b"createWebhookEndpoint": re.compile(r'"secret": ?"whsec_[^"]*"'),
    b"rotateWebhookSecret": re.compile(r'"secret": ?"whsec_[^"]*"'),
}
_OF_WORKERS = "secret_leaks"


@dataclass
class SecretWatch:
    """What was seen in this process that shouldn't have been."""

    leaks: list[str] = field(default_factory=list[str])

    def saw(self, where: str, text: str) -> None:
        """Takes a text that was written down or sent."""
        for kind, pattern in _SECRETS.items():
            if pattern.search(text):
                test = os.environ.get("PYTEST_CURRENT_TEST", "no test").partition(" (")[0]
                self.leaks.append(f"{test}: {kind} in {where}: {pattern.sub('<here>', text)[:500]}")


WATCH = SecretWatch()


async def saw_answer(response: httpx2.Response) -> None:
    """An event hook for HTTP clients: takes every answer but those that never end."""
    if response.headers.get("content-type", "").startswith("text/event-stream"):
        return
    await response.aread()
    text = f"{response.headers}\n{response.text}"
    for mutation, shown in _SHOWN_ONCE.items():
        if mutation in response.request.content:
            text = shown.sub("", text)
    WATCH.saw(f"the answer to {response.request.method} {response.request.url.path}", text)


class _Lines(io.StringIO):
    def write(self, line: str, /) -> int:
        WATCH.saw("the log", line)
        return len(line)


_handler = LineHandler(_Lines())


def pytest_configure() -> None:
    """Reads along from the first test on, our own lines of every level."""
    _handler.setFormatter(log_formatter(as_json=True))
    logging.getLogger().addHandler(_handler)
    logging.getLogger("admittance").setLevel(logging.DEBUG)


def pytest_unconfigure() -> None:
    """Reads along no more."""
    logging.getLogger().removeHandler(_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:  # noqa: ANN401 - a class of pytest-xdist, which needn't be installed
    """Takes over what a worker saw."""
    WATCH.leaks += getattr(node, "workeroutput", {}).get(_OF_WORKERS, [])


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fails the run, or leaves that to the process that this one works for."""
    worker: dict[str, list[str]] | None = getattr(session.config, "workeroutput", None)
    if worker is not None:
        worker[_OF_WORKERS] = WATCH.leaks
    elif WATCH.leaks and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says what leaked, and during which test."""
    if WATCH.leaks:
        terminalreporter.section("secrets that were not kept", red=True)
        for leak in WATCH.leaks:
            terminalreporter.line(leak)
