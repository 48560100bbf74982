"""Every field says who may use it, and nobody else may: the declarations, and what a key without them is answered."""

from dataclasses import replace

import pytest
from graphql import GraphQLField, GraphQLObjectType
from strawberry.types.field import StrawberryField

from resolvers.callers import Access, Caller, CallerKind, Scope
from resolvers.context import new_context
from schema.build import CORE_SCHEMA
from schema.permissions import ANYONE, CATALOGUE, CUSTOMERS, OWN, SANDBOXES, TYPES, WEBHOOKS, Requires
from tests.operations.api import Api, Json, run_as_served
from tests.operations.inhabitants import INPUTS, Known, furnish, unknown

ROOTS = {"Query", "Mutation", "Subscription"}
STRUCTURE = ("Connection", "Edge", "Payload", "PageInfo", "UserError")
"""Types that are seen with what they hold."""

SHOWS = {
    ANYONE: {ANYONE},
    CATALOGUE: {CATALOGUE},
    OWN: {OWN, CATALOGUE},
    CUSTOMERS: {CUSTOMERS, OWN, CATALOGUE},
    SANDBOXES: {SANDBOXES},
    WEBHOOKS: {WEBHOOKS},
}
"""What whoever may see a thing sees below it without asking for a right of its own."""


def _types() -> dict[str, GraphQLObjectType]:
    return {
        name: type_
        for name, type_ in CORE_SCHEMA.type_map.items()
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__")
    }


def _declared(field: GraphQLField) -> Access | None:
    definition = (field.extensions or {}).get("strawberry-definition")
    assert isinstance(definition, StrawberryField)
    return next((each.access for each in definition.extensions if isinstance(each, Requires)), None)


def test_every_root_field_and_mutation_declares_who_may_use_it() -> None:
    silent = [
        f"{root}.{name}" for root in ROOTS for name, field in _types()[root].fields.items() if _declared(field) is None
    ]

    assert silent == []


def test_every_type_declares_who_may_see_it() -> None:
    unspoken = {name for name in _types() if not name.endswith(STRUCTURE)} - TYPES.keys() - ROOTS

    assert unspoken == set()
    assert TYPES.keys() <= _types().keys()


def test_a_field_that_leads_to_what_its_type_does_not_show_declares_so_itself() -> None:
    for name, access in TYPES.items():
        for field_name, field in _types()[name].fields.items():
            answer = str(field.type).strip("[]!").removesuffix("Connection").replace("FeatureCustomer", "Customer")
            if answer in TYPES and TYPES[answer] not in SHOWS[access] | {ANYONE}:
                assert _declared(field), f"{name}.{field_name}"


def test_no_mutation_is_a_sessions() -> None:
    assert not [name for name, field in _types()["Mutation"].fields.items() if (_declared(field) or ANYONE).sessions]


def test_the_description_says_which_scope_it_takes() -> None:
    for root in ROOTS:
        for name, field in _types()[root].fields.items():
            access = _declared(field)
            assert access is not None
            said = f"`{access.scope}`" in (field.description or "")
            assert said == (access.scope is not None), name


@pytest.fixture
async def mine(api: Api) -> Known:
    """What there is in the environment."""
    return await furnish(api, "mine")


def _key(api: Api, *scopes: str) -> Caller:
    return Caller("key_few", CallerKind.API_KEY, api.environment, scopes)


async def _run(api: Api, caller: Caller, document: str, **variables: Json) -> tuple[Json, list[Json]]:
    context = new_context(api.database, replace(caller.environment), caller)
    result = await run_as_served(document, variables, context)
    return result.data, [
        (error.path, str(error.original_error)) for error in result.errors or [] if error.original_error is not None
    ]


@pytest.mark.parametrize("mutation", INPUTS)
async def test_a_mutation_needs_its_scope_whether_or_not_there_is_such_an_object(
    api: Api, mine: Known, mutation: str
) -> None:
    access = _declared(_types()["Mutation"].fields[mutation])
    assert access is not None
    assert access.scope is not None
    others = [scope for scope in Scope if scope is not access.scope]
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    document = f"mutation($input: {kind}!) {{ {mutation}(input: $input) {{ userErrors {{ code }} }} }}"
    refused = [([mutation], f"This API key lacks the scope {access.scope}.")]

    for known in (mine, unknown()):
        answer = await _run(api, _key(api, *others), document, input=INPUTS[mutation](known, known))
        assert answer == ({mutation: None}, refused)
    allowed = await _run(api, _key(api, access.scope), document, input=INPUTS[mutation](unknown(), unknown()))
    assert allowed[1] == []


async def test_a_node_needs_its_types_scope_whether_or_not_there_is_such_an_object(api: Api, mine: Known) -> None:
    document = "query($id: ID!) { node(id: $id) { id } }"

    for known in (mine, unknown()):
        for kind, id_ in known.ids.items():
            data, errors = await _run(api, _key(api), document, id=id_)
            is_open = kind == "environment"
            assert data["node"] is None or is_open, kind
            assert bool(errors) != is_open, kind


async def test_a_refused_place_leaves_the_others(api: Api, mine: Known) -> None:
    document = """query($ids: [ID!]!) {
      nodes(ids: $ids) { id }
      features { nodes { lookupKey customers { totalCount } } }
      customer(by: {externalId: "mine customer"}) { id }
    }"""

    ids = [mine.ids["feature"], mine.ids["customer"]]
    data, errors = await _run(api, _key(api, Scope.CATALOG_READ), document, ids=ids)

    assert data["nodes"] == [{"id": mine.ids["feature"]}, None]
    assert {node["customers"] for node in data["features"]["nodes"]} == {None}
    assert data["customer"] is None
    assert {path[0] for path, _ in errors} == {"nodes", "features", "customer"}


async def test_a_write_scope_alone_shows_what_it_wrote(api: Api) -> None:
    document = """mutation {
      createFeature(input: {name: "A", lookupKey: "a", idempotencyKey: "1"}) { feature { lookupKey active } }
    }"""

    first = await _run(api, _key(api, Scope.CATALOG_WRITE), document)
    again = await _run(api, _key(api, Scope.CATALOG_WRITE), document)

    assert first == again == ({"createFeature": {"feature": {"lookupKey": "a", "active": True}}}, [])


def test_a_scope_in_a_list_of_all_is_every_scope(api: Api) -> None:
    caller = _key(api, "*")

    assert all(Access(scope).allows(caller) for scope in Scope)
