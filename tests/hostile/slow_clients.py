"""Clients by the hundred that each do the least that keeps a connection open."""

import asyncio
import itertools
import select
import socket
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.hostile.sockets import address, small_window

DRIP_SECONDS = 0.5
LARGE_PAGE = "/large"


@dataclass(frozen=True, slots=True)
class Habit:
    """What a slow client sends when it has a connection, what it goes on sending, and whether it reads."""

    first: bytes = b""
    then: bytes = b""
    reads: bool = True


HABITS = {
    "slow headers": Habit(b"POST /graphql HTTP/1.1\r\nHost: x\r\n", b"A: b\r\n"),
    "slow body": Habit(
        b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n", b" "
    ),
    "idle": Habit(),
    "slow reading": Habit(f"GET {LARGE_PAGE} HTTP/1.1\r\nHost: x\r\n\r\n".encode(), reads=False),
}


class SlowClients:
    """Connections of one habit."""

    def __init__(self, habit: Habit, sockets: list[socket.socket]) -> None:
        self._habit = habit
        self._open = {sock.fileno(): sock for sock in sockets}
        self._poll = select.poll()
        for number in self._open:
            # That a connection is cut is told without asking; that it has ended, by reading alone.
            self._poll.register(number, select.POLLIN if habit.reads else 0)

    @classmethod
    @contextmanager
    def arrive(cls, url: str, habit: Habit, count: int) -> Generator["SlowClients"]:
        """That many clients, connected one after the other and let in; all gone at the end."""
        sockets = [small_window() if not habit.reads else socket.socket() for _ in range(count)]
        try:
            for sock in sockets:
                sock.setblocking(True)
                sock.connect(address(url))
                sock.sendall(habit.first)
                sock.setblocking(False)
            # Who came after all of them has an answer: their own time has begun.
            with socket.create_connection(address(url)) as last:
                last.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                assert last.recv(1)
            yield cls(habit, sockets)
        finally:
            for sock in sockets:
                sock.close()

    @property
    def count(self) -> int:
        """Connections that aren't cut."""
        return len(self._open)

    async def stay(self, seconds: float) -> None:
        """Stays as long as they may, but no more than so many seconds."""
        deadline = time.monotonic() + seconds
        drip_at = time.monotonic()
        while self._open and time.monotonic() < deadline:
            self._leave_what_is_cut()
            if self._habit.then and time.monotonic() >= drip_at:
                drip_at += DRIP_SECONDS
                await self._drip()
            await asyncio.sleep(0.02)

    def _leave_what_is_cut(self) -> None:
        for number, event in self._poll.poll(0):
            if event & (select.POLLERR | select.POLLHUP) or _has_ended(self._open[number]):
                self._poll.unregister(number)
                del self._open[number]

    async def _drip(self) -> None:
        for at, sock in zip(itertools.count(), list(self._open.values()), strict=False):
            try:
                sock.send(self._habit.then)
            except OSError:
                # Cut; the next look says so.
                continue
            if at % 50 == 0:
                await asyncio.sleep(0)


def _has_ended(sock: socket.socket) -> bool:
    try:
        return not sock.recv(65_536)
    except BlockingIOError:
        return False
    except OSError:
        return True
