"""The operations of one connection that are being carried out."""

import asyncio
import time
from asyncio import Task, TaskGroup
from collections.abc import Coroutine
from typing import Any

MAX_OPERATIONS = 20
"""How many there may be at once. It bounds what is kept to be sent as well: until its answer is taken, one counts."""

_STOPPING_SECONDS = 1.0
"""How long a client that stops an operation isn't listened to while that winds down: no flood of them gets ahead."""


class InFlight:
    """Tasks, each under the id that the client gave its operation."""

    def __init__(self, group: TaskGroup) -> None:
        self._group = group
        self._named: dict[str, Task[None]] = {}
        # Those as well whose id the client may use again, as they are winding down.
        self._tasks: set[Task[None]] = set()
        self._quiet_since = time.monotonic()

    def __contains__(self, id_: str) -> bool:
        return id_ in self._named

    @property
    def is_full(self) -> bool:
        """Whether there are as many as there may be."""
        return len(self._tasks) >= MAX_OPERATIONS

    @property
    def idle_seconds(self) -> float:
        """For how long there has been none."""
        return 0.0 if self._tasks else time.monotonic() - self._quiet_since

    def start(self, id_: str, work: Coroutine[Any, Any, None]) -> None:
        """Carries an operation out; its id is in use until it ends."""
        task = self._group.create_task(work, name=f"operation {id_}")
        self._named[id_] = task
        self._tasks.add(task)
        task.add_done_callback(lambda task: self._forget(id_, task))

    async def stop(self, id_: str) -> None:
        """Cancels an operation and frees its id. It may have ended by itself: the two messages can cross."""
        task = self._named.pop(id_, None)
        if task is not None:
            task.cancel()
            await asyncio.wait((task,), timeout=_STOPPING_SECONDS)

    async def finish(self, seconds: float) -> None:
        """Lets all of them come to their end, within a time."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    def _forget(self, id_: str, task: Task[None]) -> None:
        # The last message of an operation leaves in the step its task ends in, so this comes before any answer to it.
        if self._named.get(id_) is task:
            del self._named[id_]
        self._tasks.discard(task)
        self._quiet_since = time.monotonic()
