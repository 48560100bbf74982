"""Apollo Client, as its documentation sets it up."""

import json

import pytest

from gateway.cli import main
from tests.clients.conftest import Gateway, Run
from tests.clients.guide import Team
from tests.service.serving import serving

DATA = {"viewer": {"__typename": "Viewer", "kind": "API_KEY"}}


def test_apollo_asks_reads_errors_and_persists_its_queries(run: Run) -> None:
    results = run("apollo.mjs")

    for name in ("query", "persisted first", "persisted again", "persisted by GET"):
        assert results[name]["data"]["viewer"] == DATA["viewer"], name
    assert results["query"]["sent"] == [{"method": "POST", "withQuery": True}]
    # Unknown by its hash at first, then sent with its text, and from then on by its hash alone.
    assert [request["withQuery"] for request in results["persisted first"]["sent"]] == [False, True]
    assert results["persisted again"]["sent"] == [{"method": "POST", "withQuery": False}]
    assert results["persisted by GET"]["sent"] == [{"method": "GET", "withQuery": False}]
    assert results["error"] == {"isGraphQL": True, "code": "GRAPHQL_VALIDATION_FAILED"}


def test_an_upgrade_changes_the_entitlement_that_is_in_the_cache(codegen: Team) -> None:
    result = json.loads(codegen.run("upgrade"))

    locked, unlocked = result["seen"]
    assert (locked["hasAccess"], locked["status"]) == (False, "CANCELED")
    assert (unlocked["hasAccess"], unlocked["status"]) == (True, "ACTIVE")
    assert result["kept"] == result["before"] == [f"Entitlement:{locked['id']}"]
    assert unlocked["id"] == locked["id"]
    assert result["refused"] == []
    assert result["requests"] == ["UpgradeGate", "Upgrade"]


def test_a_gate_in_the_cache_opens_by_what_was_granted_elsewhere(codegen: Team) -> None:
    # Node 20 has browsers' WebSocket behind a flag.
    result = json.loads(codegen.run("live", NODE_OPTIONS="--experimental-websocket"))

    assert result == {"seen": [False, True], "refused": []}


def test_the_next_page_is_joined_to_the_list(codegen: Team) -> None:
    assert len(set(json.loads(codegen.run("lists")))) == 4


def test_documents_registered_by_graphql_codegens_manifest_are_all_that_is_answered(
    codegen: Team, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADMITTANCE_DATABASE_URL", gateway.database_url)
    manifest = codegen.folder / "src" / "gql" / "persisted-documents.json"
    with pytest.raises(SystemExit) as ended:
        main(["documents", "import", str(manifest), "--environment", gateway.environment])
    assert not ended.value.code

    with serving(gateway.database_url, trusted_documents="require") as url:
        answer = codegen.run("registered", ADMITTANCE_URL=f"{url}/graphql")
        with pytest.raises(AssertionError, match="TRUSTED_DOCUMENT_REQUIRED"):
            codegen.run("apollo", ADMITTANCE_URL=f"{url}/graphql")

    assert answer == "true\n"
