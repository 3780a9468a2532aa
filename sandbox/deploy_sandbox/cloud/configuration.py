"""What one cloud process is told: where it keeps its state, where it answers, its accounts and its instances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy_sandbox.accounts import REGION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

EMULATOR = "1.5.33"
"""The version of ministack whose names the corrections replace; another one must be read before it is used."""


@dataclass(frozen=True)
class CloudConfig:
    """The facts of one cloud process. `accounts` are ids by name, `tools` among them.

    `powers_token` is None unless the test-only powers were asked for.
    """

    home: Path
    port: int
    accounts: Mapping[str, str]
    metadata_ports: Mapping[str, int]
    powers_token: str | None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def state(self) -> Path:
        return self.home / "state"

    def emulator_environment(self) -> dict[str, str]:
        """The emulator's settings, which it reads from the process environment when it is imported."""
        return {
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_ACCOUNT_ID": self.accounts["tools"],
            "MINISTACK_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.endpoint,
            "CLOUDTRAIL_RECORDING": "1",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "LAMBDA_EXECUTOR": "local",
            "LOG_LEVEL": "WARNING",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self.state / "services"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self.state / "s3"),
        }
