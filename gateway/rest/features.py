"""Features: `/v1/entitlements/features`."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic.json_schema import SkipJsonSchema

from entitlements import facts
from entitlements.facts import Metadata
from gateway.rest.endpoints import Call, Endpoints
from gateway.rest.errors import missing
from gateway.rest.lists import ListOf, list_of, page_of
from gateway.rest.parameters import FLAG, METADATA, NEW_METADATA, ListParameters, Parameters, text
from resolvers import features
from resolvers.callers import Access, Scope
from resolvers.context import Context
from resolvers.references import ABSENT, Absent, ById
from resolvers.validation import KEY_LENGTH, NAME_LENGTH, MetadataChange
from storage.paging import Position

READ = Access(Scope.CATALOG_READ)
WRITE = Access(Scope.CATALOG_WRITE)

FEATURES = Endpoints()


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature. One that isn't `active` is archived, for good."""

    id: str
    object: Literal["entitlements.feature"]
    livemode: bool
    name: str
    lookup_key: str
    active: bool
    metadata: Metadata

    @classmethod
    def of(cls, context: Context, feature: facts.Feature) -> "Feature":
        """A feature of the rule as it is shown."""
        return cls(
            id=feature.id,
            object="entitlements.feature",
            livemode=context.environment.livemode,
            name=feature.name,
            lookup_key=feature.lookup_key,
            active=feature.active,
            metadata=feature.metadata,
        )


class NewFeature(Parameters):
    """Of a new feature."""

    name: Annotated[str, text(NAME_LENGTH)]
    """What it is called, for your own purposes."""
    lookup_key: Annotated[str, text(KEY_LENGTH)]
    """Your own key for it: no other active feature has it, and it never changes."""
    metadata: Annotated[MetadataChange | None, NEW_METADATA] = None
    """Your own notes on it."""


class FeatureChanges(Parameters):
    """Changes to a feature; what is left out stays as it is."""

    name: Annotated[str | SkipJsonSchema[Absent], text(NAME_LENGTH)] = ABSENT
    """What it is called."""
    active: Annotated[bool, FLAG] = True
    """False archives it, for good."""
    metadata: Annotated[MetadataChange | SkipJsonSchema[Absent] | None, METADATA] = ABSENT
    """Entries to set; an empty value unsets its key, and an empty text for `metadata` itself unsets all."""


class FeaturesWanted(ListParameters):
    """Which features to list."""

    archived: Annotated[bool, FLAG] = False
    """True lists the archived ones; false, and nothing, the active ones."""
    lookup_key: Annotated[str | None, text()] = None
    """Only those that have, or had, this key."""


async def find_feature(call: Call[Parameters], id_: str) -> Feature | None:
    """A feature by its id as it is shown."""
    found = await features.find_feature(call.context, ById(id_))
    return Feature.of(call.context, found) if found else None


@FEATURES.post("/v1/entitlements/features", WRITE, find_feature)
async def create_feature(call: Call[NewFeature]) -> Feature:
    """Creates a feature."""
    given = call.given
    made = await features.create_feature(
        call.context, name=given.name, lookup_key=given.lookup_key, metadata=given.metadata
    )
    return Feature.of(call.context, made)


@FEATURES.get("/v1/entitlements/features", READ)
async def list_features(call: Call[FeaturesWanted]) -> ListOf[Feature]:
    """Lists features, newest first: the active ones, unless `archived` is true."""
    context = call.context

    async def find(id_: str) -> Position | None:
        found = await features.find_feature(context, ById(id_))
        return (found.created_at, found.id) if found else None

    page = await page_of(call, "feature", find)
    listing = await features.list_features(
        context, page, archived=call.given.archived, lookup_key=call.given.lookup_key
    )
    return list_of(call, listing.page, [Feature.of(context, each) for each in listing.page.items])


@FEATURES.get("/v1/entitlements/features/{id}", READ)
async def retrieve_feature(call: Call[Parameters]) -> Feature:
    """Retrieves a feature."""
    found = await find_feature(call, call.id)
    if found is None:
        raise missing("feature", call.id)
    return found


@FEATURES.post("/v1/entitlements/features/{id}", WRITE, find_feature, renamed={"feature": "id"})
async def update_feature(call: Call[FeatureChanges]) -> Feature:
    """Changes a feature's name and metadata, or archives it. An archived one can't be changed."""
    given, by = call.given, ById(call.id)
    if given.model_fields_set - {"expand"} == {"active"} and not given.active:
        return Feature.of(call.context, await features.archive_feature(call.context, by))
    updated = await features.update_feature(
        call.context, by, name=given.name, metadata=given.metadata, archive=not given.active
    )
    return Feature.of(call.context, updated)
