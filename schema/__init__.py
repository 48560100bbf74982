"""How values look to clients: names, descriptions, nullability, paging. No SQL and no rule."""

# The rule's enums must be described before the first type that speaks of one is read.
from schema import enums as enums
