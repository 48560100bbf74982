"""A request's body, read no further than it may be long."""

from starlette.requests import ClientDisconnect

from gateway.http.request import HttpRequest
from gateway.refusals import BadRequest


async def read_body(request: HttpRequest, limit: int) -> bytes:
    """The whole body. `limit`: bytes.

    A declared length over the limit is refused unread, anything else as soon as it has outgrown the limit; so is a
    compressed body, as nobody knows how much it unpacks to.
    Raises: BadRequest; ClientDisconnect.
    """
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding not in {"", "identity"}:
        message = "Send the body as it is, without Content-Encoding."
        raise BadRequest(message, status=415, headers={"Accept-Encoding": "identity"})
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise _too_large(limit)
    body, is_whole = bytearray(), False
    while not is_whole:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        is_whole = not message.get("more_body", False)
        body += message.get("body", b"")
        if len(body) > limit:
            raise _too_large(limit)
    return bytes(body)


def _too_large(limit: int) -> BadRequest:
    return BadRequest(f"The body has over {limit:,} bytes.", status=413)
