"""What is said of an operation before it is carried out: which one it is, what it costs, and what stands against it."""

from collections.abc import Sequence
from dataclasses import dataclass

from graphql import GraphQLError, OperationType

from gateway.documents.store import DocumentRefused, Documents, Found
from gateway.preparing.preparation import Operation, Preparation, Prepared, UnknownOperation
from gateway.preparing.turns import Turns
from gateway.requests import GraphQLRequest
from gateway.settings import Settings
from resolvers.callers import Caller
from schema.error_codes import ErrorCode


@dataclass(frozen=True, slots=True)
class Checked:
    """An operation as a caller asks for it, with its document and its cost."""

    caller: Caller
    prepared: Prepared
    operation: Operation
    request: GraphQLRequest
    cost: int

    @property
    def is_subscription(self) -> bool:
        """Whether it has an answer to each event, and not one."""
        return self.operation.type is OperationType.SUBSCRIPTION


class Refused(Exception):
    """An operation that isn't carried out. `checked` if it is known which one, so that it has a name and a cost."""

    def __init__(
        self, errors: Sequence[GraphQLError], *, status: int | None = None, checked: Checked | None = None
    ) -> None:
        self.errors = errors
        self.status = status
        self.checked = checked
        super().__init__()


class Checks:
    """The checks of one application, in their order."""

    def __init__(self, settings: Settings, preparation: Preparation, documents: Documents) -> None:
        self._settings = settings
        self._preparation = preparation
        self._documents = documents
        self._turns = Turns()

    def may_introspect(self, caller: Caller) -> bool:
        """Whether a caller may ask for the schema, and be helped with its names."""
        allowed = self._settings.introspection
        return allowed == "everyone" or (allowed == "keys" and not caller.is_session)

    async def check(
        self, request: GraphQLRequest, caller: Caller, *, by_get: bool, takes_many: bool, spent_before: int
    ) -> Checked:
        """Everything that can be said of an operation before it is carried out.

        `by_get`: it may change nothing. `takes_many`: whoever asks takes many answers to one operation. `spent_before`:
        what others of the same request have cost already.
        Raises: Refused; DatabaseUnavailable, while a document that is known by its id can't be had.
        """
        try:
            found = await self._documents.find(caller.environment.id, request.query, request.document)
        except DocumentRefused as refused:
            raise Refused([error(str(refused), refused.code)], status=refused.status) from None
        prepared = await self._prepare(found, caller)
        if prepared.document is None:
            raise Refused(prepared.errors)
        await self._documents.keep(caller.environment.id, found)
        try:
            operation = prepared.operation(request.operation_name)
        except UnknownOperation as unknown:
            raise Refused([error(str(unknown), ErrorCode.BAD_REQUEST)], status=400) from None
        cost, errors = operation.judge(request.variables, spent_before)
        checked = Checked(caller, prepared, operation, request, cost)
        if operation.type is OperationType.MUTATION and by_get:
            raise Refused([error(_NO_MUTATION, ErrorCode.BAD_REQUEST)], status=405, checked=checked)
        if checked.is_subscription and not takes_many:
            raise Refused([error(_NO_STREAM, ErrorCode.BAD_REQUEST)], status=406, checked=checked)
        if operation.introspects and not self.may_introspect(caller):
            errors.append(error(_NO_INTROSPECTION, ErrorCode.INTROSPECTION_FORBIDDEN))
        if errors:
            raise Refused(errors, checked=checked)
        return checked

    async def _prepare(self, found: Found, caller: Caller) -> Prepared:
        known = self._preparation.find(found.text, trusted=found.trusted)
        if known is not None:
            return known
        async with self._turns.of(caller.counted_as):
            return self._preparation.prepare(found.text, trusted=found.trusted)


def error(message: str, code: ErrorCode, **extensions: int) -> GraphQLError:
    """An error of the request, with its code."""
    return GraphQLError(message, extensions={"code": code, **extensions})


_NO_INTROSPECTION = "This credential may not ask for the schema. Use an API key, or the published schema.graphql."
_NO_MUTATION = "Only queries may be sent by GET; use POST."
_NO_STREAM = (
    "A subscription has many answers: ask with `Accept: text/event-stream` for server-sent events, or over a WebSocket."
)
