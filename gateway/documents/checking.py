"""Holding documents against the schema before they are kept: what would be refused later is refused now."""

from collections.abc import Iterable
from dataclasses import replace

from graphql import GraphQLError, GraphQLSyntaxError, OperationDefinitionNode, parse

from gateway.documents.ids import HASH_PREFIX, hash_of
from gateway.documents.manifests import ManifestInvalid
from gateway.preparing.limits import NO_LIMITS
from gateway.preparing.preparation import Preparation
from schema.build import SCHEMA
from storage.records import NewDocument


def check_documents(documents: Iterable[NewDocument]) -> list[NewDocument]:
    """The documents, each with the name of its operation. Raises: ManifestInvalid, with what is wrong in any of them.

    They are made ready as those of requests are, without the limits, which the owner's own documents needn't keep.
    """
    preparation = Preparation(SCHEMA._schema, NO_LIMITS)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - the only way to it
    named: list[NewDocument] = []
    problems: list[str] = []
    for document in documents:
        named.append(replace(document, name=document.name or _operation_name(document.text)))
        errors = preparation.prepare(document.text, trusted=True).errors
        problems += [f"{_label(named[-1])}: {_sentence(error)}" for error in errors]
    if problems:
        raise ManifestInvalid(problems)
    return named


def _operation_name(text: str) -> str | None:
    try:
        definitions = parse(text, no_location=True).definitions
    except GraphQLSyntaxError:
        return None
    operations = (each for each in definitions if isinstance(each, OperationDefinitionNode))
    return next((each.name.value for each in operations if each.name), None)


def _label(document: NewDocument) -> str:
    return document.name or document.alias or f"{HASH_PREFIX}{hash_of(document.text)}"


def _sentence(error: GraphQLError) -> str:
    where = f" (line {error.locations[0].line})" if error.locations else ""
    kind = "it can't be parsed: " if isinstance(error, GraphQLSyntaxError) else ""
    return f"{kind}{error.message}{where}"
