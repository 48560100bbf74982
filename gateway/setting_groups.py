"""What an installation decides, group by group. Each field is a setting; `gateway.settings` puts them together."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode

RATE_PATTERN = r"^[1-9][0-9]*/(second|minute|hour|day)$"


def _origin(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    if text != "*" and (scheme not in {"http", "https"} or not separator or not rest or "/" in rest):
        message = "an origin is a scheme, a host and perhaps a port, as https://app.example.com, or * for every one"
        raise ValueError(message)
    return text.lower()


def _split(given: object) -> object:
    """A variable's value: several texts with commas between them."""
    return tuple(part.strip() for part in given.split(",") if part.strip()) if isinstance(given, str) else given


Origins = Annotated[tuple[Annotated[str, AfterValidator(_origin)], ...], NoDecode, BeforeValidator(_split)]
Addresses = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Rate = Annotated[str, Field(pattern=RATE_PATTERN)]
Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]


class IdentityProvider(BaseModel):
    """A provider whose tokens open a customer's own session: a company's own sign-in, verified by its public keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str = Field(min_length=1, description="What `iss` must be, to the letter.")
    audience: str = Field(min_length=1, description="What `aud` must be or contain.")
    jwks_url: str = Field(pattern=r"^https?://", description="Where the provider publishes its keys (RFC 7517).")
    algorithms: tuple[Algorithm, ...] = Field(
        default=("RS256", "ES256"), min_length=1, description="The signatures that are taken; no other is."
    )
    customer_claim: str = Field(
        default="sub", min_length=1, description="The claim that holds the customer's `externalId`."
    )
    environment: str = Field(default="live", min_length=1, description="The environment the customers belong to.")


class ServerSettings(BaseSettings):
    """Where it runs and what it keeps."""

    database_url: SecretStr = Field(
        default=SecretStr("sqlite:///admittance.db"),
        description="The database: sqlite:///path/to/file.db, or postgresql://user:password@host/database.",
    )
    host: str = Field(default="127.0.0.1", description="The address to listen on; 0.0.0.0 for every one there is.")
    port: int = Field(default=8000, ge=0, le=65535, description="The port to listen on; 0 for any free one.")
    trusted_proxies: Addresses = Field(
        default=("127.0.0.1", "::1"),
        description="Addresses or networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.",
    )
    shutdown_seconds: int = Field(
        default=10, ge=0, le=600, description="How long requests in flight may go on when the server is told to stop."
    )
    compiled: bool = Field(
        default=True,
        description="Whether operations are compiled and kept, which is faster and answers the same.",
    )
    demo_key_file: Path = Field(
        default=Path("admittance.demo-key"),
        description="Where `serve --demo` keeps the API key of the demonstration environment, for its owner alone.",
    )


class MemorySettings(BaseSettings):
    """What is kept in the process. Answers are the same with and without."""

    kept_customers: int = Field(
        default=100_000, ge=0, description="Customers whose facts are kept in the process; 0 for none."
    )
    kept_bytes: int = Field(
        default=268_435_456,
        ge=0,
        description="Memory for them and for the catalogue, which may take a quarter of it; 0 to keep nothing.",
    )


class EventSettings(BaseSettings):
    """What is done with changes of entitlements."""

    worker: bool = Field(
        default=True,
        description="Whether `serve` announces changes and delivers webhooks; off where `admittance worker` does.",
    )
    event_days: int = Field(default=30, ge=5, le=3_650, description="Days for which events are kept, in real time.")


class HttpSettings(BaseSettings):
    """What the door takes."""

    max_body_bytes: int = Field(
        default=262_144, ge=1_024, le=16_777_216, description="The largest body, and the largest WebSocket message."
    )
    request_seconds: float = Field(
        default=10, gt=0, le=600, description="How long a request may take to arrive, and an answer to be taken."
    )
    batch_size: int = Field(
        default=1, ge=1, le=10, description="Operations that one request may hold as a JSON array; 1 for no arrays."
    )
    get_needs_header: bool = Field(
        default=True,
        description=(
            "Whether a query by GET needs a header that no page of another origin can send unasked: "
            "GraphQL-Require-Preflight, Apollo-Require-Preflight, X-Apollo-Operation-Name, or a Content-Type of JSON."
        ),
    )
    cors_origins: Origins = Field(
        default=(),
        description="Origins whose pages may call from a browser, by HTTP and by WebSocket; * for every one.",
    )
    compression: bool = Field(default=True, description="Whether answers from 1 kB on are compressed (gzip).")
    graphiql: bool = Field(default=True, description="Whether GraphiQL is served at /.")
    subgraph: bool = Field(default=True, description="Whether the Apollo Federation subgraph is served at /subgraph.")
    subgraph_prefix: str = Field(
        default="",
        pattern=r"^([A-Za-z][A-Za-z0-9_]{0,31})?$",
        description="What names of the subgraph's types begin with, where a company's graph has some of them already.",
    )
    rest: bool = Field(default=True, description="Whether the interfaces of Stripe and Paygentic are served under /v1.")


class LimitSettings(BaseSettings):
    """What one operation may ask for. 0 turns a limit off."""

    max_tokens: int = Field(default=5_000, ge=0, description="Tokens in a document.")
    max_depth: int = Field(default=12, ge=0, description="Fields inside each other.")
    max_list_depth: int = Field(default=5, ge=0, description="Lists inside each other.")
    max_aliases: int = Field(
        default=50, ge=0, description="Times one field may stand in a selection, under aliases or again."
    )
    max_page_size: int = Field(default=100, ge=1, le=100, description="The largest `first` and `last`.")
    max_cost: int = Field(default=10_000, ge=0, description="Fields times page sizes, summed over an operation.")
    query_seconds: float = Field(default=15, ge=0, description="How long a query may run.")
    mutation_seconds: float = Field(default=60, ge=0, description="How long a mutation may run.")
    introspection: Literal["everyone", "keys", "off"] = Field(
        default="keys",
        description="Who may ask for the schema: everyone with a credential, API keys alone, or nobody.",
    )
    max_introspection_depth: int = Field(default=15, ge=0, description="Fields inside each other in an introspection.")


class StreamSettings(BaseSettings):
    """How many subscriptions may be open, and how those over HTTP are kept open."""

    max_subscriptions: int = Field(default=20_000, ge=0, description="Subscriptions that one process holds open.")
    key_subscriptions: int = Field(
        default=10_000, ge=0, description="Of these, those of one API key, over all its connections."
    )
    session_subscriptions: int = Field(
        default=50, ge=0, description="Of these, those of one customer, over all sessions and connections."
    )
    keep_alive_seconds: float = Field(
        default=15, gt=0, le=600, description="How often a quiet stream of server-sent events says that it is there."
    )


class CredentialSettings(BaseSettings):
    """Who may ask, and how often."""

    identity_providers: tuple[IdentityProvider, ...] = Field(
        default=(), description="Sign-ins of your own whose tokens open customers' sessions; see docs/credentials.md."
    )
    rate_limits: bool = Field(default=True, description="Whether callers are limited at all.")
    key_rate: Rate = Field(
        default="150000000/minute", description="The cost an API key may spend, over all operations."
    )
    session_rate: Rate = Field(default="60000/minute", description="The cost a customer's session may spend.")
    failure_rate: Rate = Field(default="20/minute", description="Credentials that one address may get wrong.")
    rate_limit_storage: SecretStr = Field(
        default=SecretStr("memory://"),
        description="Where rates are counted: memory:// for each process by itself, or a redis:// URL they share.",
    )


class DocumentSettings(BaseSettings):
    """Which documents are taken."""

    trusted_documents: Literal["off", "allow", "require"] = Field(
        default="allow",
        description="Documents known by id: not at all, beside any other document, or these alone.",
    )
    persisted_queries: bool = Field(
        default=False, description="Whether Apollo's automatic persisted queries are kept, under their hash."
    )


class WebhookSettings(BaseSettings):
    """How webhooks are delivered."""

    webhook_private_targets: bool = Field(
        default=False,
        description=(
            "Whether webhooks may go to private, loopback and link-local addresses, and without TLS from live "
            "environments."
        ),
    )
    webhook_connections: int = Field(
        default=32, ge=1, le=1_000, description="Webhooks that the process delivers at once; 8 of one endpoint."
    )
    webhook_disable_days: int = Field(
        default=5, ge=1, le=365, description="Days for which every attempt must fail before an endpoint is disabled."
    )


class StripeSettings(BaseSettings):
    """Stripe as a source; see docs/stripe-source.md."""

    stripe_api_key: SecretStr | None = Field(
        default=None, description="The key by which Stripe is read; a restricted one that only reads is enough."
    )
    stripe_api_base: str = Field(
        default="",
        pattern=r"^(https?://[^/\s]+)?/?$",
        description="Where Stripe answers, if not at https://api.stripe.com, as a stand-in of your tests does.",
    )
    stripe_webhook_secret: SecretStr | None = Field(
        default=None,
        description=(
            "The secret of the webhook endpoint in Stripe that sends here; several, with commas between them, while "
            "one is being rolled. Without one there is no /stripe/webhook."
        ),
    )
    stripe_environment: str = Field(
        default="test", min_length=1, description="The environment that Stripe's objects belong to."
    )


class TelemetrySettings(BaseSettings):
    """What it tells its operators."""

    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="From which level on the log, on standard error, is written."
    )
    log_format: Literal["auto", "json", "text"] = Field(
        default="auto", description="One JSON object a line, or text for people; auto: text on a terminal."
    )
    access_log: bool = Field(default=False, description="Whether to log a line for every request.")
    metrics: bool = Field(default=True, description="Whether /metrics is served, for Prometheus.")
    metrics_token: SecretStr | None = Field(
        default=None,
        description="The Bearer token that /metrics asks for. Without one it answers this machine alone.",
    )
    tracing: bool = Field(
        default=False,
        description="Whether spans are sent by OTLP, to OTEL_EXPORTER_OTLP_ENDPOINT; needs the extra `telemetry`.",
    )
