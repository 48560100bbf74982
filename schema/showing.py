"""Fields that show what an object holds."""

from typing import Any

import strawberry

from execution import reads


def shows(path: str, description: str) -> Any:  # noqa: ANN401 - it stands where the field's value is declared
    """A field whose value is read from the object: `path` as "record.name"."""
    return strawberry.field(resolver=reads(path), description=description)
