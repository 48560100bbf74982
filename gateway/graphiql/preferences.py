"""What a client would rather have, by the weights of its Accept headers. Source: RFC 9110, section 12.4.2."""

from starlette.requests import Request


def weights(header: str) -> dict[str, float]:
    """What an Accept or Accept-Encoding header names, in lower case, with its weight from 0 to 1.

    Parameters other than `q` don't matter here; a `q` that is no number counts as 1, like none.
    """
    named: dict[str, float] = {}
    for part in header.lower().split(","):
        name, *parameters = (each.strip() for each in part.split(";"))
        if name:
            named[name] = _weight(parameters)
    return named


def wants_html(request: Request) -> bool:
    """Whether a person looks at the answer. Browsers name HTML; what takes anything, as curl does, is a program."""
    named = weights(_header(request, "accept"))
    html = named.get("text/html", 0.0)
    return html > 0 and html >= named.get("application/json", 0.0)


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether gzip may be sent. Without the header it might be, but who doesn't ask for it may not know it."""
    named = weights(accept_encoding)
    return named.get("gzip", named.get("*", 0.0)) > 0


def _header(request: Request, name: str) -> str:
    return ",".join(request.headers.getlist(name))


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 1.0
    return 1.0
