"""Relay: its compiler over the schema, and its store over the answers."""

import json
import re

from tests.clients.guide import Team


def test_the_next_page_is_joined_to_the_list_and_a_row_is_asked_for_again_by_its_id(relay: Team) -> None:
    result = json.loads(relay.run("paging"))

    assert len(result["before"]) == 2
    assert len(set(result["after"])) == 4
    assert result["after"][:2] == result["before"]
    assert result["stale"] == [*result["after"][:3], "stale"]
    assert result["refetched"] == result["after"]


def test_every_enum_is_ready_for_values_to_come(relay: Team) -> None:
    generated = "".join(file.read_text(encoding="utf-8") for file in (relay.folder / "src" / "__generated__").iterdir())
    enums = dict(re.findall(r'^export type (\w+) = ("[A-Z_]+"[^;]*);', generated, re.MULTILINE))

    assert {"AccessReason", "UserErrorCode"} <= enums.keys()
    assert [name for name, values in enums.items() if not values.endswith('| "%future added value"')] == []


def test_an_answer_with_a_value_that_is_new_is_read(relay: Team) -> None:
    assert relay.run("newer") == "ON_HOLD\n"


def test_a_scalar_is_what_the_map_says(relay: Team) -> None:
    generated = (relay.folder / "src" / "__generated__" / "readyQuery.graphql.ts").read_text(encoding="utf-8")

    assert "readonly metadata: Record<string, string>" in generated
    assert "readonly createdAt: string" in generated
