"""The errors for documents that ask for too much: one of each kind, for the first place that does."""

from typing import TYPE_CHECKING

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
)

from gateway.preparing.limits import MAX_INTROSPECTION_LIST_DEPTH, Limits, bounded, exceeded
from gateway.preparing.sizes import FieldShape, literal_size
from schema.error_codes import ErrorCode

if TYPE_CHECKING:
    from gateway.preparing.measuring import Measure

Definition = OperationDefinitionNode | FragmentDefinitionNode


class Excesses:
    """What was found over the limits so far."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._found: dict[str, GraphQLError] = {}

    @property
    def errors(self) -> list[GraphQLError]:
        """One for each kind, as found."""
        return list(self._found.values())

    def judge(self, definition: Definition, measure: "Measure") -> None:
        """Whether an operation or a fragment goes too deep."""
        limits, name = self._limits, _name(definition)
        self._judge(
            (ErrorCode.DEPTH_LIMIT_EXCEEDED, "depth", measure.depth, limits.max_depth),
            f"{name} nests fields {{requested}} deep; at most {{limit}} are taken. Ask for what lies deeper by its id.",
            definition,
        )
        self._judge(
            (ErrorCode.LIST_DEPTH_LIMIT_EXCEEDED, "listDepth", measure.list_depth, limits.max_list_depth),
            f"{name} nests lists {{requested}} deep; at most {{limit}} are taken. Ask for the inner ones by `nodes`.",
            definition,
        )
        if not limits.max_introspection_depth:
            return
        self._judge(
            (
                ErrorCode.INTROSPECTION_LIMIT_EXCEEDED,
                "depth",
                measure.introspection_depth,
                limits.max_introspection_depth,
            ),
            f"{name} nests fields of the introspection {{requested}} deep; at most {{limit}} are taken.",
            definition,
        )
        self._judge(
            (
                ErrorCode.INTROSPECTION_LIMIT_EXCEEDED,
                "listDepth",
                measure.introspection_list_depth,
                MAX_INTROSPECTION_LIST_DEPTH,
            ),
            f"{name} nests lists of the introspection {{requested}} deep; at most {{limit}} are taken. "
            "Ask for types by their names.",
            definition,
        )

    def judge_width(self, selection_set: SelectionSetNode, widest: tuple[str, int]) -> None:
        """Whether a field stands too often in a selection; `widest` is the one that stands there most often."""
        name, count = widest
        self._judge(
            (ErrorCode.ALIAS_LIMIT_EXCEEDED, "aliases", count, self._limits.max_aliases),
            f"The field `{name[:80]}` stands {{requested}} times in one selection, under aliases or again; "
            "at most {limit} are taken. Ask for several at once by a field that takes a list.",
            selection_set,
        )

    def refuse_alias(self, node: FieldNode) -> None:
        """A field of the introspection under another name: so it could be asked for any number of times.

        Without aliases each list of it is gone through once, however often it stands there.
        """
        sentence = f"The introspection takes no aliases: ask for `{node.name.value[:80]}` by its own name."
        extensions = {"code": ErrorCode.INTROSPECTION_LIMIT_EXCEEDED}
        self._found.setdefault("INTROSPECTION_ALIAS", GraphQLError(sentence, node, extensions=extensions))

    def judge_pages(self, shape: FieldShape, node: FieldNode) -> None:
        """Whether a page is asked for, in the document itself, that is too large or none."""
        for argument in node.arguments or ():
            if argument.name.value in shape.page_arguments:
                size = literal_size(argument.value)
                error = refuse_page(argument.name.value, size, self._limits, argument)
                if error is not None:
                    self._found.setdefault(ErrorCode.BAD_USER_INPUT, error)

    def _judge(self, case: tuple[ErrorCode, str, int, int], sentence: str, node: Node) -> None:
        code, measure, requested, limit = case
        if limit and requested > limit and code not in self._found:
            text = sentence.format(requested=f"{bounded(requested):,}", limit=f"{limit:,}")
            self._found[code] = exceeded(code, measure, requested, limit, text, node)


def refuse_page(argument: str, size: int | None, limits: Limits, node: Node | None) -> GraphQLError | None:
    """The error for a page size that isn't one: the same that the connection itself would answer."""
    if size is None or not limits.max_page_size or 1 <= size <= limits.max_page_size:
        return None
    sentence = f"`{argument}` must be from 1 to {limits.max_page_size}; it is {bounded(size)}."
    figures = {"requested": bounded(size), "limit": limits.max_page_size}
    extensions = {"code": ErrorCode.BAD_USER_INPUT, "argument": argument, "pageSize": figures}
    return GraphQLError(sentence, node, extensions=extensions)


def _name(definition: Definition) -> str:
    kind = "fragment" if isinstance(definition, FragmentDefinitionNode) else definition.operation.value
    return f"The {kind} `{definition.name.value[:80]}`" if definition.name else f"The {kind}"
