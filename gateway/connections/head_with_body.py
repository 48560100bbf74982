"""An answer's head and the first of its body, sent together."""

import asyncio

_CONTINUE = b"HTTP/1.1 100 "


class HeadWithBody(asyncio.Transport):
    """A transport, for one answer, that keeps its head back until its body begins.

    uvicorn writes the two one after the other, and each write is a system call, a packet, and a client woken up. ASGI
    wants the head kept back anyway. An answer that has no body, as that to HEAD, must not be written to it.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self._transport = transport
        self._head: bytes | None = None
        self._has_begun = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keeps the head, and sends it with what comes next; passes on whatever comes later."""
        if self._has_begun:
            self._transport.write(data)
        elif self._head is not None:
            self._has_begun = True
            self._transport.writelines((self._head, data))
            self._head = None
        elif data[: len(_CONTINUE)] == _CONTINUE:
            # No head yet: the client waits for it before it sends its body.
            self._transport.write(data)
        else:
            self._head = bytes(data)

    def is_closing(self) -> bool:
        """Whether nothing more is sent."""
        return self._transport.is_closing()

    def close(self) -> None:
        """Ends the connection once all is sent; a head whose body never came, too."""
        if self._head is not None:
            self._transport.write(self._head)
            self._head = None
        self._transport.close()

    def abort(self) -> None:
        """Ends the connection at once."""
        self._transport.abort()
