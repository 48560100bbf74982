"""Endpoints, each declared once: reading, refusing, carrying out and describing it all follow from the declaration.

The function that answers is the declaration: its decorator says where it is and who may ask, the parameters are the
type of its `Call`, the answer is what it returns, and its docstring is the description.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar, get_args, get_type_hints

from pydantic import ValidationError

from gateway.rest.errors import RestError, invalid
from gateway.rest.forms import Form
from gateway.rest.parameters import Parameters
from resolvers.callers import Access
from resolvers.context import Context

OBJECT_COST = 10
"""What it costs to read or write one object, as an operation of GraphQL with so many fields would."""

Method = Literal["GET", "POST", "DELETE"]

P = TypeVar("P", bound=Parameters)
P_co = TypeVar("P_co", bound=Parameters, covariant=True)
A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Call(Generic[P_co]):
    """One request to an endpoint. `ids`: those that its address names. `url`: the path as it was asked for."""

    context: Context
    given: P_co
    ids: Mapping[str, str]
    url: str

    @property
    def id(self) -> str:
        """The id of the object that the address names."""
        return self.ids["id"]

    def expands(self, name: str) -> bool:
        """Whether a field is to be shown whole."""
        return name in self.given.expand


Again = Callable[[Call[Any], str], Awaitable[object | None]]
"""Shows the object of a request that was carried out before, as it is now, by its id; None if it is gone."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path. `path`: with the names of ids in braces. `renamed`: see `errors.refused`."""

    method: Method
    path: str
    access: Access
    parameters: type[Parameters]
    answers: Any
    handle: Callable[[Call[Any]], Awaitable[object]]
    description: str
    expandable: tuple[str, ...] = ()
    again: Again | None = None
    renamed: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def name(self) -> str:
        """Its name in figures and in the description, as Stripe's own has it: `GetEntitlementsFeaturesId`."""
        words = self.path.removeprefix("/v1/").replace("{", "").replace("}", "").replace("_", "/").split("/")
        return self.method.title() + "".join(word.title() for word in words)

    @property
    def is_read(self) -> bool:
        """Whether it changes nothing."""
        return self.method == "GET"

    def read(self, form: Form) -> Parameters:
        """The parameters of a request. Raises: RestError."""
        try:
            given = self.parameters.model_validate(form)
        except ValidationError as error:
            raise invalid(error) from None
        for name in given.expand:
            if name not in self.expandable:
                raise RestError(f"This property cannot be expanded ({name}).", param="expand")
        return given


class Endpoints(list[Endpoint]):
    """The endpoints of one kind of objects, declared by decorators."""

    def get(self, path: str, access: Access, *, expandable: tuple[str, ...] = ()) -> "Declaration":
        """Declares what reads."""
        return self._declare("GET", path, access, expandable=expandable)

    def post(
        self,
        path: str,
        access: Access,
        again: Again,
        *,
        expandable: tuple[str, ...] = (),
        renamed: Mapping[str, str] | None = None,
    ) -> "Declaration":
        """Declares what writes; `again` answers a request that was carried out before."""
        return self._declare("POST", path, access, expandable=expandable, again=again, renamed=renamed or {})

    def delete(
        self,
        path: str,
        access: Access,
        again: Again,
        *,
        expandable: tuple[str, ...] = (),
        renamed: Mapping[str, str] | None = None,
    ) -> "Declaration":
        """Declares what deletes."""
        return self._declare("DELETE", path, access, expandable=expandable, again=again, renamed=renamed or {})

    def _declare(self, method: Method, path: str, access: Access, **more: Any) -> "Declaration":  # noqa: ANN401
        def declare(handle: Callable[[Call[P]], Awaitable[A]]) -> Callable[[Call[P]], Awaitable[A]]:
            hints = get_type_hints(handle)
            [parameters] = get_args(hints["call"])
            description = " ".join((inspect.getdoc(handle) or "").split())
            self.append(Endpoint(method, path, access, parameters, hints["return"], handle, description, **more))
            return handle

        return declare


class Declaration(Protocol):
    """The decorator of a function that answers calls."""

    def __call__(self, handle: Callable[[Call[P]], Awaitable[A]]) -> Callable[[Call[P]], Awaitable[A]]:
        """Adds the endpoint, and leaves the function as it is."""
        ...
