"""What is said to do where AWS refuses a resource, done: it is made then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from deploy_driver import remedies
from deploy_driver.adapters.engine.failures import Said, classify
from deploy_project.remedy import Remedy
from tests.carried import gone, printed
from tests.contract.cloud.outsider import ALLOW_ALL, Someone, document, trusting
from tests.contract.plugin.engine import Engine, RefusedError, plugin

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy_sandbox.accounts import Sandbox
    from tests.contract.cloud.powers import Powers

pytestmark = pytest.mark.sandbox

BUCKET = "aws:s3/bucket:Bucket"
PROFILE = "aws:iam/instanceProfile:InstanceProfile"


def said(engine: Engine, token: str, **inputs: Any) -> Remedy:
    """What is said to do where the thing cannot be made; nothing where it is made."""
    try:
        engine.create(token, engine.checked(token, inputs))
    except RefusedError as refused:
        return classify([Said(str(refused), resource=True)], "", 1, "dev").remedy
    return Remedy()


def test_a_name_that_another_account_has_taken_is_given_up(sandbox: Sandbox, dev: Engine, unique: str) -> None:
    theirs = Someone(sandbox, sandbox.accounts["staging"], "test").client("s3")
    theirs.create_bucket(Bucket=unique, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    printed(remedies.OTHER_BUCKET_NAME, said(dev, BUCKET, bucket=unique))
    gone(remedies.OTHER_BUCKET_NAME, said(dev, BUCKET, bucket=f"{unique}-ours"))


def test_another_change_of_the_same_thing_is_let_end(dev: Engine, powers: Powers, unique: str) -> None:
    goes_on = {"action": "iam:CreateInstanceProfile", "error": "ConcurrentModification", "status": 409, "times": None}
    powers.use("POST", "/_sandbox/faults", **goes_on)
    printed(remedies.RUN_AGAIN_AFTER_OTHER_CHANGE, said(dev, PROFILE, name=unique))
    powers.use("DELETE", "/_sandbox/faults")
    gone(remedies.RUN_AGAIN_AFTER_OTHER_CHANGE, said(dev, PROFILE, name=unique))


def test_a_session_that_is_over_is_followed_by_another(
    sandbox: Sandbox, clients: Callable[[str], Any], powers: Powers, unique: str
) -> None:
    iam = clients("iam")
    iam.create_user(UserName=unique)
    iam.put_user_policy(UserName=unique, PolicyName="all", PolicyDocument=document(ALLOW_ALL))
    key = iam.create_access_key(UserName=unique)["AccessKey"]
    role = iam.create_role(RoleName=unique, AssumeRolePolicyDocument=trusting("222222222222"))["Role"]["Arn"]
    iam.put_role_policy(RoleName=unique, PolicyName="all", PolicyDocument=document(ALLOW_ALL))
    user = Someone(sandbox, key["AccessKeyId"], key["SecretAccessKey"])
    with plugin(session(user.become(role))) as engine:
        engine.configure(region="eu-central-1")
        powers.use("POST", "/_sandbox/expire", roleName=unique, account="222222222222")
        printed(remedies.RUN_AGAIN_WITH_NEW_SESSION, said(engine, BUCKET, bucket=unique))
    with plugin(session(user.become(role))) as engine:
        engine.configure(region="eu-central-1")
        gone(remedies.RUN_AGAIN_WITH_NEW_SESSION, said(engine, BUCKET, bucket=unique))


def session(someone: Someone) -> dict[str, str]:
    """The environment of a process that works in a session, and cannot renew it."""
    return {
        **someone.sandbox.addresses(),
        "AWS_ACCESS_KEY_ID": someone.access_key,
        "AWS_SECRET_ACCESS_KEY": someone.secret_key,
        "AWS_SESSION_TOKEN": someone.token or "",
    }
