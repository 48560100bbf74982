"""A request's line and headers: what is refused before anybody acts on them."""

from collections.abc import Iterable

from gateway.refusals import BadRequest

MAX_HEAD_BYTES = 32_768
"""The request line and the headers together. Also what may come in a row and be neither head nor body."""


def check_head(url: bytes, headers: Iterable[tuple[bytes, bytes]], version: str) -> None:
    """Refuses what is too large, and what two readers might understand in two ways. Raises: BadRequest.

    `headers`: names in lower case. `version`: "1.0" or "1.1". The parser has refused the rest: a Content-Length beside
    a Transfer-Encoding or another Content-Length, bare line feeds, control characters.
    """
    size, hosts, encodings = len(url), 0, list[bytes]()
    for name, value in headers:
        size += len(name) + len(value) + len(": \r\n")
        if name == b"host":
            hosts += 1
        elif name == b"transfer-encoding":
            encodings.append(value.lower())
    if size > MAX_HEAD_BYTES:
        raise head_too_large()
    if hosts > 1 or (hosts == 0 and version != "1.0"):
        raise BadRequest("The request must have one Host header.")
    if encodings and (encodings != [b"chunked"] or version == "1.0"):
        raise BadRequest("The only Transfer-Encoding there is here is `chunked`.")


def head_too_large() -> BadRequest:
    """The refusal of a head over the limit."""
    return BadRequest(f"The request line and headers have over {MAX_HEAD_BYTES:,} bytes.", status=431)
