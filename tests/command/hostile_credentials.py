"""Run by a test in a process of its own: makes hostile surroundings by chance, and asks for a client in each.

python -m tests.command.hostile_credentials FOLDER FIRST COUNT   prints each seed that ends with neither a client nor a NotReadyError
"""

from __future__ import annotations

import os
import random
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path

from deploy_driver.adapters.aws import AwsSession
from deploy_driver.errors import NotReadyError

STRINGS = (
    "",
    " ",
    "ci",
    "nosuch",
    "\n",
    "é✅",
    "a" * 5000,
    "%s %(x)s ${HOME}",
    "[",
    "../../etc/passwd",
    "/dev/null",
    "/",
    "true",
    "-1",
)
COMMANDS = (
    "false",
    "true",
    "echo {}",
    "echo []",
    "echo null",
    "echo hello",
    "/no/such/program",
    "'",
    '"',
    'echo {\\"Version\\":1}',
    "",
)
NAMES = (
    *(
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
        "AWS_ROLE_ARN",
        "AWS_ROLE_SESSION_NAME",
    ),
    *(
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_CA_BUNDLE",
    ),
)
KEYS = (
    "credential_process",
    "role_arn",
    "source_profile",
    "credential_source",
    "aws_access_key_id",
    "region",
    "sso_session",
    "duration_seconds",
)


def config(chance: random.Random) -> str:
    """A config file: sections and keys that SDKs know, and lines that nobody does."""
    lines = []
    for _ in range(chance.randrange(8)):
        kind = chance.randrange(4)
        if kind == 0:
            lines.append(f"[{chance.choice(('profile ci', 'default', 'ci', 'profile', '', 'sso-session x'))}]")
        elif kind == 1:
            lines.append(f"credential_process = {chance.choice(COMMANDS)}")
        elif kind == 2:
            lines.append(f"{chance.choice(KEYS[1:])} = {chance.choice(STRINGS)}")
        else:
            lines.append(chance.choice(STRINGS))
    return "\n".join(lines)


def surroundings(chance: random.Random, folder: Path) -> Mapping[str, str]:
    """An environment that asks nobody who is not on this machine."""
    file = folder / "config"
    file.write_bytes(chance.choice((config(chance).encode(), chance.randbytes(40), b"")))
    asked = {name: chance.choice((*STRINGS[1:], str(file))) for name in chance.sample(NAMES, chance.randrange(5))}
    where = chance.choice((str(file), str(folder), "/no/such/file"))
    fixed = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "AWS_CONFIG_FILE": where}
    nobody = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    return {**asked, **fixed, **nobody}


def main() -> int:
    """Whether all ended as they should."""
    folder, first, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    bad = 0
    for seed in range(first, first + count):
        os.environ.clear()
        os.environ.update(surroundings(random.Random(seed), folder))
        try:
            AwsSession("eu-central-1").client("sts")
        except NotReadyError:
            continue
        except Exception:  # noqa: BLE001 -- that is what is looked for
            bad += 1
            sys.stdout.write(f"seed {seed}: {traceback.format_exc(limit=-3)}\n")
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main())
