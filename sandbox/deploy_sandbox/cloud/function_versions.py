"""A published version has its own ARN, `…:function:NAME:1`, whichever call published it.

Lambda API, ListVersionsByFunction and GetFunctionConfiguration: a version's `FunctionArn` is qualified. The emulator did so for
PublishVersion, and left the version that CreateFunction or UpdateFunctionCode publishes with the ARN of the function.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Callable


def install() -> None:
    """Qualify the ARN where the emulator hands every version that is published, just after it was kept."""
    replace("services.lambda_svc", "_stamp_snapstart_published_version", _qualifying)


def _qualifying(original: Callable[[dict[str, Any]], bool]) -> Callable[[dict[str, Any]], bool]:
    def stamp(version: dict[str, Any]) -> bool:
        if not version["FunctionArn"].endswith(f":{version['Version']}"):
            version["FunctionArn"] = f"{version['FunctionArn']}:{version['Version']}"
        return original(version)

    return stamp
