"""docs/federation.md: its commands print what is served. Its query, subgraph and gateway are for tests/federation."""

import re
import shlex
from collections.abc import Callable

import pytest

from schema.subgraph import subgraph
from tests.pages import blocks, read_page

PAGE = read_page("docs/federation.md")
COMMANDS = [shlex.split(each) for each in blocks("docs/federation.md", "sh")]

Command = Callable[..., int]
Captured = pytest.CaptureFixture[str]


def test_the_commands_of_the_page_print_the_sdl(admittance: Command, capsys: Captured) -> None:
    printed: list[str] = []
    for name, *arguments in COMMANDS:
        assert name == "admittance"
        assert admittance(*arguments) == 0
        printed.append(capsys.readouterr().out)

    assert printed == [subgraph().sdl, subgraph("Admittance").sdl]


def test_without_a_prefix_given_it_is_that_of_the_setting(
    admittance: Command, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv("ADMITTANCE_SUBGRAPH_PREFIX", "Acme")

    admittance("schema", "print", "--subgraph")
    by_setting = capsys.readouterr().out
    admittance("schema", "print", "--subgraph", "--prefix", "")
    by_option = capsys.readouterr().out

    assert (by_setting, by_option) == (subgraph("Acme").sdl, subgraph().sdl)


@pytest.mark.parametrize("prefix", ["a-b", "1st", "_Acme", "Ünder"])
def test_a_prefix_that_is_no_name_is_refused(admittance: Command, capsys: Captured, prefix: str) -> None:
    code = admittance("schema", "print", "--subgraph", "--prefix", prefix)

    assert code == 2
    assert "`subgraph_prefix`" in capsys.readouterr().err


def test_a_prefix_without_the_subgraph_is_a_mistake_of_usage(admittance: Command, capsys: Captured) -> None:
    assert admittance("schema", "print", "--prefix", "Acme") == 2

    printed = capsys.readouterr()
    assert printed.out == ""
    assert "give --subgraph with it" in " ".join(printed.err.replace("│", " ").split())


def test_the_entities_of_the_page_are_those_of_the_sdl() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)`, or `(\w+)`", PAGE, re.MULTILINE)

    for name, first, second in rows:
        assert f'type {name} @key(fields: "{first}") @key(fields: "{second}")' in subgraph().sdl
    assert len(rows) == subgraph().sdl.count("@key(") / 2
