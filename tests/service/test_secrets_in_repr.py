"""What is printed of an object that holds a secret doesn't hold it: a log line or a traceback may print any of them."""

from pydantic import SecretStr

from gateway.requests import read_one
from gateway.settings import Settings
from resolvers.callers import holder_of, of_session
from resolvers.context import new_context
from resolvers.customer_sessions import create_customer_session
from resolvers.references import ByKey
from storage.credentials import create_key
from storage.database import Database
from tests.operations.api import Api

SECRET = "s3cr3t"
MIGHT_HOLD = f"postgresql://me:{SECRET}@db/x"


def test_settings_hide_what_is_secret() -> None:
    settings = Settings(
        database_url=SecretStr(MIGHT_HOLD), metrics_token=SecretStr(SECRET), rate_limit_storage=SecretStr(MIGHT_HOLD)
    )

    assert SECRET not in repr(settings) + str(settings)


def test_a_request_hides_its_text_and_its_variables() -> None:
    request = read_one({"query": f'{{ node(id: "{SECRET}") {{ id }} }}', "variables": {"token": SECRET}})

    assert SECRET not in repr(request) + str(request)


async def test_keys_and_sessions_hide_their_tokens(database: Database) -> None:
    api = await Api.open(database)
    await api.customer("acme")
    key, secret = await create_key(database, api.environment.id, "tests", ("*",))
    opened = await create_customer_session(
        new_context(database, api.environment), customer=ByKey("acme"), expires_in=60
    )

    assert secret not in repr((key, holder_of(key)))
    assert opened.token not in repr((opened, of_session(opened.session)))


def test_a_database_hides_its_password() -> None:
    database = Database.open(f"postgresql://me:{SECRET}@127.0.0.1:1/x")

    assert SECRET not in repr(database.engine) + repr(database)
