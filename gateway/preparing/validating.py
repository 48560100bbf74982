"""The rules that documents are held to, and the errors for those that break them, in words for clients."""

import re
from collections.abc import Collection

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    specified_rules,
    validate,
)
from graphql.validation import (
    ASTValidationRule,
    MaxIntrospectionDepthRule,
    OverlappingFieldsCanBeMergedRule,
    ValidationContext,
)
from graphql.validation.validate import ValidationAbortedError
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from gateway.preparing.limits import Bounds, Limits
from schema.error_codes import ErrorCode
from schema.wording import plain_words

MAX_ERRORS = 5
MAX_MESSAGE = 400
MAX_LOCATIONS = 4
"""Errors, characters and places in an answer: it stays under 10 kB whatever names the document makes up."""

OVERLAP_BUDGET = 10_000
"""Comparisons of fields that may stand for one another, at about a microsecond each; the library's own is 500,000."""

_TOO_LONG = re.compile(r"Syntax Error: Document contains more than [0-9]+ (tokens|comments)\. Parsing aborted\.")


class _LeashedOverlap(OverlappingFieldsCanBeMergedRule):
    """The one rule whose work grows faster than a document."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = OVERLAP_BUDGET


RULES: tuple[type[ASTValidationRule], ...] = (
    # But the library's own rule on introspection: it says nothing that the limits don't, and can't be turned off.
    *(each for each in specified_rules if each is not MaxIntrospectionDepthRule),
    # Of inputs that want exactly one field: Strawberry makes them, so graphql-core doesn't know them for such.
    OneOfInputValidationRule,
)
"""For documents of any shape."""

LEASHED_RULES = tuple(_LeashedOverlap if each is OverlappingFieldsCanBeMergedRule else each for each in RULES)
"""For documents that anybody may send."""


def find_mistakes(
    schema: GraphQLSchema, document: DocumentNode, rules: Collection[type[ASTValidationRule]]
) -> list[GraphQLError]:
    """What is wrong with a document by these rules, MAX_ERRORS at the most."""
    # One less than there may be: the library adds one to say that it stopped.
    errors = validate(schema, document, rules, max_errors=MAX_ERRORS - 1)
    if errors and isinstance(errors[-1], ValidationAbortedError) and len(errors) < MAX_ERRORS:
        errors[-1] = GraphQLError(
            "The document takes too much work to check: too many of its fields and fragments overlap.",
            extensions={"code": ErrorCode.DOCUMENT_TOO_LARGE},
        )
    return errors


def explain_syntax(error: GraphQLError, limits: Limits) -> GraphQLError:
    """The error for a text that couldn't be parsed, which may be for its length."""
    if match := _TOO_LONG.fullmatch(error.message):
        what = match[1]
        limit = limits.max_tokens if what == "tokens" else Bounds.of(limits.max_tokens).comments
        sentence = f"The document has more than {limit:,} {what}. Split it, or use variables."
        return GraphQLError(sentence, extensions={"code": ErrorCode.DOCUMENT_TOO_LARGE, what: {"limit": limit}})
    return error


def brief(error: GraphQLError) -> GraphQLError:
    """An error of bounded length that doesn't hold on to the document it was found in."""
    message = shortened(plain_words(error.message))
    if isinstance(error, GraphQLSyntaxError):
        error.message = message
        return error.with_traceback(None)
    positions = list(error.positions or ())[:MAX_LOCATIONS]
    return GraphQLError(message, source=error.source, positions=positions, extensions=error.extensions)


def shortened(message: str) -> str:
    """A message of bounded length."""
    return message if len(message) <= MAX_MESSAGE else f"{message[: MAX_MESSAGE - 1]}…"
