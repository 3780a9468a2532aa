"""What the tagging operations of API Gateway write is what the API and its stage show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.cloud.outsider import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.sandbox

BORN = {"deploy:stack": "dev", "old": "1"}


@pytest.fixture
def apis(as_root: Callable[[str, str], Any]) -> Any:
    return as_root("dev", "apigatewayv2")


@pytest.fixture
def api(apis: Any, unique: str) -> str:
    made = apis.create_api(Name=unique, ProtocolType="HTTP", Tags=BORN)
    apis.create_stage(ApiId=made["ApiId"], StageName="$default", Tags=BORN)
    return str(made["ApiId"])


def shown(apis: Any, api: str) -> dict[str, dict[str, str]]:
    """The tags of the API and of its stage, each as every operation tells them."""
    listed = next(one for one in apis.get_apis()["Items"] if one["ApiId"] == api)
    told = {
        "": [apis.get_api(ApiId=api), listed],
        "/stages/$default": [apis.get_stage(ApiId=api, StageName="$default"), *apis.get_stages(ApiId=api)["Items"]],
    }
    for path, answers in told.items():
        assert all(answer["Tags"] == apis.get_tags(ResourceArn=arn(api, path))["Tags"] for answer in answers)
    return {path: answers[0]["Tags"] for path, answers in told.items()}


def arn(api: str, path: str = "") -> str:
    return f"arn:aws:apigateway:eu-central-1::/apis/{api}{path}"


@pytest.mark.parametrize(("path", "other"), [("", "/stages/$default"), ("/stages/$default", "")])
def test_a_changed_tag_is_shown_where_it_was_changed_and_nowhere_else(
    apis: Any, api: str, path: str, other: str
) -> None:
    apis.tag_resource(ResourceArn=arn(api, path), Tags={"old": "2", "new": "3"})
    assert shown(apis, api) == {path: {"deploy:stack": "dev", "old": "2", "new": "3"}, other: BORN}
    apis.untag_resource(ResourceArn=arn(api, path), TagKeys=["old", "absent"])
    assert shown(apis, api) == {path: {"deploy:stack": "dev", "new": "3"}, other: BORN}


def test_a_stage_born_without_tags_takes_some(apis: Any, api: str) -> None:
    apis.create_stage(ApiId=api, StageName="plain")
    apis.tag_resource(ResourceArn=arn(api, "/stages/plain"), Tags={"a": "1"})
    assert apis.get_stage(ApiId=api, StageName="plain")["Tags"] == {"a": "1"}


@pytest.mark.parametrize("path", ["/stages/absent", "/routes/r"])
def test_what_is_not_there_or_carries_no_tags_is_not_tagged(apis: Any, api: str, path: str) -> None:
    assert refusal(lambda: apis.tag_resource(ResourceArn=arn(api, path), Tags={"a": "1"}))[0] in {
        "NotFoundException",
        "BadRequestException",
    }
    assert shown(apis, api) == {"": BORN, "/stages/$default": BORN}


def test_the_tagging_api_lists_the_api_and_its_stage(as_root: Callable[[str, str], Any], apis: Any, api: str) -> None:
    tagging = as_root("dev", "resourcegroupstaggingapi")
    wanted = [{"Key": "deploy:stack", "Values": ["dev"]}, {"Key": "old", "Values": ["1"]}]

    def listed() -> set[str]:
        pages = tagging.get_paginator("get_resources").paginate(TagFilters=wanted)
        return {entry["ResourceARN"] for page in pages for entry in page["ResourceTagMappingList"]}

    assert {arn(api), arn(api, "/stages/$default")} <= listed()
    apis.delete_api(ApiId=api)
    assert not {arn(api), arn(api, "/stages/$default")} & listed()
