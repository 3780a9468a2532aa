"""The proof of the real stack files by their documents alone, and the same with one protection broken."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from threading import Event
from typing import Any

from deploy_driver.app import program
from deploy_driver.app.prove import facts_of
from deploy_driver.assurance.adapters.proof_world import of_simulation
from deploy_driver.assurance.iam.roles import roles as roles_of
from deploy_driver.assurance.prove import policies, proof
from deploy_driver.assurance.prove.case import Actor, ApiRequest, TrialOutcome, Verdict
from deploy_driver.assurance.prove.facts import Facts
from deploy_driver.assurance.prove.proof import carry_out
from deploy_driver.config.load import load
from deploy_driver.config.model import DeployConfig
from deploy_driver.iam_policy import Layers, PolicyRequest, decide, read

ROOT = Path(__file__).resolve().parents[3]
Document = dict[str, Any]
Documents = Mapping[str, Mapping[str, Document]]


@cache
def config() -> DeployConfig:
    return load(ROOT, {})


@cache
def facts() -> Facts:
    return facts_of(config(), [config().stack("dev")], "20261123-0000-abcdef")


@cache
def documents() -> Documents:
    """Of every stack that has to do with dev."""
    return {
        name: {key: dict(each) for key, each in program.documents(config(), config().stack(name)).items()}
        for name in ("tools", "dev-access", "dev")
    }


def broken(stack: str, name: str, document: Document) -> Documents:
    """The documents with one of them replaced."""
    return {**documents(), stack: {**documents()[stack], name: document}}


@dataclass(frozen=True)
class Simulator:
    """IAM's policy simulator over the documents: the World of those cases that only read."""

    by_role: Mapping[str, Layers]

    def ask(self, who: Actor, request: ApiRequest) -> TrialOutcome:
        del who
        asked = request.parameters
        layers = self.by_role[asked["PolicySourceArn"]]
        also = [read("also", json.loads(text)) for text in asked.get("PolicyInputList", [])]
        identity = replace(
            layers.identity, statements=(*layers.identity.statements, *(s for each in also for s in each.statements))
        )
        context = {entry["ContextKeyName"]: entry["ContextKeyValues"][0] for entry in asked.get("ContextEntries", [])}
        context = {key: (value,) if key == "kms:ResourceAliases" else value for key, value in context.items()}
        results = []
        for action in asked["ActionNames"]:
            question = PolicyRequest(action, asked["ResourceArns"][0], context)
            decision = decide(question, Layers(identity, layers.boundary))
            denied = "explicitDeny" if "denies it" in decision.reason else "implicitDeny"
            results.append({"EvalActionName": action, "EvalDecision": "allowed" if decision.allowed else denied})
        return of_simulation(results)


def verdicts(said: Documents) -> Iterator[Verdict]:
    """Every case that the documents decide, the simulated ones included."""
    roles = [
        role
        for name in ("tools", "dev-access")
        for role in roles_of(
            name, name.removesuffix("-access"), said[name], program.needs(config(), config().stack(name))
        )
    ]
    whole = facts().targets[0]
    buckets = tuple(replace(each, policy=json.dumps(said["dev"][each.name])) for each in whole.buckets)
    target = replace(whole, buckets=buckets, trail_policy=json.dumps(said["dev-access"]["trail"]))
    now = replace(facts(), targets=(target,))
    world = Simulator({role.arn: Layers(role.layers.identity, role.layers.boundary) for role in roles})
    access = {name: said[name] for name in ("tools", "dev-access")}
    yield from carry_out(proof.evaluated(now), world, tell=lambda _: None, stopped=Event())
    yield from policies.verdicts(now, roles, access, program.access_states(config()))


def wrong(said: Documents) -> Iterator[str]:
    """The ids of the cases that do not go as they should, as they are found."""
    return (verdict.case.id for verdict in verdicts(said) if not verdict.as_expected)


@dataclass(frozen=True)
class Mutation:
    """One protection broken: where, what, and the document as it is then."""

    stack: str
    name: str
    what: str
    document: Document

    def __str__(self) -> str:
        return f"{self.stack}: {self.name}: {self.what}"


def mutations() -> Iterator[Mutation]:
    """Every protection of every document, broken one at a time."""
    for stack, said in documents().items():
        for name, document in said.items():
            if name == "trail" and stack == "tools":
                continue  # the same function makes the targets' trail buckets
            for place, statement in enumerate(document["Statement"]):
                for what, changed in _of(name, statement):
                    after = copy.deepcopy(document)
                    after["Statement"][place : place + 1] = changed
                    yield Mutation(stack, name, f"{statement['Sid']}: {what}", after)


def _of(name: str, statement: Document) -> Iterator[tuple[str, list[Document]]]:
    if statement["Effect"] == "Deny":
        yield from _of_denial(statement)
        return
    if "Service" in statement.get("Principal", {}) and "Resource" not in statement:
        return  # a role that a service takes: tried in the sandbox
    for operator, keys in statement.get("Condition", {}).items():
        for key in keys:
            yield f"without its condition on {key}", [_without(statement, operator, key)]
    if "Principal" in statement:
        yield "for everybody", [{**statement, "Principal": "*"}]
    if name.endswith(".trust"):
        yield "with session tags", [{**statement, "Action": [*_many(statement["Action"]), "sts:TagSession"]}]
        return
    yield from _of_permission(name, statement)


def _of_permission(name: str, statement: Document) -> Iterator[tuple[str, list[Document]]]:
    if _many(statement["Resource"]) != ["*"] and statement["Sid"] != "AWSCloudTrailAclCheck":
        yield "on everything", [{**statement, "Resource": ["*"]}]
    if name.endswith((".policy", ".session")):
        for more in ("iam:PutRolePolicy", "s3:PutBucketAcl"):
            yield f"and {more}", [{**statement, "Action": [*statement["Action"], more]}]


def _of_denial(statement: Document) -> Iterator[tuple[str, list[Document]]]:
    yield "gone", []
    for action in statement.get("Action", []) if isinstance(statement.get("Action"), list) else []:
        rest = [each for each in statement["Action"] if each != action]
        if rest:
            yield f"without {action}", [{**statement, "Action": rest}]
    if "NotAction" in statement:
        yield "but for IAM", [{**statement, "NotAction": [*statement["NotAction"], "iam:*", "s3:PutBucketPolicy"]}]


def _without(statement: Document, operator: str, key: str) -> Document:
    after = copy.deepcopy(statement)
    del after["Condition"][operator][key]
    if not after["Condition"][operator]:
        del after["Condition"][operator]
    if not after["Condition"]:
        del after["Condition"]
    return after


def _many(said: str | list[str]) -> list[str]:
    return [said] if isinstance(said, str) else said
