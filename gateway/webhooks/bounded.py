"""Connections on which only so much is read: of all that is sent, whether or not HTTP makes anything of it."""

import ssl
from collections.abc import Iterable
from typing import Any, cast

import httpcore2

ANSWER_BYTES = 65_536
"""Of an answer that are read: its head, its body, and whatever stands before and between."""

# An answer may be made of ever so many pieces: between two reads it is others' turn.
_AT_ONCE_BYTES = 4_096


class BoundedConnections(httpcore2.AsyncNetworkBackend):
    """Makes connections each of which breaks off once it has been sent too much."""

    def __init__(self) -> None:
        # To the type checker it is the stand-in for installations without anyio.
        self._backend = cast("httpcore2.AsyncNetworkBackend", httpcore2.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (overridden)
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to an address."""
        return _Bounded(await self._backend.connect_tcp(host, port, timeout, local_address, socket_options))


class _Bounded(httpcore2.AsyncNetworkStream):
    def __init__(self, stream: httpcore2.AsyncNetworkStream) -> None:
        self._stream = stream
        self._left = ANSWER_BYTES

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 (overridden)
        if not self._left:
            message = f"The answer has more than {ANSWER_BYTES} bytes."
            raise httpcore2.ReadError(message)
        read = await self._stream.read(min(max_bytes, self._left, _AT_ONCE_BYTES), timeout)
        self._left -= len(read)
        return read

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 (overridden)
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 (overridden)
    ) -> httpcore2.AsyncNetworkStream:
        try:
            return _Bounded(await self._stream.start_tls(ssl_context, server_hostname, timeout))
        except BaseException:
            # Cancelled amid the handshake, nobody else would close it.
            await self.aclose()
            raise

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 (overridden)
        return self._stream.get_extra_info(info)
