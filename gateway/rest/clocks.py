"""Test clocks, which here freeze a whole environment that isn't live: `/v1/test_helpers/test_clocks`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from gateway.rest.endpoints import Call, Endpoints
from gateway.rest.errors import missing
from gateway.rest.lists import ListOf, list_of, page_of
from gateway.rest.moments import seconds
from gateway.rest.parameters import MOMENT, ListParameters, Parameters, text
from resolvers import sandbox_clocks
from resolvers.callers import Access, Scope
from resolvers.context import Context
from resolvers.paging import list_all
from resolvers.validation import CLOCK_NAME_LENGTH
from storage.paging import Position
from storage.records import ClockStatus, SandboxClock

WRITE = Access(Scope.SANDBOXES_WRITE)

TEST_CLOCKS = Endpoints()
_PATH = "/v1/test_helpers/test_clocks"

Status = Literal["ready", "advancing", "internal_failure"]

_STATUSES: dict[ClockStatus, Status] = {
    ClockStatus.READY: "ready",
    ClockStatus.ADVANCING: "advancing",
    ClockStatus.INTERNAL_FAILURE: "internal_failure",
}


@dataclass(frozen=True, slots=True)
class TestClock:
    """A test clock. While it is advancing, not everything up to its instant is announced yet."""

    id: str
    object: Literal["test_helpers.test_clock"]
    created: int
    frozen_time: int
    livemode: bool
    name: str | None
    status: Status

    @classmethod
    def of(cls, context: Context, clock: SandboxClock) -> "TestClock":
        """A clock as it is shown."""
        return cls(
            id=clock.id,
            object="test_helpers.test_clock",
            created=seconds(clock.created_at),
            frozen_time=seconds(clock.frozen_time),
            livemode=context.environment.livemode,
            name=clock.name,
            status=_STATUSES[clock.status],
        )


@dataclass(frozen=True, slots=True)
class DeletedTestClock:
    """A test clock that was deleted."""

    id: str
    object: Literal["test_helpers.test_clock"]
    deleted: Literal[True]


class NewTestClock(Parameters):
    """Of a new clock."""

    frozen_time: Annotated[datetime, MOMENT]
    """Where the environment's time is to stand."""
    name: Annotated[str | None, text(CLOCK_NAME_LENGTH)] = None
    """What it is called."""


class Advance(Parameters):
    """Where to."""

    frozen_time: Annotated[datetime, MOMENT]
    """Where the environment's time is to stand; it never goes back."""


async def find_clock(call: Call[Parameters], id_: str) -> TestClock | None:
    """A clock by its id as it is shown."""
    found = await sandbox_clocks.find_clock(call.context, id_)
    return TestClock.of(call.context, found) if found else None


async def _deleted(_: Call[Parameters], id_: str) -> DeletedTestClock:
    return DeletedTestClock(id_, "test_helpers.test_clock", deleted=True)


@TEST_CLOCKS.post(_PATH, WRITE, find_clock)
async def create_test_clock(call: Call[NewTestClock]) -> TestClock:
    """Freezes the environment's time."""
    given = call.given
    made = await sandbox_clocks.create_clock(call.context, frozen_time=given.frozen_time, name=given.name)
    return TestClock.of(call.context, made)


@TEST_CLOCKS.get(_PATH, WRITE)
async def list_test_clocks(call: Call[ListParameters]) -> ListOf[TestClock]:
    """Lists the environment's clock, if it has one."""
    context = call.context

    def place(clock: SandboxClock) -> Position:
        return clock.created_at, clock.id

    async def find(id_: str) -> Position | None:
        found = await sandbox_clocks.find_former_clock(context, id_)
        return place(found) if found else None

    page = await page_of(call, "test_clock", find)
    clock = await sandbox_clocks.find_clock_of(context, context.environment_id)
    listing = list_all(context.scope("testClocks"), page, [clock] if clock else [], place)
    return list_of(call, listing.page, [TestClock.of(context, each) for each in listing.page.items])


@TEST_CLOCKS.get(f"{_PATH}/{{id}}", WRITE)
async def retrieve_test_clock(call: Call[Parameters]) -> TestClock:
    """Retrieves a clock."""
    found = await find_clock(call, call.id)
    if found is None:
        raise missing("test_clock", call.id)
    return found


@TEST_CLOCKS.post(f"{_PATH}/{{id}}/advance", WRITE, find_clock)
async def advance_test_clock(call: Call[Advance]) -> TestClock:
    """Moves the environment's time on."""
    moved = await sandbox_clocks.advance_clock(call.context, call.id, call.given.frozen_time)
    return TestClock.of(call.context, moved)


@TEST_CLOCKS.delete(f"{_PATH}/{{id}}", WRITE, _deleted)
async def delete_test_clock(call: Call[Parameters]) -> DeletedTestClock:
    """Gives the environment back to real time; if its clock was ahead of that, nothing can be written any more."""
    deleted = await sandbox_clocks.delete_clock(call.context, call.id)
    return await _deleted(call, deleted.id)
