"""graphql-codegen and `tsc --strict`: `graphql/README.md` followed to the letter, over every operation there is."""

import json
import re

import pytest

from tests.clients.guide import ROOT, Team

OPERATIONS = sorted(file.stem for file in (ROOT / "graphql" / "operations").glob("*.graphql"))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_is_a_typed_document(codegen: Team, operation: str) -> None:
    generated = (codegen.folder / "src" / "gql" / "graphql.ts").read_text(encoding="utf-8")

    assert re.search(rf"^export const {operation}Document = .* as unknown as DocumentNode<", generated, re.MULTILINE)


def test_nothing_generated_is_untyped(codegen: Team) -> None:
    generated = (codegen.folder / "src" / "gql" / "graphql.ts").read_text(encoding="utf-8")

    assert re.findall(r"^.*: any\b.*$", generated, re.MULTILINE) == []


def test_a_new_value_of_an_enum_and_two_ways_to_name_a_customer_are_for_the_compiler_to_find(codegen: Team) -> None:
    """What the source marks as errors are errors: `tsc` fails where one is expected and there is none."""
    source = (codegen.folder / "src" / "openEnums.ts").read_text(encoding="utf-8")

    assert source.count("@ts-expect-error") == 2
    assert (codegen.folder / "dist" / "src" / "openEnums.js").is_file()


def test_an_answer_with_a_value_that_is_new_is_read_by_every_client(codegen: Team) -> None:
    assert json.loads(codegen.run("newer")) == dict.fromkeys(("apollo", "urql", "request"), "ON_HOLD")


def test_apollo_client_is_answered_as_the_guide_has_it(codegen: Team) -> None:
    assert codegen.run("apollo").splitlines() == ["projects true ENTITLED", "sso false NOT_ENTITLED"]


def test_urql_is_answered_as_the_guide_has_it(codegen: Team) -> None:
    plans = codegen.run("urql").splitlines()

    assert len(plans) == 6
    assert all(re.fullmatch(r"[\w -]+ [1-9]\d*", plan) for plan in plans), plans


def test_graphql_request_is_answered_as_the_guide_has_it(codegen: Team) -> None:
    assert [line.rsplit(" ", 1)[1] for line in codegen.run("request").splitlines()] == ["true", "false"]
