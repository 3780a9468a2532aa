"""What has to hold: after every fault of what was said, and once the job is done of the accounts, the states and the records."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy_driver.errors import ExitCode
from tests.chaos.moments import CALLS
from tests.chaos.stage import BUCKET, STACKS, Scenario, state_of
from tests.e2e.project import SANDBOX, Ended, Project
from tests.schemas import problems

SUCCEEDED = "succeeded"
WRONG = {"altered", "missing"}
_BUG = re.compile(r"Traceback \(most recent call last\)|This is a bug in deploy")


@dataclass(frozen=True)
class Broken:
    """An invariant that does not hold, and what was seen instead."""

    invariant: str
    seen: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.seen}"


def of_the_answer(ended: Ended, may: Iterable[int | None]) -> Iterator[Broken]:
    """Whatever happened, a command's exit code is one of those that may be, its JSON says the same, and no bug shows."""
    killed = ended.code < 0
    allowed = {ExitCode.DONE, *may}
    if (None if killed else ended.code) not in allowed:
        codes = ", ".join(sorted("killed" if code is None else str(int(code)) for code in allowed))
        yield Broken("exit code", f"{ended.code} instead of one of {codes}")
    if _BUG.search(ended.err + ended.out):
        yield Broken("no bug", ended.err[-400:])
    if killed:
        return
    try:
        said = json.loads(ended.out) if ended.out.strip() else None
    except ValueError:
        yield Broken("JSON", f"not JSON: {ended.out[:200]!r}")
        return
    if said is None:
        if ended.code in {ExitCode.DONE, ExitCode.FAILED}:
            yield Broken("JSON", f"nothing on stdout with exit code {ended.code}: {ended.gist()}")
        return
    if "stacks" in said:
        yield from _same_word(said, ended.code)


def _same_word(said: Mapping[str, Any], code: int) -> Iterator[Broken]:
    if found := problems("run-result", said):
        yield Broken("JSON", f"not as its schema says: {found[0]}")
    if said.get("exitCode") != code:
        yield Broken("JSON", f"exitCode {said.get('exitCode')}, and the process ended with {code}")
    results = [stack["result"] for stack in said["stacks"]]
    if (code == ExitCode.DONE) is not all(result == SUCCEEDED for result in results):
        yield Broken("JSON", f"exit code {code} with the results {results}")


def of_the_end(project: Project, scenario: Scenario) -> Iterator[Broken]:
    """Once the job is done: states = accounts, nothing pending, no lock, no lease, nothing left to do, records whole."""
    yield from left(project)
    for stack in STACKS:
        state = state_of(project, stack)
        known, standing = listed(state), inventory(project, stack)
        if lacking := sorted(known - standing):
            yield Broken("state = accounts", f"in the state of {stack} and not in its account: {', '.join(lacking)}")
        if unknown := sorted(standing - known):
            yield Broken("state = accounts", f"in the account of {stack} and not in its state: {', '.join(unknown)}")
        if scenario.verb == "destroy" and (known or standing):
            yield Broken("destroyed", f"{len(known)} resources of {stack} in the state, {len(standing)} in the account")
    if scenario.verb != "destroy":
        ended = project.deploy("preview", "--stacks", ",".join(STACKS), "--exit-code")
        if ended.code:
            yield Broken("preview empty", f"exit code {ended.code}: {ended.gist()}")
    yield from of_the_records(project)


def left(project: Project) -> Iterator[Broken]:
    """What a run may leave behind."""
    for stack in STACKS:
        pending = state_of(project, stack).get("pending_operations") or ()
        if pending:
            types = ", ".join(
                f"{one['type']} {one['resource']['urn'].rpartition('::')[0].rpartition('$')[2]}" for one in pending
            )
            yield Broken("nothing pending", f"{stack}: {types}")
    if locks := _keys(project, ".pulumi/locks/"):
        yield Broken("no lock", ", ".join(locks))
    if leases := [key for key in _keys(project, ".deploy/leases/") if not _released(project, key)]:
        yield Broken("no lease", ", ".join(leases))


def _keys(project: Project, prefix: str) -> list[str]:
    listed = project.client("tools", "s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix)
    return [entry["Key"] for entry in listed.get("Contents", [])]


def _released(project: Project, key: str) -> bool:
    held = json.loads(project.client("tools", "s3").get_object(Bucket=BUCKET, Key=key)["Body"].read())
    return bool(held["released"])


def of_the_records(project: Project) -> Iterator[Broken]:
    ended = project.deploy("history", "--verify", "--output", "json")
    verdicts = ended.json["records"] if ended.code in {ExitCode.DONE, ExitCode.FAILED} and ended.out else ()
    wrong = [f"{one['run']} {one['verdict']}: {one['fact']}" for one in verdicts if one["verdict"] in WRONG]
    if ended.code or wrong or not verdicts:
        yield Broken("records verified", "; ".join(wrong) or f"exit code {ended.code}: {ended.gist()}")


def listed(state: Mapping[str, Any]) -> set[str]:
    """The resources that a state lists, by type and id."""
    return {f"{one['type']} {one['id']}" for one in state.get("resources", ()) if one["type"] in CALLS}


def inventory(project: Project, stack: str) -> set[str]:
    """What of the service stands in the stack's account, in the same words, as its root sees it."""
    return {
        f"{kind} {name}"
        for kind, name in (*_buckets(project, stack), *_functions(project, stack), *_apis(project, stack))
    }


def _buckets(project: Project, stack: str) -> Iterator[tuple[str, str]]:
    s3 = project.client(stack, "s3")
    for bucket in project.buckets(stack):
        if bucket.startswith("deploy-trail-"):
            continue
        yield "aws:s3/bucket:Bucket", bucket
        if "Status" in s3.get_bucket_versioning(Bucket=bucket):
            yield "aws:s3/bucketVersioning:BucketVersioning", bucket
        for kind, get in (
            ("aws:s3/bucketOwnershipControls:BucketOwnershipControls", s3.get_bucket_ownership_controls),
            ("aws:s3/bucketPolicy:BucketPolicy", s3.get_bucket_policy),
            (
                "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
                s3.get_bucket_encryption,
            ),
        ):
            with suppress(s3.exceptions.ClientError):
                get(Bucket=bucket)
                yield kind, bucket


def _functions(project: Project, stack: str) -> Iterator[tuple[str, str]]:
    functions = project.client(stack, "lambda")
    for name in project.functions(stack):
        yield "aws:lambda/function:Function", name
        aliases = functions.list_aliases(FunctionName=name)["Aliases"]
        for alias in aliases:
            yield "aws:lambda/alias:Alias", alias["AliasArn"]
        for qualifier in ({}, *({"Qualifier": alias["Name"]} for alias in aliases)):
            with suppress(functions.exceptions.ResourceNotFoundException):
                policy = json.loads(functions.get_policy(FunctionName=name, **qualifier)["Policy"])
                for statement in policy["Statement"]:
                    yield "aws:lambda/permission:Permission", statement["Sid"]


def _apis(project: Project, stack: str) -> Iterator[tuple[str, str]]:
    gateway = project.client(stack, "apigatewayv2")
    for api in gateway.get_apis()["Items"]:
        yield "aws:apigatewayv2/api:Api", api["ApiId"]
        for kind, member, get in (
            ("aws:apigatewayv2/stage:Stage", "StageName", gateway.get_stages),
            ("aws:apigatewayv2/integration:Integration", "IntegrationId", gateway.get_integrations),
            ("aws:apigatewayv2/route:Route", "RouteId", gateway.get_routes),
        ):
            for one in get(ApiId=api["ApiId"])["Items"]:
                yield kind, one[member]


def of_secrets(root: Path, folder: Path) -> Iterator[Broken]:
    """No credential that anybody had in these accounts is in a file of the project, in an output or in the state bucket."""
    cloud = root / SANDBOX / "state"
    sessions = json.loads((cloud / "services" / "sts.json").read_text("utf-8"))["payload"]["sessions"].values()
    secrets = {session[name].encode() for session in sessions for name in ("SecretAccessKey", "SessionToken")}
    for path in _readable(root, cloud, folder):
        content = path.read_bytes()
        if any(secret in content for secret in secrets):
            yield Broken("no credential", str(path))


def _readable(root: Path, cloud: Path, folder: Path) -> Iterator[Path]:
    tools = [cloud / "s3" / "111111111111" / BUCKET, *(cloud / "s3" / ".versions").glob(f"*/{BUCKET}")]
    for place in (root, folder, *tools):
        for path in place.rglob("*"):
            if path.is_file() and (place in tools or not path.is_relative_to(root / SANDBOX)):
                yield path
