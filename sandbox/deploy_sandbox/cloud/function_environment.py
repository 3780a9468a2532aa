"""A function runs with Lambda's own environment, its own variables and its execution role, and nothing of the server's.

AWS sets the variables listed in the Lambda Developer Guide, "Defined runtime environment variables"; a function
invoked through an alias sees the alias in `invoked_function_arn` and the published version in `function_version`
("Using the Lambda context object to retrieve Python function information"). The emulator handed its whole environment
on, ran whatever Python was first on the PATH (without boto3, which Lambda's Python has), gave the session no real
role id, and named the version in the invoked ARN.

`AWS_ENDPOINT_URL` is the sandbox's own address, so that an SDK inside the function stays in the sandbox.
"""

from __future__ import annotations

import os
import sys
from contextvars import ContextVar
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from deploy_sandbox.cloud import emulator
from deploy_sandbox.cloud.replace import replace
from deploy_sandbox.cloud.trail.recording import service_assumed_role

if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT = ("PATH", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL")
_RUNTIME = {"LANG": "C.UTF-8", "TZ": ":UTC", "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11"}
_alias: ContextVar[str | None] = ContextVar("alias", default=None)


def install() -> None:
    replace("core.lambda_runtime", "subprocess", _clean_children)
    replace("core.lambda_runtime", "execution_credentials", _real_session)
    replace("services.lambda_svc", "_effective_func_record_for_qualifier", _remember_alias)
    replace("services.lambda_svc", "_execute_function_warm", _named_by_alias)


def _clean_children(original: Any) -> Any:
    class Popen(original.Popen):  # type: ignore[misc]
        """A child that starts with what Lambda would give it."""

        def __init__(self, command: list[str], *, env: dict[str, str], **facts: Any) -> None:
            own = {name: value for name, value in env.items() if name not in os.environ or name in _KEPT}
            python = [sys.executable] if "python" in os.path.basename(command[0]) else [command[0]]  # noqa: PTH119
            super().__init__([*python, *command[1:]], env={**own, **_RUNTIME}, **facts)

    return SimpleNamespace(**{**vars(original), "Popen": Popen})


def _real_session(original: Callable[[dict[str, Any]], dict[str, str]]) -> Callable[[dict[str, Any]], dict[str, str]]:
    def execution_credentials(config: dict[str, Any]) -> dict[str, str]:
        keys = original(config)
        session = emulator.SESSIONS[keys["AWS_ACCESS_KEY_ID"]]
        _, _, _, _, account, named = session["Arn"].split(":", 5)
        _, role_name, session_name = named.split("/")
        role = emulator.role(account, role_name)
        session["UserId"] = f"{(role or {}).get('RoleId', 'AROA')}:{session_name}"
        session["AccountId"] = account
        session["PrincipalType"] = "AssumedRole"
        service_assumed_role("lambda.amazonaws.com", keys["AWS_ACCESS_KEY_ID"], session)
        return keys

    return execution_credentials


def _remember_alias(original: Callable[..., Any]) -> Callable[..., Any]:
    def effective_record(function: dict[str, Any] | None, qualifier: str | None) -> Any:
        _alias.set(qualifier if function and qualifier in function.get("aliases", {}) else None)
        return original(function, qualifier)

    return effective_record


def _named_by_alias(original: Callable[..., Any]) -> Callable[..., Any]:
    def execute(function: dict[str, Any], event: Any, request_id: str) -> Any:
        alias = _alias.get()
        config = function.get("config") or function
        if alias is not None:
            unqualified = ":".join(config["FunctionArn"].split(":")[:7])
            function = {**function, "config": {**config, "FunctionArn": f"{unqualified}:{alias}"}}
        return original(function, event, request_id)

    return execute
