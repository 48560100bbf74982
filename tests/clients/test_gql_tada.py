"""gql.tada: documents that are typed as they are written, checked against the schema by its own command."""

import pytest

from tests.clients.guide import Team


def test_its_document_is_answered_as_the_guide_has_it(tada: Team) -> None:
    assert tada.run("access") == "projects true ENTITLED\n"


def test_a_new_value_of_an_enum_and_the_type_of_a_scalar_are_for_the_compiler_to_find(tada: Team) -> None:
    """What the source marks as errors are errors: `tsc` fails where one is expected and there is none."""
    source = (tada.folder / "src" / "openEnums.ts").read_text(encoding="utf-8")

    assert source.count("@ts-expect-error") == 2
    assert (tada.folder / "dist" / "src" / "openEnums.js").is_file()


def test_its_check_finds_a_field_that_is_not_in_the_schema(tada: Team) -> None:
    source = tada.folder / "src" / "access.ts"
    right = source.read_text(encoding="utf-8")

    source.write_text(right.replace("hasAccess\n        reason", "mayUse\n        reason"), encoding="utf-8")
    try:
        with pytest.raises(AssertionError, match="mayUse"):
            tada.do("npx", "gql.tada", "check")
    finally:
        source.write_text(right, encoding="utf-8")
