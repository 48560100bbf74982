"""Feature keys in TypeScript, as the compiler and a runtime take them."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.codegen.catalogue import NamedKey
from gateway.codegen.typescript import typescript
from tests.codegen.strange import STRANGE
from tests.pages import blocks

FOLDER = Path(__file__).parent
KEYS = [NamedKey("audit-log", "Audit log"), NamedKey("sso", "Single sign-on")]

GENERATED = """
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
export type GateQuery = { customer: { hasAccess: boolean | null } | null };
export type GateQueryVariables = Exact<{ externalId: string; lookupKey: string }>;
export declare const GateDocument: TypedDocumentNode<GateQuery, GateQueryVariables>;
"""
"""What GraphQL Code Generator writes for an operation."""

APOLLO = """
import { ApolloClient } from "@apollo/client";
export declare const client: ApolloClient;
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A strict project in TypeScript that has Apollo Client and urql."""
    shutil.copy(FOLDER / "tsconfig.json", tmp_path)
    (tmp_path / "node_modules").symlink_to(FOLDER / "node_modules")
    return tmp_path


def run(project: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["node", *command], cwd=project, capture_output=True, text=True, timeout=90, check=False)


def compile_(project: Path, *options: str) -> str:
    """What the compiler has to say; nothing if all is well."""
    return run(project, "node_modules/typescript/bin/tsc", "--pretty", "false", *options).stdout


def refused_lines(said: str) -> list[tuple[str, int]]:
    return [(file, int(line)) for file, line in re.findall(r"^(\S+)\((\d+),", said, re.MULTILINE)]


def test_a_mistyped_key_does_not_compile_and_a_right_one_does(project: Path) -> None:
    (project / "keys.ts").write_text(typescript(KEYS))
    shutil.copy(FOLDER / "use.ts", project)
    lines = (project / "use.ts").read_text().splitlines()

    said = compile_(project)

    refused = [number for number, line in enumerate(lines, 1) if "// refused" in line]
    assert len(refused) == 8
    assert refused_lines(said) == [("use.ts", line) for line in refused], said


def test_the_use_in_the_docs_is_refused_where_it_says_so(project: Path) -> None:
    _, use = blocks("docs/feature-keys.md", "ts")
    (project / "feature-keys.ts").write_text(typescript(KEYS))
    (project / "graphql.ts").write_text(GENERATED)
    (project / "client.ts").write_text(APOLLO)
    (project / "use.ts").write_text(use)

    said = compile_(project)

    [refused] = [number for number, line in enumerate(use.splitlines(), 1) if "// doesn't compile" in line]
    assert refused_lines(said) == [("use.ts", refused)], said


@pytest.mark.parametrize("keys", [STRANGE, []], ids=["strange", "none"])
def test_any_catalogue_gives_a_module_that_holds_exactly_its_keys(project: Path, keys: list[NamedKey]) -> None:
    (project / "keys.mts").write_text(typescript(keys), encoding="utf-8")
    (project / "show.mjs").write_text(
        'import { FEATURE_KEYS, isFeatureKey } from "./keys.mjs";\n'
        'const known = [...FEATURE_KEYS, "constructor", "nope", ""].filter(isFeatureKey);\n'
        "console.log(JSON.stringify([FEATURE_KEYS, known]));\n"
    )

    said = compile_(project, "--project", ".", "--noEmit", "false")
    shown = run(project, "show.mjs")

    assert said == ""
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout) == [[key.lookup_key for key in keys]] * 2
