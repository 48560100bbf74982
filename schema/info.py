"""The type of `info` in every resolver of the schema."""

import strawberry

from resolvers.context import Context

Info = strawberry.Info[Context, None]
