"""`admittance serve`."""

import asyncio
import socket
from contextlib import suppress
from typing import Annotated

import typer
import uvicorn
from rich.text import Text

from gateway.app import GRAPHQL_PATH, build_app
from gateway.commands.collecting import collect_rarely
from gateway.commands.listening import http_address, listen
from gateway.commands.running import run
from gateway.connections.server import server_config
from gateway.console import err, out, progress
from gateway.demo.loading import Demonstration, open_demonstration
from gateway.settings import Settings
from gateway.telemetry.logs import configure_logging
from storage.database import Database


def serve(
    demo: Annotated[bool, typer.Option("--demo", help="Load the demonstration data, once, and print a key.")] = False,  # noqa: FBT002
    host: Annotated[str | None, typer.Option(help="The address to listen on, instead of the setting's.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="The port, instead of the setting's.")] = None,
) -> None:
    """Serve GraphQL over HTTP until interrupted."""
    given = {"host": host, "port": port}
    settings = Settings.read().model_copy(update={name: value for name, value in given.items() if value is not None})
    with listen(settings.host, settings.port) as listening:
        demonstration = run(lambda database: _prepare(database, settings, demo=demo), settings=settings)
        _greet(settings, listening.getsockname()[1], demonstration)
        _serve(settings, listening)


async def _prepare(database: Database, settings: Settings, *, demo: bool) -> Demonstration | None:
    if not demo:
        return None
    with progress() as bar:
        # Seen from its first progress on: there is none where everything was loaded before.
        task = bar.add_task("Loading two years of demonstration data", total=None, visible=False)

        def on_progress(played: int, of: int) -> None:
            bar.update(task, completed=played, total=of, visible=True)

        return await open_demonstration(database, settings.demo_key_file, on_progress)


def _greet(settings: Settings, port: int, demonstration: Demonstration | None) -> None:
    address = http_address(settings.host, port)
    url = f"{address}{GRAPHQL_PATH}"
    out.print(Text.assemble("\nAdmittance serves ", (url, "bold"), "\n"))
    if settings.graphiql:
        out.print(Text.assemble("GraphiQL, with operations to begin with: ", (f"{address}/", "bold"), "\n"))
    if demonstration is None:
        out.print("Callers need an API key: `admittance keys create` makes one.")
    else:
        out.print(f"The environment {demonstration.environment.name} holds the data of docs/demo-data.md. Its key:\n")
        out.print(f"  {demonstration.secret}\n", style="cyan")
        out.print("Which features may a customer who has cancelled still use, and until when?\n")
        # Nothing is drawn round the command, so that it can be copied as a whole.
        out.print(_CURL.format(url=url, secret=demonstration.secret), style="cyan")
    out.print("Ctrl-C stops it.\n")


def _serve(settings: Settings, listening: socket.socket) -> None:
    configure_logging(settings)
    server = _Server(server_config(build_app(settings), settings))
    # Where interrupts are ignored, as they are in the background of some shells, the server stops at one all the same.
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listening])
    if server.started:
        err.print("Stopped.")


_LAST_WORDS_SECONDS = 1


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        collect_rarely()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        # A request that was stopped for want of time has yet to say so; at the end of the loop it no longer could.
        if stopped := set(self.server_state.tasks):
            await asyncio.wait(stopped, timeout=_LAST_WORDS_SECONDS)


_CURL = """\
  curl {url} \\
    -H 'Authorization: Bearer {secret}' \\
    -H 'Content-Type: application/json' \\
    -d '{{"query": "{{ customer(by: {{externalId: \\"larch-canceling\\"}}) {{ \
entitlements(first: 3) {{ nodes {{ lookupKey activeTo }} }} }} }}"}}'
"""
