"""The tree of a YAML file: values that still know their lines, and keys that still stand there twice."""

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from gateway.catalog.file import CatalogInvalid, Position, Problem

_TAG = "tag:yaml.org,2002:"


class Tree:
    """A node of the file: a scalar, a list or a mapping. Opened on demand, so aliases cost nothing and may go round."""

    def __init__(self, node: Any) -> None:  # noqa: ANN401 - ruamel's nodes have no types
        self._node = node
        self.kind = str(node.tag).removeprefix(_TAG)
        """YAML's name for it: map, seq, str, bool, int, null, ..."""
        self.line: int = node.start_mark.line + 1
        """Where it begins, from 1."""

    @property
    def text(self) -> str:
        """A scalar, as it is written."""
        return self._node.value

    @property
    def items(self) -> list["Tree"]:
        """A list's values."""
        return [Tree(item) for item in self._node.value]

    @property
    def pairs(self) -> list[tuple["Tree", "Tree"]]:
        """A mapping's keys and values, in order."""
        return [(Tree(key), Tree(value)) for key, value in self._node.value]


def grow_tree(path: str, text: str) -> Tree | None:
    """The tree of a text; None if there is nothing in it. Raises: CatalogInvalid for what isn't YAML."""
    loader: Any = YAML()
    try:
        root = loader.compose(text)
    except MarkedYAMLError as error:
        cause: Any = error
        line = cause.problem_mark.line + 1 if cause.problem_mark else 1
        raise CatalogInvalid(path, [Problem(Position(line, ""), f"This is not YAML: {cause.problem}.")]) from None
    except YAMLError:
        message = "This is not YAML: it holds a character that a text can't have."
        raise CatalogInvalid(path, [Problem(Position(1, ""), message)]) from None
    return None if root is None else Tree(root)
