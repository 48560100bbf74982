"""urql, which asks by GET where the address is short enough, unless told otherwise."""

import json

from tests.clients.conftest import Run
from tests.clients.guide import Team

DATA = {"viewer": {"kind": "API_KEY"}}


def test_urql_asks_by_get_and_by_post(run: Run) -> None:
    results = run("urql.mjs")

    assert (results["get"]["data"], results["get"]["methods"]) == (DATA, ["GET"])
    assert (results["post"]["data"], results["post"]["methods"]) == (DATA, ["POST"])
    assert "GraphQL-Require-Preflight" in results["getWithoutHeader"]["error"]


def test_graphcache_joins_pages_and_changes_a_renamed_feature_in_its_list(codegen: Team) -> None:
    result = json.loads(codegen.run("pages"))

    assert (result["first"], result["together"], result["differing"]) == (2, 4, 4)
    assert result["after"] == f"{result['before']} (renamed)"
    assert result["requests"] == ["FeaturePage", "FeaturePage", "Rename", "Rename"]


def test_a_gate_in_graphcache_opens_by_what_was_granted_elsewhere(codegen: Team) -> None:
    assert json.loads(codegen.run("urqlLive")) == {"seen": [False, True], "refused": []}
