"""`admittance worker` as people run it: a process of its own, interrupted, ended, and killed amid its work.

`WORKER_KILLS=200 pytest -o timeout=0` takes ten minutes for each database.
"""

import asyncio
import os
import random
import re
import shlex
import signal
import socket
import sys
from collections import Counter
from pathlib import Path

import httpx2
import pytest

from entitlements.facts import FeatureId, Grant, GrantId
from storage.announcing import find_due
from storage.database import Database
from storage.environments import set_clock
from storage.events import load_events_after
from storage.grants import insert_grant
from storage.ids import new_id
from storage.records import CustomerRecord
from storage.unit_of_work import CustomerWork, write_customer
from tests.service.processes import command_started, read_greeting
from tests.service.serving import NO_TLS
from tests.statements.stage import DAY, NOON, Stage, announce_all

PAGE = Path(__file__).parents[2] / "docs" / "events.md"

KILLS = int(os.environ.get("WORKER_KILLS", "3"))
MANY = 50
"""Workers among whom one is killed amid its work, whatever else the machine does."""

CUSTOMERS = 60
HALF_A_DAY = DAY / 2


@pytest.mark.parametrize("interrupt", [signal.SIGINT, signal.SIGTERM])
def test_it_says_what_it_does_and_stops_when_it_is_told(
    database_url: str, tmp_path: Path, interrupt: signal.Signals
) -> None:
    [command] = re.findall(r"^```sh\nadmittance (.*?)\n```", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    with command_started(tmp_path, *shlex.split(command), DATABASE_URL=database_url) as process:
        greeting = read_greeting(process)
        process.send_signal(interrupt)
        rest, said = process.communicate(timeout=20)

    assert greeting.startswith("\nAdmittance announces changes and delivers webhooks of ")
    assert (rest, said, process.returncode) == ("", "Stopped.\n", 0)


def test_asked_to_it_says_whether_it_is_well(database_url: str, tmp_path: Path) -> None:
    with command_started(tmp_path, "worker", "--port", "0", DATABASE_URL=database_url) as process:
        [url] = re.findall(r"(http://\S+)/health/ready", read_greeting(process))
        ready, metrics = httpx2.get(f"{url}/health/ready", verify=NO_TLS), httpx2.get(f"{url}/metrics", verify=NO_TLS)
        elsewhere = httpx2.get(f"{url}/graphql", verify=NO_TLS)
        process.send_signal(signal.SIGTERM)
        rest, said = process.communicate(timeout=20)

    assert (ready.status_code, ready.json()) == (200, {"status": "ok"})
    assert "admittance_announcing_lag_seconds 0.0" in metrics.text
    assert "admittance_webhook_attempts" in metrics.text
    assert elsewhere.status_code == 404
    assert (rest, said, process.returncode) == ("", "Stopped.\n", 0)


def test_on_a_taken_port_it_says_so(database_url: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with command_started(tmp_path, "worker", "--port", str(port), DATABASE_URL=database_url) as process:
            _, said = process.communicate(timeout=20)

    assert process.returncode == 1
    assert f"Can't listen on 127.0.0.1:{port}: address already in use." in said


def test_over_tables_it_does_not_know_it_says_so(tmp_path: Path) -> None:
    with command_started(tmp_path, "worker", DATABASE_URL="sqlite:///own.db") as process:
        _, said = process.communicate(timeout=20)

    assert process.returncode == 1
    assert 'Run "admittance migrate".' in said


async def test_workers_that_are_killed_lose_and_repeat_nothing(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    stage = await Stage.set(database)
    sso = await stage.feature("sso")
    everybody = [await _with_days(stage, sso.id) for _ in range(CUSTOMERS)]
    dice = random.Random(5)  # noqa: S311 (no secret)
    left = Counter[str]()

    for day in range(1, KILLS + 1):
        await set_clock(database, stage.env, NOON + day * DAY)
        with command_started(tmp_path, "worker", DATABASE_URL=database_url) as process:
            read_greeting(process)
            # How far it comes in which time is the machine's affair.
            far_enough = dice.randint(0, CUSTOMERS)
            while len(await find_due(database, 1_000)) > far_enough:
                pass
            await asyncio.sleep(dice.uniform(0, 0.02))
            process.kill()
            process.wait()
        due = len(await find_due(database, 1_000))
        left["all" if due == CUSTOMERS else "some" if due else "none"] += 1
    await announce_all(database)

    sys.stdout.write(f"\n{KILLS} workers killed; of {CUSTOMERS} customers they left {dict(left)}\n")
    assert left["some"] or KILLS < MANY
    starts = [NOON + day * DAY for day in range(1, KILLS + 1)]
    expected = sorted([*starts, *(start + HALF_A_DAY for start in starts)])[: 2 * KILLS - 1]
    for customer in everybody:
        async with database.read() as connection:
            made = await load_events_after(connection, stage.env, customer.id, 0, 10_000)
        assert [event.revision for event in made] == list(range(1, 2 * KILLS))
        assert [event.at for event in made] == expected


async def _with_days(stage: Stage, feature: FeatureId) -> CustomerRecord:
    """A customer who has a feature for half of each day to come."""
    customer = await stage.customer()

    async def command(work: CustomerWork) -> None:
        for day in range(1, KILLS + 1):
            since = NOON + day * DAY
            grant = Grant(GrantId(new_id("grt")), customer.id, feature, work.instant, since, since + HALF_A_DAY)
            await insert_grant(work, grant)

    await write_customer(stage.db, stage.env, customer.id, command)
    return customer
