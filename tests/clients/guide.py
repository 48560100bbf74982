"""`graphql/README.md` as client teams follow it: section by section, what is typed and what is saved."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent
_BLOCK = re.compile(r'^```(\w+)(?: title="(\S+)")?\n(.*?)^```', re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Section:
    """A tool's section: its commands, and the files it says to save, by their path."""

    installs: list[list[str]]
    commands: list[list[str]]
    files: dict[str, str]


def read_section(title: str) -> Section:
    """The section of this title, with those below it."""
    text = (ROOT / "graphql" / "README.md").read_text(encoding="utf-8")
    [section] = [each for each in re.split(r"^## ", text, flags=re.MULTILINE) if each.startswith(f"{title}\n")]
    blocks = _BLOCK.findall(section)
    lines = [shlex.split(line) for language, _, body in blocks if language == "sh" for line in body.splitlines()]
    return Section(
        installs=[line for line in lines if "install" in line],
        commands=[line for line in lines if "install" not in line],
        files={path: body for _, path, body in blocks if path},
    )


@dataclass
class Team:
    """A code base that follows a section, in a folder of its own, with the packages of this one."""

    folder: Path
    environment: dict[str, str] = field(repr=False)

    @classmethod
    def found(cls, folder: Path, title: str, name: str, environment: dict[str, str]) -> "Team":
        """Saves what the section says to save beside a copy of `graphql/` and our own sources; runs nothing yet."""
        shutil.copytree(FOLDER / "teams" / name, folder)
        shutil.copytree(ROOT / "graphql", folder / "graphql")
        (folder / "node_modules").symlink_to(FOLDER / "node_modules")
        for path, body in read_section(title).files.items():
            assert not (folder / path).exists(), path
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(body, encoding="utf-8")
        return cls(folder, environment)

    def follow(self, title: str) -> None:
        """Runs the commands of the section in their order, but for those that install: what they name is there."""
        for command in read_section(title).commands:
            self.do(*command)

    def do(self, *command: str, **environment: str) -> str:
        """What a command that must succeed prints."""
        given = {**self.environment, **environment}
        done = subprocess.run(
            command, cwd=self.folder, env=given, capture_output=True, text=True, timeout=100, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    @contextmanager
    def begin(self, *command: str) -> Generator[subprocess.Popen[str]]:
        """A command that goes on until it is killed, here at the end."""
        with subprocess.Popen(
            command, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, text=True
        ) as going:
            yield going
            going.kill()

    def run(self, module: str, **environment: str) -> str:
        """What a compiled module prints."""
        hooks = (FOLDER / "bundler.mjs").as_uri()
        return self.do("node", "--import", hooks, f"dist/src/{module}.js", **environment)
