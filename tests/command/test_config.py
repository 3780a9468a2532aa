"""`deploy config set`: what may be set, from where the value comes, and what is refused without touching the file."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from tests.samples import DEPLOY_TOML, project

DEPLOY = Path(sys.executable).with_name("deploy")

PROGRAM = """
from pathlib import Path

def problems(root, stacks):
    place = {"file": "Pulumi.dev.yaml", "line": 2, "column": 1, "key": "items:memory", "what": "got 1, expected more"}
    return [place] if "items:memory: 1\\n" in (Path(root) / "Pulumi.dev.yaml").read_text() else []
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project whose program refuses one value."""
    module = f"program_{uuid.uuid4().hex}"
    asked = f'\n[program]\nsettings-check = "{module}:problems"\n'
    return project(tmp_path, {"deploy.toml": DEPLOY_TOML + asked, f"{module}.py": PROGRAM})


def config_set(root: Path, *args: str, said: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DEPLOY_", "AWS_"))}
    done = subprocess.run(
        [DEPLOY, "config", "set", *args], cwd=root, env=kept, input=said, capture_output=True, timeout=60, check=False
    )
    assert b"Traceback" not in done.stderr
    return done


def added(root: Path, before: str) -> list[str]:
    lines = (root / "Pulumi.dev.yaml").read_text("utf-8").splitlines()
    assert [line for line in before.splitlines() if line not in lines] == []
    return [line for line in lines if line not in before.splitlines()]


@pytest.mark.parametrize(
    ("args", "said", "line"),
    [
        (("size", "256"), b"", "  items:size: 256"),
        (("items:size", "256"), b"", "  items:size: 256"),
        (("other:size", "256"), b"", "  other:size: 256"),
        (("note",), b"a: b\n", '  items:note: "a: b"'),
        (("note", "-"), b"piped\r\n", "  items:note: piped"),
        (("memory", "2"), b"", "  items:memory: 2"),
    ],
)
def test_a_setting_is_written_into_the_file_of_the_stack(
    root: Path, args: tuple[str, ...], said: bytes, line: str
) -> None:
    before = (root / "Pulumi.dev.yaml").read_text("utf-8")
    done = config_set(root, *args, "--stack", "dev", said=said)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode() == f"Pulumi.dev.yaml: {line.split(': ', maxsplit=1)[0].strip()} is set\n"
    assert added(root, before) == [line]


@pytest.mark.parametrize(
    ("args", "said", "what", "remedy"),
    [
        (("size", "1", "--stack", "dve"), b"", "did you mean dev?", "deploy list"),
        (("a b", "1", "--stack", "dev"), b"", "got the key 'a b'", "expected a name such as memory"),
        (("a:b:c", "1", "--stack", "dev"), b"", "got the key 'a:b:c'", "items:memory"),
        (("size", "--stack", "dev"), b"\xff", "not text in UTF-8", "base64"),
        (("memory", "1", "--stack", "dev"), b"", "got 1, expected more", "is as it was"),
        (("deploy:region", "mars", "--stack", "dev"), b"", "got mars, expected a region", "is as it was"),
        (("token", "s3cret", "--secret", "--stack", "dev"), b"", "not taken from the command line", "pipe it"),
        (("token", "--secret", "--stack", "dev-access"), b"s3cret", "takes no secrets", "--stack dev"),
    ],
)
def test_what_is_refused_leaves_the_file_as_it_was(
    root: Path, args: tuple[str, ...], said: bytes, what: str, remedy: str
) -> None:
    before = (root / "Pulumi.dev.yaml").read_bytes()
    done = config_set(root, *args, said=said)
    assert (done.returncode, done.stdout) == (2, b"")
    assert what in done.stderr.decode()
    assert remedy in done.stderr.decode()
    assert b"s3cret" not in done.stderr
    assert (root / "Pulumi.dev.yaml").read_bytes() == before


def test_a_file_under_a_passphrase_is_refused_and_taken_without_it(root: Path) -> None:
    file = root / "Pulumi.dev.yaml"
    own = file.read_text("utf-8")
    file.write_text(f"encryptionsalt: v1:x\n{own}", "utf-8")
    done = config_set(root, "size", "2", "--stack", "dev")
    assert done.returncode == 2
    assert b"Pulumi.dev.yaml:1:1: encryptionsalt: a passphrase encrypts the secrets" in done.stderr
    file.write_text(own, "utf-8")
    assert config_set(root, "size", "2", "--stack", "dev").returncode == 0


def test_a_secret_needs_the_cloud_whose_key_encrypts_it(root: Path) -> None:
    done = config_set(root, "token", "--secret", "--stack", "dev", said=b"s3cret")
    assert done.returncode == 3
    assert b"s3cret" not in done.stderr
