"""What `graphql/` holds for client teams beside generated files: that it says the same everywhere, of this schema."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from graphql import GraphQLScalarType, is_specified_scalar_type

from schema.build import CORE_SCHEMA
from tests.service.serving import Json

CONTRACT = Path(__file__).parents[2] / "graphql"


@pytest.fixture
def scalars() -> Json:
    """The scalar map: by a scalar's name what it is in TypeScript, as input and as output, and in Python."""
    return json.loads((CONTRACT / "scalars.json").read_bytes())


def test_the_scalar_map_has_every_scalar_of_the_schema(scalars: Json) -> None:
    own = {
        name
        for name, kind in CORE_SCHEMA.type_map.items()
        if isinstance(kind, GraphQLScalarType) and not is_specified_scalar_type(kind)
    }

    assert scalars.keys() == own


def test_relay_takes_the_scalars_for_what_the_map_says(scalars: Json) -> None:
    """It knows one type of a scalar: that of what it reads."""
    relay = json.loads((CONTRACT / "relay.config.json").read_bytes())

    assert relay["customScalarTypes"] == {name: each["typescript"]["output"] for name, each in scalars.items()}


def test_ariadne_codegen_takes_the_scalars_for_what_the_map_says(scalars: Json) -> None:
    ariadne = tomllib.loads((CONTRACT / "ariadne-codegen.toml").read_text(encoding="utf-8"))["tool"]["ariadne-codegen"]

    assert ariadne["scalars"] == {name: {"type": each["python"]} for name, each in scalars.items()}


def test_the_files_the_guide_lists_are_those_there_are() -> None:
    guide = (CONTRACT / "README.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in guide.splitlines() if line.startswith("| `")]
    listed = {name.strip(" `,/") for row in rows for name in row.split(",")}

    assert listed == {path.name for path in CONTRACT.iterdir()} - {"README.md"}


def test_the_guide_still_makes_sense_where_it_is_copied_to() -> None:
    """It links to nothing that isn't copied with it, and names what there is beside it here."""
    guide = (CONTRACT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)", guide)
    named = re.findall(r"`((?:docs|examples)/[^`]+)`", guide)

    assert [link for link in links if not (CONTRACT / link).resolve().is_relative_to(CONTRACT)] == []
    assert named
    assert [path for path in named if not (CONTRACT.parent / path).exists()] == []
