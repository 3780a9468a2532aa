"""An HTTP API has one route of each key.

AWS answers a second CreateRoute with the same key `Route with key … already exists for this API` (ConflictException, 409; as seen in
anomalyco/sst#5031). The emulator made a second route, and so hid what a repeated call does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploy_sandbox.cloud import emulator
from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy_sandbox.cloud.emulator import Answer

_DEFAULT = "$default"


def install() -> None:
    """Refuse a route whose key the API has."""
    replace("services.apigateway", "_create_route", _once)


def _once(original: Callable[[str, Any], Answer]) -> Callable[[str, Any], Answer]:
    def create_route(api_id: str, wanted: Any) -> Answer:
        key = wanted.get("routeKey", _DEFAULT)
        if key not in emulator.route_keys(api_id):
            return original(api_id, wanted)
        said = f"Route with key {key} already exists for this API"
        refused: Answer = emulator.http_api_error("ConflictException", said, 409)
        return refused

    return create_route
