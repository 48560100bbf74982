"""The active features of an environment, from the database or from a gateway that serves it."""

from typing import NamedTuple

import httpx2
from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_camel

from entitlements.facts import EnvironmentId
from gateway.console import CommandFailed
from storage.database import Database
from storage.features import page_features
from storage.paging import Cut, Position

_PATIENCE_SECONDS = 10
_PAGE = 100
"""How many features are read from the database at once."""

# Without `first`, as a gateway may be set to answer no page of any size that could be asked for.
_QUERY = """\
query FeatureKeys($after: String) {
  features(after: $after) { nodes { lookupKey name } pageInfo { hasNextPage endCursor } }
}"""


class NamedKey(NamedTuple):
    """What a program calls a feature, and what people do."""

    lookup_key: str
    name: str


async def read_keys(database: Database, environment: EnvironmentId) -> list[NamedKey]:
    """The environment's active features, by lookup key."""
    found: list[NamedKey] = []
    after: Position | None = None
    async with database.snapshot() as connection:
        while True:
            cut = Cut(_PAGE, after=after)
            page = await page_features(connection, environment, cut, archived=False, lookup_key=None)
            found += [NamedKey(each.lookup_key, each.name) for each in page.items]
            if not page.has_next:
                return sorted(found)
            after = page.items[-1].created_at, page.items[-1].id


def ask_for_keys(url: str, credential: str) -> list[NamedKey]:
    """The same from the gateway at a URL, of the credential's environment. Raises: CommandFailed."""
    found: list[NamedKey] = []
    after: str | None = None
    with httpx2.Client(timeout=_PATIENCE_SECONDS, headers={"Authorization": f"Bearer {credential}"}) as client:
        while True:
            listed = _ask(client, url, after)
            found += [NamedKey(each.lookup_key, each.name) for each in listed.nodes]
            if not listed.page_info.has_next_page:
                return sorted(found)
            after = listed.page_info.end_cursor


def _ask(client: httpx2.Client, url: str, after: str | None) -> "_Features":
    try:
        response = client.post(url, json={"query": _QUERY, "variables": {"after": after}})
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol):
        raise CommandFailed(f"{url} is no address of a gateway; one is like https://host/graphql.") from None
    except httpx2.HTTPError as error:
        raise CommandFailed(f"The gateway at {url} can't be reached: {str(error) or type(error).__name__}") from None
    try:
        answer = _Answer.model_validate_json(response.content)
    except ValidationError:
        raise CommandFailed(f"{url} answered {response.status_code} and no features: is it Admittance?") from None
    if answer.errors:
        raise CommandFailed(f"The gateway at {url} refused: {answer.errors[0].message}")
    if answer.data is None or answer.data.features is None:
        raise CommandFailed(f"{url} answered {response.status_code} and no features: is it Admittance?")
    return answer.data.features


class _Read(BaseModel, alias_generator=to_camel):
    """Part of an answer, of which nothing but these is looked at."""


class _Feature(_Read):
    lookup_key: str
    name: str


class _PageInfo(_Read):
    has_next_page: bool
    end_cursor: str | None


class _Features(_Read):
    nodes: list[_Feature]
    page_info: _PageInfo


class _Data(_Read):
    features: _Features | None


class _Error(_Read):
    message: str


class _Answer(_Read):
    data: _Data | None = None
    errors: list[_Error] = []
