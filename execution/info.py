"""What a resolver is told about the field it answers: two attributes at once, the rest when it is asked for."""

from collections.abc import Awaitable, Sequence
from typing import Any

from graphql.pyutils import Path
from graphql.type.definition import GraphQLResolveInfoHelpers

from execution.core import ResolveInfo, gather_with_cancel, is_awaitable, make_info
from execution.plan import Field
from execution.running import Level


class LightInfo:
    """Stands for a GraphQLResolveInfo, and has its every attribute.

    Most resolvers want the context alone; the real thing, with its path, is made when something else is asked for.
    """

    __slots__ = ("_field", "_index", "_level", "_real", "context", "field_name")

    def __init__(self, level: Level, field: Field, index: int) -> None:
        self.context = level.run.context
        self.field_name = field.name
        self._level = level
        self._field = field
        self._index = index
        self._real: ResolveInfo | None = None

    @property
    def variable_values(self) -> Any:  # noqa: ANN401 - as graphql-core has it
        """The operation's variables."""
        return self._level.run.variables

    @property
    def operation_extensions(self) -> Any:  # noqa: ANN401 - what came with the request
        """What Strawberry's own executor adds: the extensions of the request."""
        return self._level.run.extensions

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any attribute there is
        if self._real is None:
            self._real = real_info(self._level, self._field, self._index)
        return getattr(self._real, name)


def real_info(level: Level, field: Field, index: int) -> ResolveInfo:
    """graphql-core's own info on a field of one parent of a level."""
    operation = level.run.operation
    return make_info(
        field.name,
        field.nodes,
        field.type,
        field.parent_type,
        Path(_path(level, index), field.key, field.parent_type.name),
        operation.schema,
        operation.fragments,
        level.run.root,
        operation.definition,
        level.run.variables,
        level.run.context,
        is_awaitable,
        None,
        GraphQLResolveInfoHelpers(gather=_gather, track=_track),
    )


def _path(level: Level, index: int) -> Path | None:
    origin = level.origin(index)
    if origin is None:
        return None
    upper, field, parent, inside = origin
    path = Path(_path(upper, parent), field.key, field.parent_type.name)
    for each in inside:
        path = path.add_key(each, None)
    return path


async def _gather(awaitables: Sequence[Awaitable[Any]]) -> list[Any]:
    return await gather_with_cancel(*awaitables)


def _track(values: Sequence[Any]) -> None:
    """Closes coroutines nobody will await, so that none is left behind with a warning."""
    for each in values:
        close = getattr(each, "close", None) or getattr(each, "cancel", None)
        if close is not None:
            close()
