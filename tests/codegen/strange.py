"""Keys and names as nobody should choose them, and somebody will."""

from gateway.codegen.catalogue import NamedKey

LONGEST = 80

STRANGE = sorted(
    [
        NamedKey('"', "Says \"quotes\" and 'quotes' and `quotes`"),
        NamedKey("'; process.exit(1); '", "// # a comment"),
        NamedKey("*/ throw 1 /*", "*/ throw 1 /*"),
        NamedKey("\\", "\\"),
        NamedKey("\\u0041\\n${KNOWN}{x}%s", "\\u0041\\N{BULLET}"),
        NamedKey("line\nbreak\r\n\tand tab", "line\nbreak\r\nexport const x = 1"),
        NamedKey("\u2028\u2029\u0085\x0b\x0c\x1c", "\u2028\u2029\u0085\x0b\x0c\x1c"),
        NamedKey("\u202eright\u2066to left", "\u202eright\u2066to left"),
        NamedKey("\U000e0001\x7f\x01", "\U000e0001"),
        NamedKey("é", "composed"),
        NamedKey("e\u0301", "decomposed"),
        NamedKey("機能🚀", "機能🚀"),
        NamedKey("__proto__", "constructor"),
        NamedKey("ts", "@ts-expect-error"),
        NamedKey("tag", "@deprecated"),
        NamedKey("lint", "eslint-disable"),
        NamedKey("pyright", "pyright: basic"),
        NamedKey("mypy", "type: ignore"),
        NamedKey("coding", "-*- coding: latin-1 -*-"),
        NamedKey('"""', '"""'),
        NamedKey("k" * LONGEST, "n" * LONGEST),
    ]
)
