"""A project of a user: a copy of the repository's settings and program, a sandbox of its own, and the command `deploy`."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from deploy_sandbox.accounts import ACCOUNTS, Sandbox
from tests.root_keys import root_environment

ROOT = Path(__file__).resolve().parents[2]
SANDBOX = Path(".deploy") / "sandbox"
DEPLOY = Path(sys.executable).parent / "deploy"
LIMIT = 240
OWN_PROGRAM = """
[program]
access = "infra.program.access:build"
settings-check = "infra.program.settings:problems"
documents = "infra.program.documents:documents"
needs = "infra.program.needs:needs"
deletions = "infra.program.needs:deletions"
inventory = "infra.program.inventory:inventory"
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def flat(self) -> str:
        """What stdout says, without its line breaks: a cell of a table goes on in the next line."""
        return " ".join(self.out.split())

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def gist(self) -> str:
        """Why it did not end well: the causes that its JSON names, or the last lines of its progress."""
        with suppress(ValueError, KeyError, TypeError):
            return "; ".join(
                f"{one['stack']}: {one['reason']}: {one['cause']}" for one in self.json["stacks"] if one["cause"]
            )
        return "\n".join([line for line in self.err.splitlines() if " ok: " not in line][-8:])

    def __str__(self) -> str:
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


def copy_sandbox(source: Path, root: Path) -> None:
    """Give a project what the sandbox of another one holds. Its ports are its own: while one is down, no other takes them."""
    ignored = shutil.ignore_patterns("sandbox.json", "alive.lock", "ports.json")
    shutil.copytree(source / SANDBOX, root / SANDBOX, ignore=ignored)


def copy_project(folder: Path) -> Path:
    """The files a user would have in a repository: settings, the program, the function's code. The rest is installed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("deploy.toml", "Pulumi.yaml", *(f"Pulumi.{env}.yaml" for env in ACCOUNTS)):
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "infra", folder / "infra", ignore=shutil.ignore_patterns("__pycache__", "deploy_infra"))
    return folder


def own_program(root: Path) -> Path:
    """Give the project a program all of its own, as a user has who writes one; the folder of its modules."""
    own = root / "infra" / "program"
    shutil.copytree(ROOT / "infra" / "deploy_infra", own, ignore=shutil.ignore_patterns("__pycache__"))
    for file in (*own.rglob("*.py"), root / "infra" / "__main__.py"):
        file.write_text(file.read_text("utf-8").replace("deploy_infra", "infra.program"), "utf-8")
    with (root / "deploy.toml").open("a", encoding="utf-8") as toml:
        toml.write(OWN_PROGRAM)
    return own


@dataclass(frozen=True)
class Project:
    """A user's folder and the accounts that it deploys to; `environment` says which AWS plugin deploys there, `command` which `deploy`."""

    root: Path
    sandbox: Sandbox
    environment: Mapping[str, str] = field(default_factory=dict)
    command: Path = DEPLOY

    def deploy(self, *arguments: str, env: Mapping[str, str] | None = None, limit: float = LIMIT) -> Ended:
        """Run the command to its end, as Jenkins would: no terminal."""
        done = subprocess.run(
            [str(self.command), *arguments],
            cwd=self.root,
            env=self._environment(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def interrupted(self, when: str, number: signal.Signals, *arguments: str) -> Ended:
        """Run the command, send it a signal when a line of its progress matches `when`, and see how it ends."""
        child = subprocess.Popen(
            [str(self.command), *arguments],
            cwd=self.root,
            env=self._environment(None),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert child.stderr
        seen = ""
        end = time.monotonic() + LIMIT
        for line in child.stderr:
            seen += line
            assert time.monotonic() < end, seen
            if re.search(when, line):
                break
        child.send_signal(number)
        out, err = child.communicate(timeout=LIMIT)
        return Ended(child.returncode, out, seen + err)

    def setting(self, env: str, key: str, value: str) -> None:
        """Change one line of a stack file."""
        path = self.root / f"Pulumi.{env}.yaml"
        text = path.read_text("utf-8")
        changed = re.sub(rf"^(\s*{re.escape(key)}:).*$", rf"\1 {value}", text, flags=re.MULTILINE)
        assert changed != text, f"{key} is not in {path.name}"
        path.write_text(changed, "utf-8")

    def client(self, account: str, service: str) -> Any:
        """An outsider's eyes: the root of an account."""
        keys = root_environment(self.sandbox, account)
        new_client: Any = boto3.client
        return new_client(
            service,
            region_name=self.sandbox.region,
            endpoint_url=self.sandbox.endpoint,
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 2}),
        )

    def power(self, method: str, path: str, body: Mapping[str, Any]) -> None:
        """Use one of the sandbox's test-only powers."""
        import urllib.request

        token = (self.sandbox.home / "powers-token").read_text("utf-8").strip()
        request = urllib.request.Request(
            f"{self.sandbox.endpoint}/_sandbox/{path}",
            data=json.dumps(body).encode(),
            method=method,
            headers={"x-sandbox-powers": token, "content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status < 300

    def functions(self, account: str) -> list[str]:
        """The names of the account's Lambda functions."""
        return [entry["FunctionName"] for entry in self.client(account, "lambda").list_functions()["Functions"]]

    def buckets(self, account: str) -> list[str]:
        """The names of the account's buckets."""
        return [entry["Name"] for entry in self.client(account, "s3").list_buckets()["Buckets"]]

    def roles(self, account: str) -> list[str]:
        """The names of the account's roles."""
        return [entry["RoleName"] for entry in self.client(account, "iam").list_roles()["Roles"]]

    def apis(self, account: str) -> list[str]:
        """The names of the account's HTTP APIs."""
        return [entry["Name"] for entry in self.client(account, "apigatewayv2").get_apis()["Items"]]

    def events(self, account: str) -> list[Mapping[str, Any]]:
        """Every CloudTrail record of the account, newest first."""
        pages = self.client(account, "cloudtrail").get_paginator("lookup_events").paginate()
        return [json.loads(event["CloudTrailEvent"]) for page in pages for event in page["Events"]]

    def _environment(self, more: Mapping[str, str] | None) -> dict[str, str]:
        kept = {
            name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR", "DEPLOY_CACHE") if name in os.environ
        }
        return {**kept, **self.environment, **(more or {})}
