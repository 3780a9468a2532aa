"""What a finding about a policy says to do, done with the facts that it gives: the finding is gone then."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from deploy_driver import remedies
from deploy_driver.assurance.iam.check import IamFinding, check
from deploy_driver.assurance.iam.roles import RoleDefinition
from deploy_driver.iam_policy import PolicyRequest, read
from deploy_project.remedy import Remedy
from tests.carried import gone, printed
from tests.unit.driver.iam.shipped import allowing, role, shipped, stacks
from tests.unit.driver.iam.test_check import BUCKET, changed, edit, minus, pattern, plus, states

Statements = list[dict[str, Any]]
Follow = Callable[[Statements, IamFinding, Sequence[IamFinding]], Statements]


def listed(found: Sequence[IamFinding]) -> str:
    return "\n".join(f"{finding.where}: {finding.fact}\n{finding.remedy}" for finding in found)


def found_of(edited: RoleDefinition, access_states: Sequence[PolicyRequest] = ()) -> list[IamFinding]:
    """What is found about a role that was edited, among the shipped ones."""
    roles = [edited if (each.stack, each.name) == (edited.stack, edited.name) else each for each in shipped()]
    return check({edited.stack: {}}, roles, access_states)


def said(words: str, finding: IamFinding) -> re.Match[str]:
    found = re.search(words, finding.fact)
    assert found, finding
    return found


def in_statement(finding: IamFinding, **change: Any) -> Callable[[Statements], Statements]:
    return edit(finding.where.partition(": ")[2], **change)


def allows_it(statements: Statements, finding: IamFinding, _: Sequence[IamFinding]) -> Statements:
    asked = said(r"asks for (\S+) on (\S+?)(?: with |: )", finding)
    return [*statements, allowing(asked[1], resource=asked[2])["Statement"][0] | {"Sid": "More"}]


def takes_action_out(statements: Statements, finding: IamFinding, _: Sequence[IamFinding]) -> Statements:
    action = said(r"\S+", finding)[0]
    for sid in [each["Sid"] for each in statements if action in each["Action"]]:
        statements = edit(sid, Action=minus(action))(statements)
    return statements


def takes_resource_out(statements: Statements, finding: IamFinding, _: Sequence[IamFinding]) -> Statements:
    resource = said(r"\S+", finding)[0]
    only = re.search(r"only (.+) is needed", finding.fact)
    needed = only[1].split(", ") if only else []
    return in_statement(finding, Resource=lambda old: [*minus(resource)(old), *needed])(statements)


def names_actions(statements: Statements, finding: IamFinding, _: Sequence[IamFinding]) -> Statements:
    return in_statement(finding, Action=said("are needed: (.+)", finding)[1].split(", "))(statements)


def names_resources(statements: Statements, finding: IamFinding, others: Sequence[IamFinding]) -> Statements:
    """What is needed says the finding beside it."""
    (wide,) = (each for each in others if each.where == finding.where and each.fact.startswith("* is allowed"))
    return takes_resource_out(statements, wide, others)


def narrows(statements: Statements, finding: IamFinding, _: Sequence[IamFinding]) -> Statements:
    return in_statement(finding, Resource=pattern("items-*", "items-dev-222222222222"))(statements)


def puts_condition_back(statements: Statements, finding: IamFinding, _: Sequence[IamFinding]) -> Statements:
    sid = finding.where.partition(": ")[2]
    (shipped_one,) = (each for each in stacks()["dev-access"]["deployment.policy"]["Statement"] if each["Sid"] == sid)
    assert said("whatever (.+) is", finding)[1] in str(shipped_one["Condition"])
    return in_statement(finding, Condition=shipped_one["Condition"])(statements)


def leaves_out_what_is_reached(statements: Statements, finding: IamFinding, _: Sequence[IamFinding]) -> Statements:
    resource = said(r"by \S+ on (arn:\S+?)(?: |,|:? |$)", finding)[1]
    return [{**each, "Resource": minus(resource)(each["Resource"])} for each in statements]


OTHER_ROLE = "arn:aws:iam::222222222222:role/deploy/deployment/items-dev-deployment"
EDITS = [
    (
        remedies.IAM_MISSING,
        "dev-access",
        "deployment",
        edit("LambdaFunction", Action=minus("lambda:PublishVersion")),
        allows_it,
    ),
    (remedies.IAM_SURPLUS, "dev-access", "deployment", edit("S3", Action=plus("s3:PutBucketAcl")), takes_action_out),
    (
        remedies.IAM_SURPLUS_RESOURCE,
        "dev-access",
        "deployment",
        edit("S3", Resource=plus("arn:aws:s3:::another")),
        takes_resource_out,
    ),
    (
        remedies.IAM_SURPLUS_RESOURCE,
        "dev-access",
        "items-execution",
        edit("May1", Resource=lambda old: [f"{BUCKET}*", *minus(f"{BUCKET}/*")(old)]),
        takes_resource_out,
    ),
    (remedies.IAM_WILDCARD_ACTION, "dev-access", "items-execution", edit("May1", Action=["s3:*"]), names_actions),
    (remedies.IAM_ANY_RESOURCE, "dev-access", "deployment", edit("S3", Resource=["*"]), names_resources),
    (
        remedies.IAM_REACHES_OTHERS,
        "dev-access",
        "deployment",
        edit("S3", Resource=pattern("-dev-222222222222", "-*")),
        narrows,
    ),
    (
        remedies.IAM_UNCONDITIONED,
        "dev-access",
        "deployment",
        edit("IamRolePassedLambda", Condition=None),
        puts_condition_back,
    ),
    (
        remedies.IAM_READING_ROLE,
        "dev-access",
        "preview",
        edit("S3", Action=plus("s3:PutBucketTagging")),
        takes_action_out,
    ),
    (
        remedies.IAM_ESCALATION,
        "tools",
        "jenkins-preview",
        edit("EnterTargets", Resource=plus(OTHER_ROLE)),
        leaves_out_what_is_reached,
    ),
]


@pytest.mark.parametrize(("remedy", "stack", "name", "spoil", "follow"), EDITS)
def test_a_policy_is_as_it_should_be_again(remedy: Remedy, stack: str, name: str, spoil: Any, follow: Follow) -> None:
    found = found_of(changed(stack, name, spoil))
    printed(remedy, listed(found))
    steps = [spoil]
    while of_it := [finding for finding in found if finding.remedy == remedy]:
        steps.append(lambda statements, first=of_it[0], others=found: follow(statements, first, others))

        def edited(statements: Statements) -> Statements:
            for step in steps:
                statements = step(statements)
            return statements

        before, found = found, found_of(changed(stack, name, edited))
        assert listed(found) != listed(before), "it does not help"
    gone(remedy, listed(found))
    assert found == []


def test_a_document_fits_when_it_is_smaller() -> None:
    actions = [f"s3:Get{number:05}" for number in range(600)]
    (finding,) = check({"dev-access": {"boundary": allowing(*actions)}}, [])
    printed(remedies.IAM_TOO_BIG, listed([finding]))
    has, may = map(int, said(r"(\d+) characters, (\d+) are allowed", finding).groups())
    smaller = actions[: len(actions) * may // has - 10]
    gone(remedies.IAM_TOO_BIG, listed(check({"dev-access": {"boundary": allowing(*smaller)}}, [])))


def test_the_states_of_access_layers_are_out_of_reach_in_a_bucket_and_under_a_key_of_their_own() -> None:
    jenkins = role("tools", "jenkins-deploy")
    printed(remedies.IAM_REACHES_ACCESS_STATE, listed(found_of(jenkins, states(shared=True))))
    gone(remedies.IAM_REACHES_ACCESS_STATE, listed(found_of(jenkins, states(shared=False))))
    other = allowing("s3:PutObject", resource="arn:aws:s3:::deploy-state-111111111111-access/.pulumi/stacks/items/*")
    document = {"Version": "2012-10-17", "Statement": other["Statement"]}
    reaching = replace(jenkins, layers=replace(jenkins.layers, identity=read("deploy.policy", document)))
    printed(remedies.IAM_REACHES_ACCESS_STATE, listed(found_of(reaching, states(shared=False))))
