"""The commands of pages that call `curl`, as requests: what it would send."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import httpx2

from tests.pages import blocks, commands

ADDRESS = "http://127.0.0.1:8000"
"""Where `make serve` serves."""

KEY = "$(cat admittance.demo-key)"
"""How pages say the key that it prints."""


@dataclass(frozen=True, slots=True)
class Curl:
    """A command's words, with the variables that the page on clients says to set."""

    words: list[str]

    @property
    def goes_on(self) -> bool:
        """Whether the answer is shown as it arrives."""
        return "-N" in self.words

    def request(self, client: httpx2.AsyncClient, secret: str) -> httpx2.Request:
        """What it sends, by a client of another address and with another key."""
        headers = dict(value.split(": ", 1) for value in self._given("-H"))
        assert headers["Authorization"] == f"Bearer {KEY}"
        headers["Authorization"] = f"Bearer {secret}"
        [address] = [word for word in self.words if word.startswith("http")]
        return client.build_request(
            "GET" if "--get" in self.words else "POST",
            address.removeprefix(ADDRESS),
            headers=headers,
            content=next(self._given("-d"), None),
            params=dict(value.split("=", 1) for value in self._given("--data-urlencode")) or None,
        )

    def _given(self, option: str) -> Iterator[str]:
        return (self.words[at + 1] for at, word in enumerate(self.words) if word == option)


def read_curls(page: str) -> list[Curl]:
    """Those of a page, in order."""
    variables = dict(re.findall(r"^export (\w+)=(.*)$", "".join(blocks("docs/clients/index.md", "sh")), re.MULTILINE))
    return [Curl([_filled(word, variables) for word in each]) for each in commands(page) if each[0] == "curl"]


def _filled(word: str, variables: Mapping[str, str]) -> str:
    return re.sub(r"\$(ADMITTANCE_\w+)", lambda named: variables[named[1]], word)
