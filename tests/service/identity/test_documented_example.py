"""The page on credentials: its settings are read, and its token is taken by them."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.identity.providers import IdentityProviders
from gateway.setting_groups import IdentityProvider
from gateway.settings import Settings
from tests.service.identity_provider import HandClock, Provider, signing_key

PAGE = (Path(__file__).parents[3] / "docs" / "credentials.md").read_text(encoding="utf-8")
OWN_PROVIDER = PAGE.partition("## Your own identity provider")[2]


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", OWN_PROVIDER, re.MULTILINE | re.DOTALL)


@pytest.fixture
def documented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> IdentityProvider:
    """The provider that the page's settings name, read from a file as an installation reads it."""
    [settings] = _blocks("toml")
    file = tmp_path / "admittance.toml"
    file.write_text(settings, encoding="utf-8")
    monkeypatch.setenv("ADMITTANCE_SETTINGS", str(file))
    [provider] = Settings.read().identity_providers
    return provider


async def test_the_token_on_the_page_opens_what_the_page_says(documented: IdentityProvider, provider: Provider) -> None:
    header, claims = (json.loads(block) for block in _blocks("json"))
    key = signing_key(header["kid"])
    provider.keys = [key]
    reachable = documented.model_copy(update={"jwks_url": provider.jwks_url})
    issued_at = datetime.fromtimestamp(claims["iat"], UTC)
    providers = IdentityProviders([reachable], clock=HandClock(issued_at))

    identity = await providers.verify(key.sign(header, claims))

    assert (identity.external_id, identity.environment) == ("acme", "live")
    assert (identity.expires_at - issued_at).total_seconds() == 600, "ten minutes"
    await providers.close()


def _default(name: str) -> str:
    """A setting's default as the page writes it."""
    field = IdentityProvider.model_fields[name]
    if field.is_required():
        return "required"
    values = [field.default] if isinstance(field.default, str) else field.default
    return ", ".join(f"`{value}`" for value in values)


def test_the_page_describes_every_field_and_no_other() -> None:
    described = re.findall(r"^\| `(\w+)` \| (.*?) \|", OWN_PROVIDER, re.MULTILINE)

    assert described == [(name, _default(name)) for name in IdentityProvider.model_fields]
