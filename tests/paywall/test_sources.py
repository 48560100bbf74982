"""What the compiler holds the page's sources to, and that nothing in them is stale."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.pages import blocks
from tests.paywall.conftest import Demonstration
from tests.paywall.house import COMMAND, EXAMPLE, ROOT

GATES = f"""
import {{ Gate }} from "./entitlements/Gate";
import {{ useEntitlement }} from "./entitlements/useEntitlement";
import {{ SingleSignOn }} from "./product/SingleSignOn";

export const wrong = <Gate feature="ssso">{{null}}</Gate>;
export const useWrong = () => useEntitlement("ssso");
export const shown = ({"".join(blocks("examples/react-paywall/README.md", "tsx"))});
"""
"""Two that are wrong, and the one of README.md."""


def test_a_gate_for_a_feature_that_is_not_in_the_catalogue_does_not_compile(built: Path, tmp_path: Path) -> None:
    """All else does: `built` fails where it doesn't."""
    project = tmp_path / "example"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("node_modules", built.name))
    (project / "node_modules").symlink_to(EXAMPLE / "node_modules")
    (project / "src" / "gates.tsx").write_text(GATES)

    command = ["node", "node_modules/typescript/bin/tsc", "--noEmit", "--pretty", "false"]
    said = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=90, check=False).stdout

    refused = [line for line in said.splitlines() if not line.startswith(" ")]
    assert [line.split(",")[0] for line in refused] == ["src/gates.tsx(6", "src/gates.tsx(7"], said
    assert all('"ssso"' in line for line in refused)


def test_the_features_keys_are_those_of_the_demonstration(demonstration: Demonstration) -> None:
    keys = str(EXAMPLE / "src" / "feature-keys.ts")
    options = ["--language", "typescript", "--output", keys, "--environment", "demo", "--check"]
    given = {**os.environ, "PYTHONPATH": str(ROOT), "DATABASE_URL": f"sqlite:///{demonstration.database}"}

    command = [*COMMAND, "codegen", "keys", *options]
    done = subprocess.run(command, env=given, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
