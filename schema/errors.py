"""What a caller can mend, as an entry of a payload."""

import strawberry

from resolvers import errors
from resolvers.errors import UserErrorCode
from schema.info import Info
from schema.node import Node
from schema.nodes import load_node


@strawberry.type(description="Something in the input that the caller can mend. All of them are answered at once.")
class UserError:
    """A refusal's entry as clients see it."""

    field: list[str] | None = strawberry.field(
        description='Path into the input, as ["input", "items", "0", "quantity"]; null if no single value is at fault.'
    )
    message: str = strawberry.field(description="A sentence for developers; it may change.")
    code: UserErrorCode = strawberry.field(description="What kind of mistake it is, for programs.")
    existing_id: strawberry.Private[str | None]

    @classmethod
    def of(cls, error: errors.UserError) -> "UserError":
        """A refusal's entry as clients see it."""
        return cls(field=_path(error.field), message=error.message, code=error.code, existing_id=error.existing)

    @strawberry.field(
        description="What stands in the way: for TAKEN and ALREADY_ATTACHED the object that is there, else null."
    )
    async def existing(self, info: Info) -> Node | None:
        """The object in the way."""
        return await load_node(info.context, self.existing_id) if self.existing_id else None


def _path(field: tuple[str, ...]) -> list[str] | None:
    """A path in the schema's spelling. Below `metadata` stand the owner's own keys, which are nobody's to respell."""
    if not field:
        return None
    names = field.index("metadata") + 1 if "metadata" in field else len(field)
    return ["input", *map(_camel_case, field[:names]), *field[names:]]


def _camel_case(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)
