"""How inputs name objects: by id or by their owner's key."""

import strawberry
from strawberry import UNSET

from resolvers.references import ById, ByKey, Reference


@strawberry.input(one_of=True, description="Names a feature.")
class FeatureBy:
    """One of the two."""

    id: strawberry.ID | None = strawberry.field(default=UNSET, description="Its id.")
    lookup_key: str | None = strawberry.field(
        default=UNSET, description="Its lookup key: of two features the active one, else the one archived last."
    )


@strawberry.input(one_of=True, description="Names a product.")
class ProductBy:
    """One of the two."""

    id: strawberry.ID | None = strawberry.field(default=UNSET, description="Its id.")
    lookup_key: str | None = strawberry.field(default=UNSET, description="Its lookup key.")


@strawberry.input(one_of=True, description="Names a customer.")
class CustomerBy:
    """One of the two."""

    id: strawberry.ID | None = strawberry.field(default=UNSET, description="Its id.")
    external_id: str | None = strawberry.field(default=UNSET, description="The owner's own id for the customer.")


def reference(by: FeatureBy | ProductBy | CustomerBy) -> Reference:
    """The one of the two that is given; the schema has seen to it that it is one and no null."""
    key = by.external_id if isinstance(by, CustomerBy) else by.lookup_key
    return ById(by.id) if by.id else ByKey(key or "")
