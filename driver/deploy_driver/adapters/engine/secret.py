"""Encrypts one setting with a stack's secrets provider: the engine does it, in a folder of its own that no run sees."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from pulumi.automation import CommandResult
from ruamel.yaml import YAML

from deploy_driver.adapters.engine.call import not_ready_of
from deploy_driver.adapters.engine.process import EngineFailedError
from deploy_driver.adapters.engine.workdir import engine_environment
from deploy_driver.adapters.stack_file import Encrypted

_STACK = "dev"
"""The stack's name in that folder: what is encrypted does not depend on it."""


def encrypted(
    engine: Path, home: Path, surroundings: Mapping[str, str], key: str, value: str, *, provider: str, data_key: str
) -> Encrypted:
    """The value as the engine writes it into a stack file under `key`.

    `data_key` is the encrypted key that the stack file has already; where it is empty, one is made. Raises NotReadyError.
    """
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "state").mkdir()
        (folder / "Pulumi.yaml").write_text("name: deploy\nruntime: python\n", "utf-8")
        file = folder / f"Pulumi.{_STACK}.yaml"
        kept = {"secretsprovider": provider, **({"encryptedkey": data_key} if data_key else {})}
        file.write_text(json.dumps(kept), "utf-8")  # JSON is YAML
        environment = engine_environment(surroundings, state_url=(folder / "state").as_uri(), home=home)
        try:
            _run(engine, ["stack", "init", _STACK, "--secrets-provider", provider], folder, environment)
            # The engine takes one line end off what it reads.
            _run(engine, ["config", "set", "--secret", "--stack", _STACK, key], folder, environment, f"{value}\n")
        except EngineFailedError as error:
            raise not_ready_of(error, f"{key} cannot be encrypted with {provider}") from None
        written = YAML(typ="safe").load(file)
        secret = written["config"][key]["secure"]
    return Encrypted(secret, written["secretsprovider"], written["encryptedkey"])


def _run(engine: Path, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], said: str = "") -> None:
    done = subprocess.run(
        [engine, "--non-interactive", *arguments],
        cwd=folder,
        env=environment,
        input=said,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise EngineFailedError(CommandResult(stdout=done.stdout, stderr=done.stderr, code=done.returncode))
