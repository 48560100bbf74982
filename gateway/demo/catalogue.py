"""The demonstration's catalogue: thirty features, four plans, two add-ons, and how they came to be what they are."""

from datetime import datetime, timedelta

from entitlements.facts import CatalogRollout
from gateway.demo.stage import Act, Event, Stage
from resolvers import features, product_features, products
from resolvers.references import ByKey
from storage.product_features import find_attached

FEATURES = {
    "projects": "Projects",
    "boards": "Boards",
    "calendar": "Calendar",
    "comments": "Comments",
    "guests": "Guests",
    "file-storage": "File storage",
    "export": "Export",
    "legacy-export": "Export to the old format",
    "two-factor": "Two-factor sign-in",
    "custom-fields": "Custom fields",
    "automations": "Automations",
    "time-tracking": "Time tracking",
    "version-history": "Version history",
    "reports": "Reports",
    "dashboards": "Dashboards",
    "portfolios": "Portfolios",
    "api": "API",
    "webhooks": "Webhooks",
    "git-sync": "Git synchronisation",
    "ai-summaries": "AI summaries",
    "ai-drafts": "AI drafts",
    "sso": "Single sign-on",
    "scim": "User provisioning (SCIM)",
    "audit-log": "Audit log",
    "ip-allowlist": "IP allow-list",
    "data-residency": "Data residency",
    "chat-support": "Chat support",
    "priority-support": "Priority support",
    "success-manager": "Success manager",
    "sla": "Service level agreement",
}

_STARTER = ["projects", "boards", "comments", "guests", "file-storage", "legacy-export", "automations", "two-factor"]
_TEAM = [*_STARTER, "calendar", "export", "custom-fields", "reports", "version-history", "chat-support"]
_BUSINESS = [*_TEAM, "time-tracking", "portfolios", "api", "webhooks", "sso", "audit-log", "priority-support"]
_ENTERPRISE = [*_BUSINESS, "git-sync", "scim", "ip-allowlist", "data-residency", "success-manager", "sla"]

PLANS = {
    "starter": ("Starter", _STARTER),
    "team": ("Team", _TEAM),
    "business": ("Business", _BUSINESS),
    "enterprise": ("Enterprise", _ENTERPRISE),
}
ADD_ONS = {
    "ai-add-on": ("AI add-on", ["ai-summaries", "ai-drafts"]),
    "security-add-on": ("Security add-on", ["sso", "audit-log", "ip-allowlist"]),
}


def catalogue_events(now: datetime, beginning: datetime) -> list[Event]:
    """How the catalogue was made and changed, from the beginning until days before `now`."""

    def ago(days: int, act: Act) -> Event:
        return Event(now - timedelta(days=days), act)

    return [
        Event(beginning, _open),
        # A feature of the same key takes the place of one that is archived, which goes on where it is attached.
        ago(480, _archive("reports")),
        ago(479, _create("reports", "Reports with drill-down")),
        *(ago(478, _attach(plan, "reports")) for plan in ("team", "business", "enterprise")),
        *(ago(400, _attach(plan, "dashboards")) for plan in ("business", "enterprise")),
        ago(300, _archive("legacy-export")),
        ago(200, _attach("enterprise", "ai-summaries", CatalogRollout.IMMEDIATE)),
        # Who had it keeps it; who comes later doesn't get it.
        ago(120, _detach("starter", "automations", CatalogRollout.NEW_SUBSCRIPTIONS_ONLY)),
        ago(90, _attach("team", "git-sync", CatalogRollout.NEW_SUBSCRIPTIONS_ONLY)),
        # These wait for everybody's next period: with the plans billed yearly for most of a year.
        ago(45, _attach("business", "git-sync")),
        ago(5, _attach("team", "time-tracking")),
        ago(3, _detach("starter", "guests")),
    ]


async def _open(stage: Stage) -> None:
    for key, name in FEATURES.items():
        await features.create_feature(stage.context, name=name, lookup_key=key)
    for key, (name, keys) in {**PLANS, **ADD_ONS}.items():
        listed = [ByKey(feature) for feature in keys]
        await products.create_product(stage.context, name=name, lookup_key=key, features=listed)


def _create(key: str, name: str) -> Act:
    async def act(stage: Stage) -> None:
        await features.create_feature(stage.context, name=name, lookup_key=key)

    return act


def _archive(key: str) -> Act:
    async def act(stage: Stage) -> None:
        await features.archive_feature(stage.context, ByKey(key))

    return act


def _attach(product: str, feature: str, rollout: CatalogRollout = CatalogRollout.NEXT_PERIOD) -> Act:
    async def act(stage: Stage) -> None:
        await product_features.attach_feature(
            stage.context, product=ByKey(product), feature=ByKey(feature), rollout=rollout
        )

    return act


def _detach(product: str, feature: str, rollout: CatalogRollout = CatalogRollout.NEXT_PERIOD) -> Act:
    async def act(stage: Stage) -> None:
        context = stage.context
        of = await products.find_product(context, ByKey(product))
        what = await features.find_feature(context, ByKey(feature))
        assert of is not None, product  # noqa: S101 - the catalogue above has them
        assert what is not None, feature  # noqa: S101
        async with context.database.read() as connection:
            row = await find_attached(connection, context.environment_id, of.id, what.id)
        assert row is not None, feature  # noqa: S101
        await product_features.detach_feature(context, row.id, rollout=rollout)

    return act
