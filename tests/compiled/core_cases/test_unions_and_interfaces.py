"""Selections over people and their pets: graphql-core's `test_union_interface`.

Its documents that ask a union for fields of its members are executable, though validation refuses them: kept here too.
"""

import pytest
from graphql import build_schema

from tests.compiled.comparing import Value
from tests.compiled.core_cases.answering import assert_answer

SCHEMA = build_schema("""
type Query { person: Person }
interface Named { name: String }
interface Life { progeny: [Life] }
interface Mammal implements Life { progeny: [Mammal], mother: Mammal }
type Dog implements Mammal & Life & Named { name: String, barks: Boolean, progeny: [Dog], mother: Dog }
type Cat implements Mammal & Life & Named { name: String, meows: Boolean, progeny: [Cat], mother: Cat }
union Pet = Dog | Cat
type Person implements Named & Mammal & Life {
  name: String, pets: [Pet], friends: [Named], progeny: [Person], mother: Person
}
""")


def being(type_: str, name: str, **more: Value) -> dict[str, Value]:
    return {"__typename": type_, "name": name, **more}


garfield = being("Cat", "Garfield", meows=False, mother=being("Cat", "Garfield's Mom", meows=False))
odie = being("Dog", "Odie", barks=True, mother=being("Dog", "Odie's Mom", barks=True))
for pet in (garfield, odie):
    pet["mother"]["progeny"] = [pet]
liz = being("Person", "Liz")
john = being("Person", "John", pets=[garfield, odie], friends=[liz, odie])

GARFIELD = being("Cat", "Garfield", meows=False)
ODIE = being("Dog", "Odie", barks=True)
LIZ = being("Person", "Liz")


@pytest.mark.parametrize(
    ("selection", "data"),
    [
        ("__typename name", being("Person", "John")),
        ("pets { __typename name barks meows }", {"pets": [GARFIELD, ODIE]}),
        ("pets { __typename ... on Dog { name barks } ... on Cat { name meows } }", {"pets": [GARFIELD, ODIE]}),
        ("friends { __typename name barks meows }", {"friends": [LIZ, ODIE]}),
        (
            """friends { __typename name ... on Dog { barks } ... on Cat { meows } ... on Mammal {
              mother { __typename ... on Dog { name barks } ... on Cat { name meows } } } }""",
            {"friends": [{**LIZ, "mother": None}, {**ODIE, "mother": being("Dog", "Odie's Mom", barks=True)}]},
        ),
        ("friends { __typename name ...DogBarks ...CatMeows }", {"friends": [LIZ, ODIE]}),
        (
            "pets { ...PetFields ... on Mammal { mother { ...ProgenyFields } } } friends { ...FriendFields }",
            {
                "pets": [
                    {**GARFIELD, "mother": {"progeny": [{"__typename": "Cat"}]}},
                    {**ODIE, "mother": {"progeny": [{"__typename": "Dog"}]}},
                ],
                "friends": [LIZ, ODIE],
            },
        ),
    ],
)
async def test_each_value_is_asked_for_what_its_type_has(selection: str, data: Value) -> None:
    fragments = """
      fragment DogBarks on Dog { barks } fragment CatMeows on Cat { meows }
      fragment PetFields on Pet { __typename ... on Dog { name barks } ... on Cat { name meows } }
      fragment FriendFields on Named { __typename name ... on Dog { barks } ... on Cat { meows } }
      fragment ProgenyFields on Life { progeny { __typename } }
    """

    await assert_answer(SCHEMA, f"{{ person {{ {selection} }} }} {fragments}", {"person": data}, root={"person": john})


async def test_who_tells_the_type_is_told_of_the_request() -> None:
    schema = build_schema(
        "type Query { friends: [Named] } interface Named { name: String } type One implements Named { name: String }"
    )
    told: list[Value] = []

    def resolve_type(_value: Value, info: Value, type_: Value) -> str:
        told.append((info.context, info.root_value, info.schema, info.path.as_list(), type_.name))
        return "One"

    named: Value = schema.type_map["Named"]
    named.resolve_type = resolve_type
    root, context = {"friends": [{"name": "Liz"}]}, {"authToken": "123abc"}

    await assert_answer(schema, "{ friends { name } }", {"friends": [{"name": "Liz"}]}, root=root, context=context)

    assert told == [(context, root, schema, ["friends"], "Named")] * 2
