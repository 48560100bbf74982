"""What README and the docs tell people to type works, and answers what they say."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from gateway.demo.loading import open_demonstration
from resolvers.callers import EVERY_SCOPE
from storage.credentials import create_key
from storage.database import Database
from storage.environments import ensure_environments
from tests.pages import PAGES, ROOT, blocks, commands, read_page
from tests.service.serving import Caller, Json

Command = Callable[..., int]

SMALL = 30
"""Customers to load: the named ones are among them."""


def test_readme_is_short() -> None:
    assert read_page("README.md").count("\n") < 120


def test_every_target_of_make_that_is_named_is_there() -> None:
    typed = {command[1] for page in PAGES for command in commands(page) if command[0] == "make"}
    named = {target for page in PAGES for target in re.findall(r"`make ([a-z-]+)", read_page(page))}

    assert typed == {"serve", "test", "install"}
    for target in typed | named:
        planned = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, check=False)
        assert planned.returncode == 0, target


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_the_commands_for_ones_own_data_work_in_the_order_shown(
    page: str, admittance: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADMITTANCE_DATABASE_URL", f"sqlite:///{Path.cwd()}/own.db")
    monkeypatch.chdir(ROOT)
    typed = [command[1:] for command in commands(page) if command[0] == "admittance"]

    assert [command[0] for command in typed] == ["migrate", "catalog", "keys", "serve"]
    for command in typed[:-1]:
        assert admittance(*command) == 0, command
    assert capsys.readouterr().out.splitlines()[-1].startswith("adm_test_")
    assert admittance("serve", "--help") == 0
    assert admittance("settings") == 0


async def test_the_queries_for_ones_own_data_work_in_the_order_shown(
    client: httpx2.AsyncClient, database: Database
) -> None:
    environments = await ensure_environments(database)
    test = next(environment for environment in environments if environment.name == "test")
    _, secret = await create_key(database, test.id, "readme", (EVERY_SCOPE,))
    caller = Caller(client, database, test, secret)
    await caller.do("createFeature", "feature { id }", name="Single sign-on", lookupKey="sso")
    await caller.do(
        "createProduct", "product { id }", name="Business", lookupKey="business", features=[{"lookupKey": "sso"}]
    )
    mutation, query, session = blocks("README.md", "graphql")

    written = await caller.ask(mutation)
    seen = await caller.ask(query)
    opened = await caller.ask(session)
    caller.secret = opened["createCustomerSession"]["token"]
    own = await caller.ask("{ viewer { customer { externalId } } }")

    assert written["createSubscription"] == {"subscription": {"status": "ACTIVE"}, "userErrors": []}
    assert seen["customer"]["hasAccess"] is True
    assert [node["lookupKey"] for node in seen["customer"]["entitlements"]["nodes"]] == ["sso"]
    assert own == {"viewer": {"customer": {"externalId": "acme"}}}


async def test_the_questions_in_the_docs_are_answered(
    client: httpx2.AsyncClient, database: Database, tmp_path: Path
) -> None:
    demonstration = await open_demonstration(database, tmp_path / "key", lambda _played, _of: None, customers=SMALL)
    caller = Caller(client, database, demonstration.environment, demonstration.secret)
    access, history = blocks("docs/demo-data.md", "graphql")

    decisions: Json = (await caller.ask(access))["customer"]["access"]
    before: Json = await caller.ask(history, {"at": "2000-01-01T00:00:00Z"})

    assert {each["lookupKey"]: each["reason"] for each in decisions} == {
        "time-tracking": "NOT_YET_ACTIVE",
        "projects": "ENTITLED",
        "sso": "NOT_ENTITLED",
    }
    assert before == {"customer": {"entitlementsAt": {"nodes": []}}}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", read_page(page))

    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


def test_the_fields_that_are_shown_as_examples_are_those_of_the_schema() -> None:
    guide = read_page("docs/fields.md")
    shown = re.findall(r"From `([a-z/_.]+)`:\n\n```python\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)

    assert len(shown) == guide.count("```python") == 4
    for path, code in shown:
        assert code in (ROOT / path).read_text(encoding="utf-8"), path
