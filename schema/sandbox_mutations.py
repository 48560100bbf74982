"""Mutations of sandboxes and their test clocks."""

import strawberry

from resolvers import sandbox_clocks, sandboxes
from resolvers.callers import Scope
from resolvers.context import Context
from schema import inputs, payloads
from schema.carrying_out import Parts, carry_out
from schema.environment import Environment
from schema.given import Given, or_none
from schema.info import Info
from schema.node import Node
from schema.permissions import Requires
from schema.sandbox import TestClock
from storage import records


@strawberry.type
class SandboxMutations:
    """Mutations of sandboxes and their test clocks."""

    @strawberry.mutation(
        description=(
            "Makes an empty environment to try things out in, with an API key of its own. The new key may do no more "
            "than yours, and ends when yours expires or is revoked. INVALID with a key of a live environment, and with "
            "a sandbox's own. TAKEN: an environment has the name. TOO_MANY: 20 sandboxes are open that keys of your "
            "environment made."
        ),
        extensions=[Requires(Scope.SANDBOXES_WRITE)],
    )
    async def create_sandbox(
        self,
        info: Info,
        input: Given[inputs.CreateSandboxInput],  # noqa: A002 - Relay's name
    ) -> payloads.CreateSandboxPayload | None:
        """createSandbox."""

        async def write(context: Context) -> Parts:
            opened = await sandboxes.create_sandbox(context, name=input.name, scopes=or_none(input.scopes))
            return {"environment": _sandbox(context, opened.environment), "api_key": opened.secret}

        return await carry_out(info, payloads.CreateSandboxPayload, input, write, replay=_load_sandbox)

    @strawberry.mutation(
        description=(
            "Freezes the time of your environment, which must not be live and has one test clock at the most. What "
            "time has changed until there is announced as by advanceTestClock. TAKEN: there is one, whose id is in "
            "`existing`. IN_PAST: before the latest write. INVALID: with a key of a live environment."
        ),
        extensions=[Requires(Scope.SANDBOXES_WRITE)],
    )
    async def create_test_clock(
        self,
        info: Info,
        input: Given[inputs.CreateTestClockInput],  # noqa: A002 - Relay's name
    ) -> payloads.CreateTestClockPayload | None:
        """createTestClock."""

        async def write(context: Context) -> Parts:
            made = await sandbox_clocks.create_clock(context, frozen_time=input.frozen_time, name=or_none(input.name))
            return {"test_clock": TestClock.of(made)}

        return await carry_out(info, payloads.CreateTestClockPayload, input, write)

    @strawberry.mutation(
        description=(
            "Moves the time of your environment on, to any instant ahead. Reads are of it at once. Every change on the "
            "way is announced at its own instant, in order across all customers: READY when that is done, which for "
            "a large sandbox is after the answer. Sent again meanwhile, it goes on with it. IN_PAST: it would go back."
        ),
        extensions=[Requires(Scope.SANDBOXES_WRITE)],
    )
    async def advance_test_clock(
        self,
        info: Info,
        input: Given[inputs.AdvanceTestClockInput],  # noqa: A002 - Relay's name
    ) -> payloads.AdvanceTestClockPayload | None:
        """advanceTestClock."""

        async def write(context: Context) -> Parts:
            moved = await sandbox_clocks.advance_clock(context, input.id, input.frozen_time)
            return {"test_clock": TestClock.of(moved)}

        return await carry_out(info, payloads.AdvanceTestClockPayload, input, write)

    @strawberry.mutation(
        description=(
            "Gives your environment back to real time. If its clock was ahead, what is there lies in the future: then "
            "nothing can be written any more, until a new test clock stands at the latest write or later."
        ),
        extensions=[Requires(Scope.SANDBOXES_WRITE)],
    )
    async def delete_test_clock(
        self,
        info: Info,
        input: Given[inputs.DeleteTestClockInput],  # noqa: A002 - Relay's name
    ) -> payloads.DeleteTestClockPayload | None:
        """deleteTestClock."""

        async def write(context: Context) -> Parts:
            deleted = await sandbox_clocks.delete_clock(context, input.id)
            return {"test_clock": TestClock.of(deleted)}

        return await carry_out(info, payloads.DeleteTestClockPayload, input, write, replay=_load_former)


async def _load_sandbox(context: Context, sandbox: str) -> Node | None:
    """The sandbox of a creation that was carried out before."""
    return _sandbox(context, await sandboxes.find_own_sandbox(context, sandbox))


async def _load_former(context: Context, clock: str) -> Node | None:
    """The test clock of a deletion that was carried out before, as it last was."""
    found = await sandbox_clocks.find_former_clock(context, clock)
    return TestClock.of(found) if found else None


def _sandbox(context: Context, sandbox: records.Environment) -> Environment:
    return Environment.at(sandbox, sandbox.clock_at or context.database.clock.now())
