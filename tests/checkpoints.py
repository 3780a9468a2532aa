"""States as the engine writes them: whole as they are, wrong in one place where a test says so."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from deploy_driver.values import Layer, Stack
from deploy_project.accounts import EnterAs
from deploy_project.stacks import project_of

PROJECT = "items"
ENGINE = "v3.250.0"

Document = dict[str, Any]


def checkpoint(
    stack: Stack, resources: list[dict[str, Any]] | None = None, *, enter_as: EnterAs | None = None
) -> Document:
    """The state of a deployed stack: its provider, a component, a bucket and what hangs on it, a function."""
    return {
        "version": 3,
        "checkpoint": {
            "stack": f"organization/{project_of(PROJECT, stack.name)}/{stack.name}",
            "latest": {
                "manifest": {
                    "time": "2026-11-27T03:32:35.380898337Z",
                    "magic": hashlib.sha256(ENGINE.encode()).hexdigest(),
                    "version": ENGINE,
                },
                "secrets_providers": {
                    "type": "cloud",
                    "state": {"url": "awskms://alias/deploy-state", "encryptedkey": "a"},
                },
                "resources": list(_resources(stack, enter_as)) if resources is None else resources,
                "metadata": {},
            },
        },
    }


def content(document: Mapping[str, Any]) -> bytes:
    """As the engine writes it."""
    return json.dumps(document, indent=4).encode()


def with_pending(document: Document, *entries: Mapping[str, Any], operation: str = "creating") -> Document:
    """A copy of the state in which these resources were being made, or were in another operation, when the engine died."""
    copy: Document = json.loads(json.dumps(document))
    copy["checkpoint"]["latest"]["pending_operations"] = [{"resource": one, "type": operation} for one in entries]
    return copy


def changed(document: Document, change: Callable[[list[dict[str, Any]]], object]) -> Document:
    """A copy of the state in which `change` was made to the list of its resources."""
    copy: Document = json.loads(json.dumps(document))
    change(copy["checkpoint"]["latest"]["resources"])
    return copy


def provider(stack: Stack, name: str = "aws", role: str = "") -> dict[str, Any]:
    """The stack's provider, with its inputs as both the stand-in and the real plugin leave them: JSON in texts."""
    entered = [{"roleArn": role, "sessionName": "items-dev-local-20261123-0102-3f9a7c", "duration": "3600s"}]
    return {
        "urn": urn(stack, "pulumi:providers:aws", name),
        "custom": True,
        "id": "2e49dacf-e9e3-46cd-8b6a-ae00ae95373e",
        "type": "pulumi:providers:aws",
        "inputs": {
            "__internal": {},
            "allowedAccountIds": json.dumps([stack.account]),
            **({"assumeRoles": json.dumps(entered)} if role else {}),
            "defaultTags": json.dumps({"tags": {"deploy:stack": stack.name}}),
            "region": stack.region,
            "skipCredentialsValidation": "false",
            "skipRegionValidation": "true",
            "version": "7.51.1",
        },
        "parent": root(stack),
        "propertyDependencies": {"region": [], "assumeRoles": None},
    }


def resource(stack: Stack, kind: str, name: str, **more: Any) -> dict[str, Any]:
    """A resource of the cloud that hangs on the stack's provider; `more` are its other keys."""
    aws = f"{urn(stack, 'pulumi:providers:aws', 'aws')}::2e49dacf-e9e3-46cd-8b6a-ae00ae95373e"
    made = {
        "urn": urn(stack, kind, name),
        "custom": True,
        "id": f"the-{name}",
        "type": kind,
        "inputs": {"Name": 1, "name": 2},
    }
    return {**made, "outputs": {}, "parent": root(stack), "provider": aws, **more}


def urn(stack: Stack, kind: str, name: str) -> str:
    """A URN of the stack."""
    return f"urn:pulumi:{stack.name}::{project_of(PROJECT, stack.name)}::{kind}::{name}"


def root(stack: Stack) -> str:
    """The URN of the stack itself."""
    return urn(stack, "pulumi:pulumi:Stack", f"{PROJECT}-{stack.name}")


def _resources(stack: Stack, enter_as: EnterAs | None) -> Iterator[dict[str, Any]]:
    usual = EnterAs.DEPLOYMENT if stack.layer is Layer.SERVICE else EnterAs.BOOTSTRAP
    yield {"urn": root(stack), "custom": False, "type": "pulumi:pulumi:Stack", "outputs": {"url": "https://x"}}
    yield provider(stack, role=stack.role_arn(enter_as or usual))
    store = urn(stack, "items:storage:PrivateBucket", "items")
    yield {"urn": store, "custom": False, "type": "items:storage:PrivateBucket", "parent": root(stack)}
    beneath = "items:storage:PrivateBucket$aws:s3/bucket:Bucket"
    bucket = urn(stack, beneath, "items")
    yield resource(stack, "aws:s3/bucket:Bucket", "items", urn=bucket, parent=store)
    hangs = {"dependencies": [bucket], "propertyDependencies": {"bucket": [bucket]}}
    yield resource(stack, "aws:s3/bucketVersioning:BucketVersioning", "items", **hangs)
    yield resource(stack, "aws:lambda/function:Function", "items", dependencies=[bucket], deletedWith=bucket)
