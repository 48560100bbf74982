"""Mutations of the catalogue: features, products and what attaches them."""

import strawberry

from resolvers import features, product_features, products
from resolvers.callers import Scope
from resolvers.context import Context
from schema import inputs, payloads
from schema.carrying_out import Parts, carry_out
from schema.catalogue import Feature, Product, ProductFeature
from schema.given import Given, or_absent, or_none
from schema.info import Info
from schema.permissions import Requires
from schema.references import reference


@strawberry.type
class CatalogueMutations:
    """Mutations of the catalogue."""

    @strawberry.mutation(
        description="Creates a feature.",
        extensions=[Requires(Scope.CATALOG_WRITE)],
    )
    async def create_feature(
        self,
        info: Info,
        input: Given[inputs.CreateFeatureInput],  # noqa: A002 - Relay's name
    ) -> payloads.CreateFeaturePayload | None:
        """createFeature."""

        async def write(context: Context) -> Parts:
            made = await features.create_feature(
                context, name=input.name, lookup_key=input.lookup_key, metadata=or_none(input.metadata)
            )
            return {"feature": Feature.of(context, made)}

        return await carry_out(info, payloads.CreateFeaturePayload, input, write)

    @strawberry.mutation(
        description="Changes a feature's name and metadata. An archived one can't be changed.",
        extensions=[Requires(Scope.CATALOG_WRITE)],
    )
    async def update_feature(
        self,
        info: Info,
        input: Given[inputs.UpdateFeatureInput],  # noqa: A002 - Relay's name
    ) -> payloads.UpdateFeaturePayload | None:
        """updateFeature."""

        async def write(context: Context) -> Parts:
            made = await features.update_feature(
                context, reference(input.feature), name=or_absent(input.name), metadata=or_absent(input.metadata)
            )
            return {"feature": Feature.of(context, made)}

        return await carry_out(info, payloads.UpdateFeaturePayload, input, write)

    @strawberry.mutation(
        description=(
            "Archives a feature, for good. It goes on entitling through the products it is attached to, and its key "
            "can be used again."
        ),
        extensions=[Requires(Scope.CATALOG_WRITE)],
    )
    async def archive_feature(
        self,
        info: Info,
        input: Given[inputs.ArchiveFeatureInput],  # noqa: A002 - Relay's name
    ) -> payloads.ArchiveFeaturePayload | None:
        """archiveFeature."""

        async def write(context: Context) -> Parts:
            made = await features.archive_feature(context, reference(input.feature))
            return {"feature": Feature.of(context, made)}

        return await carry_out(info, payloads.ArchiveFeaturePayload, input, write)

    @strawberry.mutation(
        description="Creates a product, with features attached to it from the start.",
        extensions=[Requires(Scope.CATALOG_WRITE)],
    )
    async def create_product(
        self,
        info: Info,
        input: Given[inputs.CreateProductInput],  # noqa: A002 - Relay's name
    ) -> payloads.CreateProductPayload | None:
        """createProduct."""

        async def write(context: Context) -> Parts:
            made = await products.create_product(
                context,
                name=input.name,
                lookup_key=or_none(input.lookup_key),
                metadata=or_none(input.metadata),
                features=[reference(by) for by in or_none(input.features) or ()],
            )
            return {"product": Product.of(context, made)}

        return await carry_out(info, payloads.CreateProductPayload, input, write)

    @strawberry.mutation(
        description="Changes a product.",
        extensions=[Requires(Scope.CATALOG_WRITE)],
    )
    async def update_product(
        self,
        info: Info,
        input: Given[inputs.UpdateProductInput],  # noqa: A002 - Relay's name
    ) -> payloads.UpdateProductPayload | None:
        """updateProduct."""

        async def write(context: Context) -> Parts:
            made = await products.update_product(
                context,
                reference(input.product),
                name=or_absent(input.name),
                active=or_absent(input.active),
                metadata=or_absent(input.metadata),
            )
            return {"product": Product.of(context, made)}

        return await carry_out(info, payloads.UpdateProductPayload, input, write)

    @strawberry.mutation(
        description=(
            "Attaches a feature to a product: by default new subscriptions get it at once, and others with their next "
            "billing period."
        ),
        extensions=[Requires(Scope.CATALOG_WRITE)],
    )
    async def attach_feature(
        self,
        info: Info,
        input: Given[inputs.AttachFeatureInput],  # noqa: A002 - Relay's name
    ) -> payloads.AttachFeaturePayload | None:
        """attachFeature."""

        async def write(context: Context) -> Parts:
            made = await product_features.attach_feature(
                context, product=reference(input.product), feature=reference(input.feature), rollout=input.rollout
            )
            return {"product_feature": ProductFeature.of(context, made)}

        return await carry_out(info, payloads.AttachFeaturePayload, input, write)

    @strawberry.mutation(
        description="Detaches a feature from a product. One that is detached already stays as it is.",
        extensions=[Requires(Scope.CATALOG_WRITE)],
    )
    async def detach_feature(
        self,
        info: Info,
        input: Given[inputs.DetachFeatureInput],  # noqa: A002 - Relay's name
    ) -> payloads.DetachFeaturePayload | None:
        """detachFeature."""

        async def write(context: Context) -> Parts:
            made = await product_features.detach_feature(context, input.product_feature_id, rollout=input.rollout)
            return {"product_feature": ProductFeature.of(context, made)}

        return await carry_out(info, payloads.DetachFeaturePayload, input, write)
