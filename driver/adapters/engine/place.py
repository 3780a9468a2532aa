"""Where one call happens: its folder, its backend, its secrets provider, and all that its process may see."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from driver.adapters.engine.workdir import WorkDir

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


@dataclass(frozen=True)
class Place:
    """Everything that a call needs besides the program. `new`: the stack has to be made first."""

    folder: Path
    secrets_provider: str
    environment: Mapping[str, str]
    new: bool


def place_of(
    workdir: WorkDir, given: Mapping[str, str], *, state_url: str, secrets_provider: str, home: Path, new: bool
) -> Place:
    """A place on the real backend. `given` is what the caller lets the process see; nothing is inherited."""
    environment = {"PATH": _PATH, **given, **_OURS, "PULUMI_HOME": str(home), "PULUMI_BACKEND_URL": state_url}
    return Place(
        folder=workdir.path,
        secrets_provider=workdir.secrets_provider or secrets_provider,
        environment=environment,
        new=new,
    )


def empty_place_of(workdir: WorkDir, given: Mapping[str, str], *, home: Path) -> Place:
    """A backend of its own, for a preview of a stack that does not exist: whoever may only read can preview it."""
    state = workdir.path / "empty-backend"
    state.mkdir(exist_ok=True)
    passphrase = {"PULUMI_CONFIG_PASSPHRASE": secrets.token_hex()}
    return place_of(
        workdir,
        passphrase | dict(given),
        state_url=state.as_uri(),
        secrets_provider="passphrase",
        home=home,
        new=True,
    )
