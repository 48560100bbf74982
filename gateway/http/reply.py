"""Answers on their way out: JSON as bytes, with the headers that every answer to GraphQL has."""

import asyncio
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.responses import Response
from starlette.types import Send

from gateway.graphiql.preferences import accepts_gzip

COMPRESSED_FROM_BYTES = 1_000
COMPRESSION_LEVEL = 5
"""Of zlib: the last tenth of size that the highest one saves takes three times as long."""

_IN_A_THREAD_FROM_BYTES = 131_072
"""What takes so long to compress that nobody else should wait for it."""

_GZIP_WINDOW = 16 + zlib.MAX_WBITS

RawHeader = tuple[bytes, bytes]
RawHeaders = list[RawHeader]

_CACHE_CONTROL = (b"cache-control", b"no-store")
"""What one credential may see is nobody else's, and is true now."""
_VARY = (b"vary", b"Accept, Authorization, Origin")
_VARY_BY_ENCODING = (b"vary", b"Accept, Authorization, Origin, Accept-Encoding")
_NOSNIFF = (b"x-content-type-options", b"nosniff")
COMMON_HEADERS = (_CACHE_CONTROL, _VARY, _NOSNIFF)
"""What every answer has, unless it is compressed."""


@dataclass(slots=True)
class Reply:
    """One answer. `headers`: those of its own, beside the length and those that every answer has."""

    status: int
    body: bytes
    headers: RawHeaders = field(default_factory=list[tuple[bytes, bytes]])
    vary: RawHeader = _VARY

    @classmethod
    def of(cls, response: Response) -> "Reply":
        """What a refusal says."""
        own = [header for header in response.raw_headers if header[0] != b"content-length"]
        return cls(response.status_code, bytes(response.body), own)

    async def compress(self, accept_encoding: str) -> None:
        """Makes a long answer shorter, if the client takes it so."""
        if len(self.body) < COMPRESSED_FROM_BYTES:
            return
        self.vary = _VARY_BY_ENCODING
        if accepts_gzip(accept_encoding):
            self.body = await _gzip(self.body)
            self.headers.append((b"content-encoding", b"gzip"))

    async def send(self, send: Send) -> None:
        """Sends it."""
        length = (b"content-length", b"%d" % len(self.body))
        headers = [*self.headers, length, _CACHE_CONTROL, self.vary, _NOSNIFF]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def raw(headers: Mapping[str, str]) -> RawHeaders:
    """Headers as a server takes them."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


async def _gzip(body: bytes) -> bytes:
    if len(body) >= _IN_A_THREAD_FROM_BYTES:
        return await asyncio.to_thread(zlib.compress, body, COMPRESSION_LEVEL, _GZIP_WINDOW)
    return zlib.compress(body, COMPRESSION_LEVEL, _GZIP_WINDOW)
