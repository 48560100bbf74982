"""Texts of people in source code: as a literal that says the same, and as a comment that ends where it should."""

import unicodedata

_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"}
"""Controls, formats (which reorder what a reviewer sees), unpaired surrogates, and spaces that aren't a space."""


def literal(text: str, *, wide: str) -> str:
    """A text in double quotes, all on one line and with nothing in it that can't be seen.

    `wide`: how the language writes a character beyond U+FFFF, as a format of its number.
    """
    return f'"{"".join(_escaped(character, wide) for character in text)}"'


def one_line(text: str) -> str:
    """A text for a comment: what can't be seen is a space, and of several one is left."""
    return " ".join("".join(" " if _is_unseen(each) else each for each in text).split())


def _escaped(character: str, wide: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if not _is_unseen(character):
        return character
    return f"\\u{ord(character):04x}" if ord(character) <= 0xFFFF else wide.format(ord(character))


def _is_unseen(character: str) -> bool:
    return character != " " and unicodedata.category(character) in _UNSEEN
