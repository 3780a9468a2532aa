"""The folder one call of the engine works in: generated copies of the user's files, so that those are never written."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from deploy_driver import remedies
from deploy_driver.errors import NotReadyError, UsageError
from deploy_driver.values import Backend
from deploy_project import project_file
from deploy_project.project_file import ProjectFile
from deploy_project.stackfile import read
from deploy_project.stacks import env_of, is_access, project_of
from deploy_project.written import as_yaml

_PATH = "/usr/local/bin:/usr/bin:/bin"

_OURS: Mapping[str, str] = {
    "PULUMI_SKIP_UPDATE_CHECK": "true",
    # The key that encrypts a stack's secrets is in its state; no file of the user's is written to keep it.
    "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true",
    # Plugins come from PULUMI_HOME only: what is found on PATH or in the network is not what was checked.
    "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    "PULUMI_SUPPRESS_NEO_LINK": "true",
}

AUTONAMING = "${project}-${stack}-${name}-${hex(7)}"
"""What the engine calls a resource of a service that its program gives no name: what its roles may touch begins with that."""


@contextmanager
def writing() -> Iterator[None]:
    """Where files of the run are written. Raises NotReadyError where that cannot be done: the disk is full, or read-only."""
    try:
        yield
    except OSError as error:
        raise NotReadyError(
            f"the run's folder cannot be written: {error}",
            remedy=remedies.MAKE_ROOM_AND_RESUME,
        ) from None


def state_url(backend: Backend, environment: Mapping[str, str]) -> str:
    """The backend as Pulumi names it: `s3://BUCKET?region=…`.

    With `AWS_ENDPOINT_URL` in the engine's environment the same endpoint serves the state, and the bucket is
    addressed by path, because an endpoint of one's own has no host name per bucket.
    """
    query = {"region": backend.region}
    endpoint = environment.get("AWS_ENDPOINT_URL", "")
    if endpoint:
        query |= {"s3ForcePathStyle": "true", "endpoint": endpoint}
    return f"s3://{backend.bucket}?{urlencode(query)}"


def secrets_provider(backend: Backend) -> str:
    """The secrets provider as Pulumi names it: `awskms://alias/NAME?region=…`. Its endpoint is the environment's."""
    return f"awskms://{backend.key_alias}?{urlencode({'region': backend.region})}"


def engine_environment(given: Mapping[str, str], *, state_url: str, home: Path) -> dict[str, str]:
    """All that an engine's process sees: what the caller lets it see, where its plugins and the state are; nothing is inherited."""
    return {"PATH": _PATH, **given, **_OURS, "PULUMI_HOME": str(home), "PULUMI_BACKEND_URL": state_url}


@dataclass(frozen=True)
class Workspace:
    """Everything that a call needs besides the program. `new`: the stack has to be made first."""

    folder: Path
    secrets_provider: str
    environment: Mapping[str, str]
    new: bool


def workspace_of(
    workdir: WorkDir, given: Mapping[str, str], *, state_url: str, secrets_provider: str, home: Path, new: bool
) -> Workspace:
    """A workspace on the real backend. `given` is what the caller lets the process see; nothing is inherited."""
    return Workspace(
        folder=workdir.path,
        secrets_provider=workdir.secrets_provider or secrets_provider,
        environment=engine_environment(given, state_url=state_url, home=home),
        new=new,
    )


@writing()
def empty_workspace_of(
    workdir: WorkDir, given: Mapping[str, str], *, home: Path, secrets_provider: str = ""
) -> Workspace:
    """A backend of its own, for a preview of a stack that does not exist: whoever may only read can preview it.

    `secrets_provider` is for whoever may use it: a key of a passphrase takes the engine half a second each time (PBKDF2).
    """
    state = workdir.path / "empty-backend"
    state.mkdir(exist_ok=True)
    passphrase = {} if secrets_provider else {"PULUMI_CONFIG_PASSPHRASE": secrets.token_hex()}
    return workspace_of(
        workdir,
        passphrase | dict(given),
        state_url=state.as_uri(),
        secrets_provider=secrets_provider or "passphrase",
        home=home,
        new=True,
    )


@dataclass(frozen=True)
class WorkDir:
    """A prepared folder. `secrets_provider` is the one that the user's stack file names, if it names any."""

    path: Path
    secrets_provider: str


def read_project(root: Path) -> ProjectFile:
    """`Pulumi.yaml` and the program that it names. Raises UsageError."""
    try:
        project = project_file.read_project(root)
    except ValueError as error:
        raise UsageError(
            "Pulumi.yaml does not hold", detail=str(error).splitlines(), remedy=remedies.CORRECT_LINES
        ) from None
    if not project.entry.is_file():
        raise UsageError(
            f"there is no program at {project.entry}",
            where=f"{root / 'Pulumi.yaml'}: main",
            remedy=remedies.NAME_PROGRAM,
        )
    return project


@writing()
def prepare(project: ProjectFile, folder: Path, stack: str, config_file: Path, facts: Mapping[str, str]) -> WorkDir:
    """Make `folder` anew and write `Pulumi.yaml` and `Pulumi.<stack>.yaml` into it: the user's own, plus the facts of this run.

    Both say what `deploy` has read in the user's files, in a form that the engine reads no other way. Raises UsageError.
    """
    stack_file = read(config_file)
    if stack_file.problems:
        raise UsageError("the stack file does not hold", detail=[str(problem) for problem in stack_file.problems])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    of_service = env_of(stack) == stack
    # The access layer reads the service layer's file, and neither its secrets nor its key: its own state is kept apart.
    settings = {key: it.data for key, it in stack_file.settings.items() if of_service or not it.secret}
    encryption = {key: it.text for key, it in stack_file.encryption.items() if of_service}
    usual = {} if is_access(stack) else {"pulumi:autonaming": {"pattern": AUTONAMING}}
    _dump(_project_file(project, stack), folder / "Pulumi.yaml")
    _dump({**encryption, "config": {**usual, **settings, **facts}}, folder / f"Pulumi.{stack}.yaml")
    named = encryption.get("secretsprovider", "")
    return WorkDir(path=folder, secrets_provider="passphrase" if encryption.get("encryptionsalt") else named)


def _project_file(project: ProjectFile, stack: str) -> dict[str, Any]:
    """Relative paths in the program are relative to its own folder, as under the plain `pulumi` CLI."""
    return {
        **project.said,
        "name": project_of(project.name, stack),
        "runtime": "python",
        "main": str(project.entry.parent.resolve()),
    }


def _dump(content: Mapping[str, Any], file: Path) -> None:
    file.write_text(as_yaml(content), encoding="utf-8")
