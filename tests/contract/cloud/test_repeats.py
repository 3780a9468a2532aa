"""A second attempt at a call whose answer did not arrive, as an SDK makes it, has the first one's answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.contract.cloud.outsider import Someone
from tests.contract.cloud.powers import Powers
from tests.contract.cloud.test_faults import FAULTS

pytestmark = pytest.mark.sandbox

HEADER = "amz-sdk-invocation-id"


@pytest.fixture
def apis(root: Callable[[str], Someone], powers: Powers) -> Iterator[Any]:
    """API Gateway, which makes an API of the same name as often as it is asked."""
    yield root("prod").client("apigatewayv2", attempts=3)
    powers.use("DELETE", FAULTS)


def attempts(apis: Any, name: str, *invocations: str) -> list[str]:
    """The ids that several attempts are answered with, each of which says which call it is."""
    made = []
    for invocation in invocations:

        def named(request: Any, invocation: str = invocation, **_: Any) -> None:
            request.headers[HEADER] = invocation

        apis.meta.events.register("before-send.apigatewayv2", named)
        made.append(apis.create_api(Name=name, ProtocolType="HTTP")["ApiId"])
        apis.meta.events.unregister("before-send.apigatewayv2", named)
    return made


def there(apis: Any, name: str) -> list[str]:
    return [api["ApiId"] for api in apis.get_apis()["Items"] if api["Name"] == name]


def test_the_same_call_is_carried_out_once(apis: Any, unique: str) -> None:
    first, second = attempts(apis, unique, f"{unique}-1", f"{unique}-1")
    assert first == second
    assert there(apis, unique) == [first]


def test_another_call_is_another_call(apis: Any, unique: str) -> None:
    made = attempts(apis, unique, f"{unique}-1", f"{unique}-2")
    assert sorted(there(apis, unique)) == sorted(made)
    assert len(set(made)) == 2


@pytest.mark.parametrize(("does", "made"), [("lose", 2), ("fail", 1)])
def test_what_a_test_loses_or_refuses_is_carried_out_again(
    apis: Any, powers: Powers, unique: str, does: str, made: int
) -> None:
    powers.use("POST", FAULTS, action="apigateway:CreateApi", does=does)
    apis.create_api(Name=unique, ProtocolType="HTTP")
    assert len(there(apis, unique)) == made
