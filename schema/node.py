"""The Node interface of every object with an id."""

from typing import Any

import strawberry

from schema.showing import shows

_ID = "The public id, the same in every interface and log."


@strawberry.interface(
    description=(
        "An object with an id. Ids are opaque, unique over all types, and begin with a prefix for their type. One id "
        "has one value: no field of such an object depends on an argument of a field above it. Open: "
        "clients must expect types they don't know."
    )
)
class Node:
    """What `node(id:)` answers."""

    id: strawberry.ID = strawberry.field(description=_ID)


def id_of(path: str) -> Any:  # noqa: ANN401 - it stands where the field's value is declared
    """The field `id` of an object that holds what it shows: where to read it."""
    return shows(path, _ID)
