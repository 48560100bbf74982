"""A request over HTTP as far as GraphQL wants to know it, read in one pass over its headers."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import Receive, Scope


@dataclass(slots=True)
class HttpRequest:
    """One request.

    `headers`: by their names in lower case; of several of one name the first.
    """

    scope: Scope
    receive: Receive
    headers: Mapping[str, str]

    @classmethod
    def of(cls, scope: Scope, receive: Receive) -> "HttpRequest":
        """What a server hands over. Starlette's own request searches all headers again for each that is asked for."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])}
        return cls(scope, receive, headers)

    @property
    def method(self) -> str:
        """GET, POST or another."""
        return self.scope["method"]

    @property
    def source(self) -> str | None:
        """The address it comes from."""
        client = self.scope.get("client")
        return client[0] if client else None

    @property
    def path_id(self) -> str | None:
        """The document's id that stands in the address, if one does."""
        parameters: Mapping[str, str] = self.scope.get("path_params", {})
        return parameters.get("document_id")
