"""What is asked of every server, in its own words, and what of an answer all must agree on.

`documents/` has a document for each operation and dialect. Aliases give the answers one shape; what differs still
is read here.
"""

import json
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.data import Size, customer_id, feature_keys

_DOCUMENTS = Path(__file__).parent / "documents"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation. `variables` may hold `{id}` and `{keys}`; `read` makes of an answer's data what must be equal."""

    name: str
    variables: Json
    read: Callable[[Json], Hashable]

    def template(self, dialect: str) -> str:
        """The body of a request, with marks where the customer's id and the lookup keys go."""
        document = (_DOCUMENTS / f"{self.name}.{dialect}.graphql").read_text(encoding="utf-8")
        return json.dumps({"query": " ".join(document.split()), "variables": self.variables})

    def body(self, dialect: str, number: int, size: Size) -> bytes:
        """The body of a request for one customer."""
        keys = json.dumps(feature_keys(number * 7, size))
        template = self.template(dialect)
        return template.replace("{id}", customer_id(number)).replace('"{keys}"', keys).encode()


def _read_page(data: Json) -> Hashable:
    customer = data["customer"]
    entitlements = customer["entitlements"]
    held = frozenset(_read_entitlement(node) for node in entitlements["nodes"])
    page = entitlements["totalCount"], entitlements["pageInfo"]["hasNextPage"], len(entitlements["nodes"])
    return customer["id"], customer["name"], page, held


def _read_entitlement(node: Json) -> Hashable:
    feature = node["feature"]
    product = node["product"] if "product" in node else node["sources"][0]["product"]
    return (
        len(node.get("sources", [product])),
        datetime.fromisoformat(node["activeFrom"]),
        node["activeTo"],
        *(feature[name] for name in ("id", "name", "lookupKey", "active")),
        tuple(_parsed(feature["metadata"]).items()),
        product["id"],
        product["name"],
    )


def _parsed(metadata: Json | str) -> Json:
    # PostGraphile's JSON is a text.
    return json.loads(metadata) if isinstance(metadata, str) else metadata


def _read_check(data: Json) -> Hashable:
    access: Json | list[Json] = data["customer"]["access"]
    if isinstance(access, list):
        return frozenset(decision["lookupKey"] for decision in access if decision["hasAccess"])
    # PostGraphile was asked for rows: one that isn't there says no.
    return frozenset(node["feature"]["lookupKey"] for node in access["nodes"])


def _read_catalogue(data: Json) -> Hashable:
    features = data["features"]
    return features["pageInfo"]["hasNextPage"], tuple(
        (node["id"], node["name"], node["lookupKey"], tuple(map(_read_product, node["products"]["nodes"])))
        for node in features["nodes"]
    )


def _read_product(node: Json) -> Hashable:
    product = node.get("product", node)
    return product["id"], product["name"]


OPERATIONS = (
    Operation("page", {"id": "{id}", "first": 100}, _read_page),
    Operation("check", {"id": "{id}", "keys": "{keys}"}, _read_check),
    Operation("catalogue", {}, _read_catalogue),
)
