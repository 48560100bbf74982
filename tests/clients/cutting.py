"""A way to a server that can be cut or fall silent, and lead to another one afterwards, as a network does."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress


class Way:
    """Passes every connection on to a port of this machine."""

    def __init__(self) -> None:
        self.target = 0
        self.port = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._silence = asyncio.Event()

    def cut(self) -> None:
        """Breaks off every connection there is, on both sides."""
        for writer in tuple(self._open):
            writer.transport.abort()

    def fall_silent(self) -> None:
        """Loses all that is sent on connections there are or come, and tells neither side even that the other left."""
        self._silence.set()

    def lead_on(self) -> None:
        """Passes on again what comes. The connections that fell silent stay so."""
        self._silence = asyncio.Event()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        silence = self._silence
        # Not before it has asked for something: Node 20's fetch never settles if its connection is reset by then.
        first = await reader.read(65_536)
        try:
            to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, to_writer}
        try:
            if not silence.is_set():
                to_writer.write(first)
            await asyncio.gather(_pump(reader, to_writer, silence), _pump(to_reader, writer, silence))
        finally:
            self._open -= {writer, to_writer}
            # Of both it is known by now that they ended, though neither has been told of the other.
            for each in (writer, to_writer):
                each.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, silence: asyncio.Event) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            if not silence.is_set():
                writer.write(data)
                await writer.drain()
    if not silence.is_set():
        writer.transport.abort() if reader.exception() else writer.close()


@asynccontextmanager
async def a_way() -> AsyncGenerator[Way]:
    """One, at a port of its own."""
    way = Way()
    server = await asyncio.start_server(way._pass_on, "127.0.0.1")  # pyright: ignore[reportPrivateUsage] - its own
    way.port = server.sockets[0].getsockname()[1]
    try:
        yield way
    finally:
        server.close()
        way.cut()
        await server.wait_closed()
