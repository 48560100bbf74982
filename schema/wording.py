"""What GraphQL's own library says to clients, in words that don't give away what it is written in."""

import re

_ECHO = re.compile(r"(?:(?P<what>cannot represent [^:]*?value)|[,;] found): .*|(?<=\?)(?P<after> Found): .*", re.DOTALL)


def plain_words(message: str) -> str:
    """A message with `null` for `None`, and no values of the caller's as Python would print them.

    Such an echo is of no use to the caller, who knows the place by path and position, and may hold what was meant to
    stay out of logs, or an unpaired surrogate, which JSON can't carry. To be had from its message alone: the library
    has no error of a type of its own, nor a setting. Tried with graphql-core 3.3.2.
    """
    # After a suggestion, which is a question, the echo is a sentence of its own.
    text = _ECHO.sub(lambda match: "" if match["after"] else f"{match['what'] or ''}.", message)
    text = re.sub(r"\bnot to be None\.$", "not to be null.", text)
    return text.encode("utf-8", "replace").decode()
