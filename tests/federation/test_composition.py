"""The subgraph is composed with others by Apollo's own composition."""

import pytest
from graphql import build_ast_schema, parse

from schema.subgraph import subgraph
from tests.federation.conftest import FOLDER, Json, Run
from tests.pages import blocks

COMPANY = (FOLDER / "company.graphql").read_text(encoding="utf-8")
SHOP = (FOLDER / "shop.graphql").read_text(encoding="utf-8")


def _types(supergraph: str) -> Json:
    return build_ast_schema(parse(supergraph), assume_valid_sdl=True).type_map


def test_it_composes_beside_a_relay_style_company_graph(run: Run) -> None:
    made = run("compose.mjs", {"admittance": subgraph().sdl, "company": COMPANY})

    assert made["errors"] == []
    types = _types(made["supergraph"])
    assert {"node", "viewer", "users", "customer", "customersBy", "features"} <= types["Query"].fields.keys()
    assert "hasAccess" in types["User"].fields["customer"].type.fields
    # What the company's `node` answers is the company's alone.
    assert [each.name for each in types["User"].interfaces] == ["Node"]
    assert list(types["Customer"].interfaces) == []


def test_a_company_may_have_more_in_its_node_than_an_id(run: Run) -> None:
    richer = COMPANY.replace("interface Node {\n  id: ID!", "interface Node {\n  id: ID!\n  name: String!")

    made = run("compose.mjs", {"admittance": subgraph().sdl, "company": richer})

    assert richer != COMPANY
    assert made["errors"] == []


def test_a_shop_with_products_of_its_own_is_told_what_clashes(run: Run) -> None:
    made = run("compose.mjs", {"admittance": subgraph().sdl, "shop": SHOP})

    assert made["supergraph"] is None
    told = "\n".join(made["errors"])
    assert 'Type "Metadata" has mismatched kind' in told
    assert 'Non-shareable field "Product.name" is resolved from multiple subgraphs' in told
    assert 'Non-shareable field "Query.product" is resolved from multiple subgraphs' in told


def test_it_composes_with_the_subgraph_that_the_docs_show(run: Run) -> None:
    [_, company] = blocks("docs/federation.md", "graphql")

    made = run("compose.mjs", {"admittance": subgraph().sdl, "company": company})

    assert made["errors"] == []
    assert "hasAccess" in _types(made["supergraph"])["User"].fields["customer"].type.fields


def test_the_docs_show_the_gateway_that_is_tested() -> None:
    [shown] = blocks("docs/federation.md", "js")

    assert shown == (FOLDER / "gateway.mjs").read_text(encoding="utf-8")


@pytest.mark.parametrize("prefix", ["Admittance", "adm_"])
def test_with_a_prefix_it_composes_beside_that_shop_and_the_company(run: Run, prefix: str) -> None:
    company = COMPANY.replace("Customer", f"{prefix}Customer")

    made = run("compose.mjs", {"admittance": subgraph(prefix).sdl, "company": company, "shop": SHOP})

    assert made["errors"] == []
    types = _types(made["supergraph"])
    assert set(types["Product"].fields) == {"upc", "name", "price", "metadata"}
    assert "lookupKey" in types[f"{prefix}Product"].fields
    assert str(types["User"].fields["customer"].type) == f"{prefix}Customer"


def test_a_supergraph_says_nothing_of_one_of(run: Run) -> None:
    """Should composition ever keep it, the router refuses what we refuse now, and our tests of it prove less."""
    made = run("compose.mjs", {"admittance": subgraph().sdl, "company": COMPANY})

    assert "oneOf" in subgraph().sdl
    assert "oneOf" not in made["supergraph"]
