"""GraphiQL: the page and its files as they are served, and the operations it begins with."""

import gzip
import hashlib
import json
import re
import shutil
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from gateway.demo.loading import open_demonstration
from gateway.graphiql.bundle import ASSETS, load_bundle
from gateway.graphiql.examples import Example, read_examples
from gateway.graphiql.page import graphiql_routes
from gateway.graphiql.preferences import accepts_gzip
from storage.database import Database
from tests.service.event_streams import event_stream
from tests.service.serving import NO_TLS, Json, serving

ROOT = Path(__file__).parents[2]
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
WELCOME = {"service": "admittance", "graphql": "/graphql"}
SCRIPT = load_bundle().scripts[-1]
SMALL = 30


@pytest.fixture(scope="module")
def page_url(sqlite_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """One application for all that needs no data: of the page and its files nothing is in a database."""
    database = shutil.copy(sqlite_path, tmp_path_factory.mktemp("page") / "test.db")
    with serving(f"sqlite:///{database}") as url:
        yield url


@pytest.fixture
async def client(page_url: str) -> AsyncGenerator[httpx2.AsyncClient]:
    """A client of that application."""
    async with httpx2.AsyncClient(base_url=page_url, verify=NO_TLS) as client:
        yield client


def _asset(path: str = "") -> str:
    return f"/graphiql/assets/{path or SCRIPT}"


# The page.


async def test_a_browser_gets_a_page_that_names_files_of_this_host_alone(client: httpx2.AsyncClient) -> None:
    page = await client.get("/", headers={"Accept": BROWSER})

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    loaded = re.findall(r'<(?:script[^>]* src|link rel="(?:stylesheet|modulepreload)" href)="([^"]*)"', page.text)
    assert len(loaded) == len(load_bundle().scripts) + len(load_bundle().styles)
    for path in loaded:
        assert path.startswith("/graphiql/assets/")
        assert (await client.get(path)).status_code == 200


async def test_the_page_runs_no_script_of_its_own_and_nobody_may_frame_it(client: httpx2.AsyncClient) -> None:
    page = await client.get("/", headers={"Accept": BROWSER})

    policy = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    scripts = re.findall(r"<script([^>]*)>", page.text)
    assert all("src=" in script or 'type="application/json"' in script for script in scripts)
    assert not re.search(r"<[^>]* on[a-z]+=", page.text)
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-content-type-options"] == "nosniff"


async def test_the_page_holds_the_operations_and_where_to_send_them(client: httpx2.AsyncClient) -> None:
    page = await client.get("/", headers={"Accept": BROWSER})

    # No "<" in it: it can't end before its time, whatever an operation says.
    found = re.search(r'<script type="application/json" id="configuration">([^<]*)</script>', page.text)
    assert found is not None
    configuration = json.loads(found[1])
    assert configuration["graphqlPath"] == "/graphql"
    assert [each["name"] for each in configuration["operations"]] == [each.name for each in read_examples()]


async def test_the_page_is_asked_about_each_time_and_sent_when_it_changed(client: httpx2.AsyncClient) -> None:
    page = await client.get("/", headers={"Accept": BROWSER})

    again = await client.get("/", headers={"Accept": BROWSER, "If-None-Match": page.headers["etag"]})

    assert page.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"] == page.headers["content-security-policy"]


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/html;q=0.9", "text/html;q=0"])
async def test_a_program_gets_the_welcome_as_json(client: httpx2.AsyncClient, accept: str) -> None:
    answer = await client.get("/", headers={"Accept": accept})

    assert answer.json() == WELCOME
    assert answer.headers["vary"] == "Accept"


async def test_where_it_is_turned_off_everybody_gets_the_welcome(database_url: str) -> None:
    with serving(database_url, graphiql=False) as url:
        async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
            answer = await client.get("/", headers={"Accept": BROWSER})
            asset = await client.get(_asset())

    assert answer.json() == WELCOME
    assert asset.status_code == 404


async def test_below_a_proxys_path_the_page_names_that_path() -> None:
    app = Starlette(routes=graphiql_routes())
    transport = httpx2.ASGITransport(app=app, root_path="/admittance")

    async with httpx2.AsyncClient(transport=transport, base_url="http://admittance.test", verify=NO_TLS) as client:
        page = await client.get("/admittance/", headers={"Accept": BROWSER})

    assert f'src="/admittance{_asset()}"' in page.text
    assert '"graphqlPath": "/admittance/graphql"' in page.text


# Its files.


async def test_a_file_is_sent_compressed_and_kept_for_ever(client: httpx2.AsyncClient) -> None:
    asset = load_bundle().assets[SCRIPT]

    answer = await client.get(_asset(), headers={"Accept-Encoding": "gzip, deflate, br"})

    assert answer.headers["content-encoding"] == "gzip"
    assert hashlib.sha256(answer.content).hexdigest() == asset.sha256
    assert int(answer.headers["content-length"]) == len(asset.compressed)
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("accept_encoding", ["identity", "*;q=0, identity", "br, deflate"])
async def test_a_client_without_gzip_gets_the_file_as_it_is(client: httpx2.AsyncClient, accept_encoding: str) -> None:
    answer = await client.get(_asset(), headers={"Accept-Encoding": accept_encoding})

    assert "content-encoding" not in answer.headers
    assert hashlib.sha256(answer.content).hexdigest() == load_bundle().assets[SCRIPT].sha256


@pytest.mark.parametrize(
    ("accept_encoding", "accepted"),
    [
        ("gzip", True),
        ("GZIP; q=0.1, br", True),
        ("identity, *", True),
        ("gzip;q=0", False),
        ("deflate, gzip; q=0.000", False),
        ("*, gzip;q=0", False),
        ("gzip;q=none", True),
        ("x-gzip", False),
        ("", False),
    ],
)
def test_the_weight_of_gzip_decides(accept_encoding: str, *, accepted: bool) -> None:
    assert accepts_gzip(accept_encoding) is accepted


async def test_a_file_that_is_known_is_not_sent_again(client: httpx2.AsyncClient) -> None:
    compressed = {"Accept-Encoding": "gzip"}
    etag = (await client.get(_asset(), headers=compressed)).headers["etag"]
    plain = (await client.get(_asset(), headers={"Accept-Encoding": "identity"})).headers["etag"]

    known = await client.get(_asset(), headers={**compressed, "If-None-Match": f'"other", W/{etag}'})
    other = await client.get(_asset(), headers={**compressed, "If-None-Match": plain})

    assert (known.status_code, known.content) == (304, b"")
    assert other.status_code == 200


async def test_head_says_what_get_would_and_sends_nothing(client: httpx2.AsyncClient) -> None:
    get, head = await client.get(_asset()), await client.head(_asset())

    assert (head.status_code, head.content) == (200, b"")
    of_the_moment = {"date", "x-request-id"}
    assert {name: head.headers[name] for name in {*head.headers} - of_the_moment} == {
        name: get.headers[name] for name in {*get.headers} - of_the_moment
    }


@pytest.mark.parametrize("name", ["unknown.js", "manifest.json", "..%2Fpage.py", "%2e%2e/__init__.py"])
async def test_there_are_no_other_files(client: httpx2.AsyncClient, name: str) -> None:
    assert (await client.get(_asset(name))).status_code == 404


# The bundle in the repository.


def test_the_bundle_was_built_from_the_sources_as_they_are() -> None:
    """After a change in graphiql/ the bundle is built anew: see its README."""
    folder = ROOT / "graphiql"
    left_out = {"node_modules", "README.md"}
    files = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_file() and path.relative_to(folder).parts[0] not in left_out
    }

    lines = (f"{hashlib.sha256(files[name].read_bytes()).hexdigest()} {name}\n" for name in sorted(files))

    assert load_bundle().sources == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_the_bundle_is_what_its_manifest_says() -> None:
    assets = load_bundle().assets
    digests = {name: hashlib.sha256(gzip.decompress(asset.compressed)).hexdigest() for name, asset in assets.items()}

    assert digests == {name: asset.sha256 for name, asset in assets.items()}
    assert {file.name for file in ASSETS.iterdir()} == {"manifest.json", *(f"{name}.gz" for name in assets)}


def test_the_packages_are_locked_by_content_and_to_no_registry() -> None:
    lock = json.loads((ROOT / "graphiql" / "package-lock.json").read_bytes())
    packages = {name: package for name, package in lock["packages"].items() if name}

    assert [name for name, package in packages.items() if "integrity" not in package] == []
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert "registry" not in json.dumps(lock)


# The operations.


@pytest.mark.parametrize("example", read_examples(), ids=lambda example: example.name)
def test_an_operation_is_named_like_its_file_and_says_what_it_shows(example: Example) -> None:
    assert re.findall(r"^(?:query|mutation|subscription) (\w+)", example.query, re.MULTILINE) == [example.name]
    comment, _ = re.split(r"\n(?:query|mutation|subscription)", example.query, maxsplit=1)
    assert example.about == " ".join(line.removeprefix("# ") for line in comment.split("\n"))
    assert re.fullmatch(r"[A-Z].{20,}[.?]", example.about)


def test_the_page_begins_with_an_operation_that_changes_nothing() -> None:
    examples = read_examples()

    assert 7 <= len(examples) <= 12
    assert [each.is_mutation for each in examples] == sorted(each.is_mutation for each in examples)
    assert {"CustomerPage", "PaywallGate", "PlanPage", "CatalogueAdmin"} < {each.name for each in examples}


async def test_every_operation_works_on_the_demonstration_data(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    loaded = await open_demonstration(database, tmp_path / "key", lambda _played, _of: None, customers=SMALL)
    answers: dict[str, Json] = {}

    with serving(database_url) as url:
        async with httpx2.AsyncClient(
            base_url=url, headers={"Authorization": f"Bearer {loaded.secret}"}, verify=NO_TLS
        ) as client:
            for example in read_examples():
                variables = json.loads(example.variables or "{}")
                if example.is_subscription:
                    async with event_stream(url, loaded.secret, example.query, **variables) as stream:
                        answers[example.name] = await stream.next()
                else:
                    body = {"query": example.query, "variables": variables}
                    answers[example.name] = (await client.post("/graphql", json=body)).json()

    assert {name: answer for name, answer in answers.items() if "errors" in answer} == {}
    for name, answer in answers.items():
        text = json.dumps(answer["data"])
        assert all(answer["data"].values()), name
        assert text.count('"userErrors": [') == text.count('"userErrors": []'), name
    _check_that_they_show_something({name: answer["data"] for name, answer in answers.items()})


def _check_that_they_show_something(data: Json) -> None:
    customer = data["CustomerPage"]["customer"]
    assert len(customer["entitlements"]["nodes"]) > 10
    assert len(customer["subscriptions"]["nodes"]) == 3
    history = data["EntitlementHistory"]["customer"]
    assert history["lost"]["nodes"][0]["endReason"] == "ITEM_REMOVED"
    runs = data["EntitlementTimeline"]["customer"]["timeline"]["nodes"]
    assert {run["status"] for run in runs} == {"ACTIVE", "CANCELED"}
    assert all(run["sources"] for run in runs)
    assert [each["hasAccess"] for each in data["ManyCustomers"]["customersBy"]] == [True, True, False, False]
    decisions = data["PaywallGate"]["customer"]["access"]
    assert [each["reason"] for each in decisions] == ["ENTITLED", "NOT_YET_ACTIVE", "NOT_ENTITLED"]
    assert decisions[2]["unlockedBy"]
    assert all(product["features"]["nodes"] for product in data["PlanPage"]["products"]["nodes"])
    assert data["EntitlementsChanged"]["entitlementsChanged"]["added"]
    assert data["SessionView"]["viewer"]["kind"] == "API_KEY"
    assert data["WhoHasFeature"]["feature"]["customers"]["edges"]
    assert data["CatalogueAdmin"]["attachFeature"]["productFeature"]["product"]["lookupKey"] == "enterprise"
    assert data["StartSubscription"]["createSubscription"]["change"]["added"]
    assert data["GrantAccess"]["grantEntitlement"]["change"]["added"][0]["lookupKey"] == "sso"
