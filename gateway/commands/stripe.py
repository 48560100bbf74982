"""`admittance stripe ...`."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import orjson
import typer
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from gateway.commands.running import load_environment, run
from gateway.console import CommandFailed, err, out, progress, table
from gateway.settings import Settings
from gateway.stripe_source.account import open_account
from gateway.stripe_source.mended import Mended
from gateway.stripe_source.reading import Reading
from storage.database import Database

app = typer.Typer(no_args_is_help=True, help="Stripe as a source: what it has and tells is taken over.")

StripeEnvironment = Annotated[
    str | None,
    typer.Option("--environment", "-e", help="The environment, by its name, instead of the setting's."),
]


@app.command(name="import")
def import_(environment: StripeEnvironment = None) -> None:
    """Take over features, products, customers and subscriptions. Broken off, it goes on where it was."""
    reading = _read(environment)
    err.print(f"Read {_counted(reading.counts)}; {len(reading.mended)} were new or otherwise here.")
    _tell_what_was_left_out(reading)


@app.command()
def reconcile(
    environment: StripeEnvironment = None,
    json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,  # noqa: FBT002
) -> None:
    """Compare everything with Stripe, mend what is otherwise here, and report it."""
    reading = _read(environment)
    if json:
        _print_json(reading.counts, reading.mended)
    else:
        _show(reading.mended)
        err.print(f"Read {_counted(reading.counts)}.")
    _tell_what_was_left_out(reading)


def _tell_what_was_left_out(reading: Reading) -> None:
    """Raises: CommandFailed, with what was passed over."""
    if not reading.is_whole:
        err.print(
            "This run went on where an earlier one had broken off. The next one looks for what is gone from Stripe "
            "without an event."
        )
    if reading.account.not_understood:
        # An object may have been met twice, in a list and asked for by itself.
        raise CommandFailed("\n".join(["All but this was taken over:", *dict.fromkeys(reading.account.not_understood)]))


def _read(name: str | None) -> Reading:
    settings = Settings.read()
    account = open_account(settings)

    async def read(database: Database) -> Reading:
        environment = await load_environment(database, name or settings.stripe_environment)
        _check_mode(settings, livemode=environment.livemode)
        with _progress() as bar:
            reading = Reading(account, database, environment, _Told(bar))
            await reading.carry_out()
        return reading

    return run(read, settings=settings)


def _check_mode(settings: Settings, *, livemode: bool) -> None:
    """Raises: CommandFailed, if the key is of Stripe's test mode and the environment live, or the other way round."""
    key = settings.stripe_api_key.get_secret_value() if settings.stripe_api_key else ""
    mode = next((mode for mode in ("test", "live") if f"_{mode}_" in key[:8]), None)
    if mode is not None and (mode == "live") != livemode:
        kind = "live" if livemode else "not live"
        raise CommandFailed(f"The key is of Stripe's {mode} mode, and the environment is {kind}. Name another one.")


class _Told:
    """Shows on a progress bar what was read so far. Nobody knows how much is ahead."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, kind: str, count: int) -> None:
        if kind not in self._tasks:
            self._tasks[kind] = self._bar.add_task(kind, total=None)
        self._bar.advance(self._tasks[kind], count)


def _progress() -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.completed:>8,.0f}"),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    return progress(*columns)


def _show(mended: Sequence[Mended]) -> None:
    if not mended:
        out.print("Nothing was otherwise.")
        return
    listing = table("What", "Id", "How it was")
    for each in mended:
        listing.add_row(each.kind, each.id, each.how)
    out.print(listing)


def _print_json(counts: Counter[str], mended: Sequence[Mended]) -> None:
    out.print(orjson.dumps({"read": counts, "mended": list(mended)}, option=orjson.OPT_INDENT_2).decode())


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {kind}" for kind, count in counts.items()) or "nothing"
