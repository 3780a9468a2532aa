"""The tags that TagResource and UntagResource set are the tags that an HTTP API and its stages show.

AWS has one set of tags for each of them: GetApi and GetStage answer what TagResource wrote
(https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/tags-resource-arn.html). The emulator kept a second set for
the tagging operations, so that a changed tag was never seen.

The Resource Groups Tagging API lists HTTP APIs and their stages too (its guide, "Services that support the Resource Groups Tagging API");
the emulator left them out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploy_sandbox.cloud import emulator
from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deploy_sandbox.cloud.emulator import Answer


def install() -> None:
    """Write every change of the tags through to what carries them."""
    replace("services.apigateway", "_tag_resource", _shown)
    replace("services.apigateway", "_untag_resource", _shown)
    replace("services.tagging", "_COLLECTORS", _with_apis)


def _with_apis(collectors: dict[str, Callable[[], Any]]) -> dict[str, Callable[[], Any]]:
    def collect() -> Iterator[tuple[str, list[dict[str, str]]]]:
        for arn, tags in emulator.all_api_tags():
            yield arn, [{"Key": key, "Value": value} for key, value in tags.items()]

    return {**collectors, "apigateway": collect}


def _shown(original: Callable[[str, Any], Answer]) -> Callable[[str, Any], Answer]:
    def changing_tags(resource_arn: str, wanted: Any) -> Answer:
        answer = original(resource_arn, wanted)
        carrier = emulator.carrier_of_tags(resource_arn)
        if carrier is not None:
            carrier["tags"] = emulator.tags_of(resource_arn)
        return answer

    return changing_tags
