"""The Node interface of every object with an id."""

import strawberry


@strawberry.interface(
    description=(
        "An object with an id. Ids are opaque, unique over all types, and begin with a prefix for their type. One id "
        "has one value: no field of such an object depends on an argument of a field above it."
    )
)
class Node:
    """What `node(id:)` answers."""

    id: strawberry.ID = strawberry.field(description="The public id, the same in every interface and log.")
