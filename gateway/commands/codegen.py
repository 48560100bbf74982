"""`admittance codegen ...`."""

import os
import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway.codegen.catalogue import NamedKey, ask_for_keys, read_keys
from gateway.codegen.python import python
from gateway.codegen.typescript import typescript
from gateway.commands.generated import check_is_current, write_file
from gateway.commands.running import load_environment, run
from gateway.console import CommandFailed, err
from storage.database import Database

KEY_VARIABLE = "ADMITTANCE_KEY"

app = typer.Typer(no_args_is_help=True, help="Source code for client teams, made from the catalogue.")


class Language(StrEnum):
    """What the code is written in."""

    TYPESCRIPT = "typescript"
    PYTHON = "python"


@app.callback()
def group() -> None:
    """Keeps `codegen` a group of commands while there is one of them."""


@app.command()
def keys(
    language: Annotated[Language, typer.Option("--language", "-l", help="What the code is written in.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file; standard output if left out.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing: fail if the file is stale.")] = False,  # noqa: FBT002
    environment: Annotated[
        str | None, typer.Option("--environment", "-e", help="The environment, by its name; test if left out.")
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(help=f"Ask the gateway at this address, with the API key in {KEY_VARIABLE}, and no database."),
    ] = None,
) -> None:
    """Write the lookup keys of all active features as a type, so that a mistyped key doesn't compile.

    The same catalogue gives the same file, wherever it is read from.
    """
    if check and output is None:
        raise typer.BadParameter("--check compares a file: name it with --output.")
    code = _WRITERS[language](_keys_of(environment, url))
    if output is None:
        # Neither wrapped nor marked up: it is a file's content.
        typer.echo(code, nl=False)
    elif check:
        check_is_current(output, code, "the catalogue", _renewal(language, output, environment, url))
        err.print(f"{output} is up to date.")
    else:
        write_file(output, code)


def _keys_of(environment: str | None, url: str | None) -> list[NamedKey]:
    if url is None:
        return run(lambda database: _read(database, "test" if environment is None else environment))
    if environment is not None:
        raise typer.BadParameter("An API key has its own environment: leave out --environment or --url.")
    credential = os.environ.get(KEY_VARIABLE, "").strip()
    if not credential:
        raise CommandFailed(f"{KEY_VARIABLE} is not set. A key with the scope catalog:read is enough.")
    # Refused by the HTTP client otherwise, with the whole of it in the message.
    if not credential.isascii() or not credential.isprintable():
        raise CommandFailed(f"{KEY_VARIABLE} holds what is no API key.")
    return ask_for_keys(url, credential)


async def _read(database: Database, environment: str) -> list[NamedKey]:
    return await read_keys(database, (await load_environment(database, environment)).id)


def _renewal(language: Language, output: Path, environment: str | None, url: str | None) -> str:
    given = {"--language": language, "--output": str(output), "--environment": environment, "--url": url}
    options = [part for option, value in given.items() if value is not None for part in (option, value)]
    return shlex.join(["admittance", "codegen", "keys", *options])


_WRITERS = {Language.TYPESCRIPT: typescript, Language.PYTHON: python}
