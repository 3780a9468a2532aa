"""The keys of a stack file: what each may be, what holds without it, and how that is said to a person who wrote something else.

The keys of `deploy:` are here; a program adds those of its own namespace in the same form.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

from deploy_project.accounts import ORGANIZATION_ROLE, SESSION, Value, Values
from deploy_project.stackfile import Setting, StackFile
from deploy_project.stacks import ACCESS, PARTITION, TOOLS
from deploy_project.written import Problem, ValueKind, shown


def _nothing_more(_: Setting) -> str:
    return ""


@dataclass(frozen=True)
class Key:
    """One key. `read` answers None for what it refuses; `expected` says what it takes; `default` makes it optional.

    `hint` says more of a value that was refused; empty where there is no more to say.
    """

    name: str
    read: Callable[[Setting], Value | None]
    expected: str
    default: Value | None = None
    hint: Callable[[Setting], str] = _nothing_more


def text(name: str, pattern: str, expected: str, default: str | None = None) -> Key:
    """A key whose value is a text that the pattern matches as a whole."""
    compiled = re.compile(pattern, re.ASCII)

    def read(got: Setting) -> str | None:
        return got.text if got.kind is ValueKind.TEXT and compiled.fullmatch(got.text) else None

    return Key(name, read, expected, default, _in_quotes)


def number(name: str, low: int, high: int, expected: str, default: int | None = None) -> Key:
    """A key whose value is a decimal number. `pulumi config set` writes numbers as text, a person writes them as they are."""

    def read(got: Setting) -> int | None:
        if got.kind not in {ValueKind.TEXT, ValueKind.NUMBER} or not re.fullmatch(
            r"0|[1-9][0-9]{0,8}", got.text, re.ASCII
        ):
            return None
        return int(got.text) if low <= int(got.text) <= high else None

    return Key(name, read, expected, default, _in_decimal)


def one_of(name: str, allowed: Collection[int], expected: str) -> Key:
    """A key whose value is one of some numbers."""
    within = number(name, min(allowed), max(allowed), expected)
    return Key(name, lambda got: value if (value := within.read(got)) in allowed else None, expected, hint=within.hint)


def _in_quotes(got: Setting) -> str:
    return "; not every YAML reads that as text: put it in quotes" if got.kind is ValueKind.AMBIGUOUS else ""


def _in_decimal(got: Setting) -> str:
    """`0400` is 256 to the engine, which reads YAML 1.1, and 400 to YAML 1.2."""
    if got.kind is ValueKind.AMBIGUOUS:
        return "; not every YAML reads that as the same value: write it in decimal digits, without a 0 in front"
    return ""


def _role(name: str, default: str | None = None) -> Key:
    return text(name, r"[\w+=,.@-]{1,64}", "a role name: 1 to 64 of A-Z a-z 0-9 _ + = , . @ -", default)


_SUBJECTS = 10


def _claims(name: str, what: str, *, most: int, default: str = "") -> Key:
    """What a token has to say, word for word. `*` and `?` are no wildcards where AWS compares whole texts, and `$` begins a variable."""
    one = r"[!-#%-)+\x2d->@-~]{1,255}"
    key = text(
        name, rf"{one}(,{one}){{0,{most - 1}}}", f"{what}: 1 to 255 characters, no space and none of * ? , $", default
    )

    def hint(got: Setting) -> str:
        wild = got.kind is ValueKind.TEXT and ("*" in got.text or "?" in got.text)
        return "; a wildcard would let in whoever has a like name: write each one out" if wild else key.hint(got)

    return replace(key, hint=hint)


_BUCKET = (
    r"(?!xn--|sthree-|amzn-s3-demo-)(?!.*(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$)(?!.*\.\.)"
    r"(?![0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
)
"""Amazon S3 User Guide, "General purpose bucket naming rules"."""


LONGEST_BUCKET = 63


def _bucket(name: str, default: str | None = None) -> Key:
    expected = (
        "a bucket name: 3 to 63 of a-z 0-9 . -, a letter or digit at either end, and no name that S3 keeps for itself"
    )
    return text(name, _BUCKET, expected, default)


def _alias(name: str, default: str | None = None) -> Key:
    """A name that CreateAlias takes: `alias/aws/` is for keys of AWS's own (AWS KMS API Reference)."""
    expected = "a key alias: alias/ and 1 to 250 of A-Z a-z 0-9 _ / -, not alias/aws/"
    return text(name, r"alias/(?!aws/)[\w/-]{1,250}", expected, default)


@cache
def partition_of() -> Mapping[str, str]:
    """The partition of every region, as the AWS SDK on this machine knows them (botocore, `data/partitions.json`)."""
    known = json.loads((files("botocore") / "data" / "partitions.json").read_text("utf-8"))["partitions"]
    return {region: partition["id"] for partition in known for region in partition["regions"]}


def regions() -> tuple[str, ...]:
    """The regions that an account of ours may be in, in order."""
    every = (region for region, partition in partition_of().items() if partition == PARTITION)
    return tuple(sorted(region for region in every if not region.endswith("-global")))


def _region(name: str) -> Key:
    """A region of AWS's list, in the partition that ARNs are written in here."""

    def read(got: Setting) -> str | None:
        return got.text if got.kind is ValueKind.TEXT and got.text in regions() else None

    def hint(got: Setting) -> str:
        if got.kind is ValueKind.AMBIGUOUS:
            return _in_quotes(got)
        if partition := partition_of().get(got.text, ""):
            return f": it is in the partition {partition}, and ARNs are written arn:{PARTITION}: here"
        close = get_close_matches(got.text, regions(), n=1)
        return f"; did you mean {close[0]}?" if close else ""

    return Key(name, read, f"a region of the partition {PARTITION}, such as eu-central-1", hint=hint)


SHORTEST_SESSION, LONGEST_SESSION = 900, 43_200
"""Seconds that a role's session may last (AWS STS API Reference, AssumeRole, `DurationSeconds`)."""


def _seconds(name: str, default: int) -> Key:
    expected = f"{SHORTEST_SESSION} to {LONGEST_SESSION} (seconds)"
    return number(name, SHORTEST_SESSION, LONGEST_SESSION, expected, default)


_ACCOUNT = (text("deploy:account", r"[0-9]{12}", "12 digits in quotes"), _region("deploy:region"))

RUN_KEYS = (
    text("deploy:enterAs", r"deployment|preview|bootstrap", "deployment, preview or bootstrap", ""),
    text("deploy:sessionName", r"[\w+=,.@-]{2,64}", "2 to 64 of A-Z a-z 0-9 _ + = , . @ -", ""),
    _seconds("deploy:grantedDuration", 0),
    text("deploy:emptyBuckets", r"true", "true, in a destroy", ""),
    text("deploy:otherAccounts", r"[0-9]{12}(,[0-9]{12})*", "accounts, with commas between them", ""),
)
"""What one run says of itself: the driver writes these into its own copy of the file."""

TOOLS_KEYS = (
    *_ACCOUNT,
    _role("deploy:jenkinsDeployRole"),
    _role("deploy:jenkinsPreviewRole"),
    _bucket("deploy:stateBucket"),
    _alias("deploy:stateKey"),
    _bucket("deploy:accessStateBucket", ""),
    _alias("deploy:accessStateKey", ""),
    _alias("deploy:planKey", "alias/deploy-plan"),
    text(
        "deploy:approverRole",
        r"([A-Za-z0-9._-]+/)*[\w+=,.@-]{1,64}",
        "a role's name, with its path in front where it has one: 1 to 64 of A-Z a-z 0-9 _ + = , . @ -",
        "",
    ),
    text(
        "deploy:agents",
        r"(ec2|ecs|eks|oidc)(,(ec2|ecs|eks|oidc)){0,3}",
        "ec2, ecs, eks or oidc, or several with commas between",
        "ec2",
    ),
    # IAM API Reference, CreateOpenIDConnectProvider, `Url`.
    text(
        "deploy:agentIssuer",
        r"https://(?=.{1,247}$)[a-z0-9-]+(\.[a-z0-9-]+)+(/[\w.~-]+)*",
        "an issuer's URL: https://, a host, and its path where it has one; no port, no / at the end",
        "",
    ),
    _claims("deploy:agentAudience", "an audience", most=1, default="sts.amazonaws.com"),
    _claims("deploy:deploySubjects", "a subject, or several with commas between", most=_SUBJECTS),
    _claims("deploy:previewSubjects", "a subject, or several with commas between", most=_SUBJECTS),
    text("deploy:organization", r"o-[a-z0-9]{10,32}", "an organisation: o- and 10 to 32 of a-z 0-9", ""),
)
"""Of the account that Jenkins lives in."""

TARGET_KEYS = (
    *_ACCOUNT,
    _role("deploy:bootstrapRole", ORGANIZATION_ROLE),
    _role("deploy:deploymentRole"),
    _role("deploy:previewRole"),
    # AWS STS API Reference, AssumeRole, `ExternalId`.
    text("deploy:externalId", r"[\w+=,.@:/-]{2,1224}", "2 to 1224 of A-Z a-z 0-9 _ + = , . @ : / -"),
    _seconds("deploy:sessionDuration", SESSION),
)
"""Of an account that Jenkins deploys into."""

_DIFFERENT = (
    ("deploy:jenkinsDeployRole", "deploy:jenkinsPreviewRole"),
    ("deploy:jenkinsDeployRole", "deploy:approverRole"),
    ("deploy:jenkinsPreviewRole", "deploy:approverRole"),
    ("deploy:deploymentRole", "deploy:previewRole"),
)


def judged(file: StackFile, keys: Sequence[Key]) -> tuple[Values, list[Problem]]:
    """The values of `keys`, defaults filled in, and every problem with them and with the file; nothing of a file that is none."""
    if not file.settings and file.problems:
        return {}, list(file.problems)
    values: dict[str, Value] = {}
    problems = list(file.problems)
    for key in keys:
        got = file.settings.get(key.name)
        value = key.default if got is None or got.kind is ValueKind.NOTHING else key.read(got)
        if value is not None:
            values[key.name] = value
        elif got is not None and got.kind is not ValueKind.NOTHING:
            problems.append(file.problem(key.name, f"got {got.shown()}, expected {key.expected}{key.hint(got)}"))
        else:
            problems.append(file.problem(key.name, f"missing, expected {key.expected}"))
    for one, other in _DIFFERENT:
        if other in values and values[other] == values.get(one):
            what = f"got {shown(str(values[other]))}, expected another role than {one}"
            problems.append(file.problem(other, what))
    return values, problems


def unknown(file: StackFile, keys: Iterable[Key], *, namespace: str = "") -> Iterator[Problem]:
    """Every setting that is none of `keys`; of one namespace only, such as `deploy:`, where one is named."""
    known = {key.name for key in keys}
    offered = sorted(known - {key.name for key in RUN_KEYS})
    for name in file.settings.keys() - known:
        if name.startswith(namespace):
            own = [key for key in offered if key.split(":")[0] == name.split(":")[0]] or offered
            close = get_close_matches(name, own, n=1)
            hint = f"did you mean {close[0]}?" if close else f"expected one of {', '.join(own)}"
            yield file.problem(name, f"unknown key; {hint}")


def shared(files: Iterable[StackFile], *names: str) -> Iterator[Problem]:
    """Of keys that no two files may have alike: each file that says the same as another one. The last key is to blame."""
    same: dict[tuple[str, ...], list[StackFile]] = {}
    for file in files:
        said = tuple(file.settings[name].text for name in names if name in file.settings)
        if len(said) == len(names) and all(said):
            same.setdefault(said, []).append(file)
    for said, holders in same.items():
        for file in holders:
            others = ", ".join(other.name for other in holders if other is not file)
            if others:
                yield file.problem(names[-1], f"got {shown(said[-1])}, expected another than in {others}")


def apart(files: Mapping[str, StackFile]) -> Iterator[Problem]:
    """What must differ between the files of a project, by the names of its accounts.

    Several stacks may share an account (another region, another instance of the service), but not with Jenkins, and each is entered
    by roles of its own.
    """
    targets = [file for env, file in files.items() if env != TOOLS]
    if tools := files.get(TOOLS):
        for file in targets:
            yield from shared([tools, file], "deploy:account")
    for role in ("deploy:deploymentRole", "deploy:previewRole"):
        yield from shared(targets, "deploy:account", role)


def secrets_elsewhere(file: StackFile, key: Value | None) -> Iterator[Problem]:
    """Secrets that no run can decrypt, because they are not encrypted by `key`, the alias of the key of the stack's state."""
    command = f"`deploy config set KEY --secret --stack {file.env}`"
    anew = f"remove it and every value that is `secure:`, and set those with {command}"
    said = file.encryption
    if "encryptionsalt" in said:
        yield file.problem("encryptionsalt", f"a passphrase encrypts the secrets, and no run is given one: {anew}")
    if "secretsprovider" in said and said["secretsprovider"].text.partition("?")[0] != f"awskms://{key}":
        got = f"got {said['secretsprovider'].shown()}, expected the key of the state, awskms://{key}"
        yield file.problem("secretsprovider", f"{got}: {anew}, which writes it")
    if not said:
        for name, setting in file.settings.items():
            if setting.secret:
                yield file.problem(
                    name,
                    f"a secret, and nothing in the file says what decrypts it: set it again with {command}",
                )


def states_apart(file: StackFile, values: Values) -> Iterator[Problem]:
    """Whoever may write the state of an access layer decides what the next administrator does: Jenkins may not."""
    for own, other in (("Bucket", "stateBucket"), ("Key", "stateKey"), ("Key", "planKey")):
        name, got = f"deploy:accessState{own}", values.get(f"deploy:accessState{own}")
        if got and got == values.get(f"deploy:{other}"):
            what = f"got {shown(str(got))}, expected another than deploy:{other}: Jenkins may use that"
            yield file.problem(name, what)
    bucket = f"{values.get('deploy:stateBucket', '')}{ACCESS}"
    if values.get("deploy:accessStateBucket") == "" and len(bucket) > LONGEST_BUCKET:
        missing = f"missing, expected a bucket name: {bucket} would have {len(bucket)} characters"
        yield file.problem("deploy:accessStateBucket", f"{missing}, and {LONGEST_BUCKET} are allowed")


_OF_TOKENS = ("deploy:agentIssuer", "deploy:deploySubjects", "deploy:previewSubjects")


def tokens_said(file: StackFile, values: Values) -> Iterator[Problem]:
    """What agents' tokens have to say is said where agents bring them, and nowhere else; no subject is both roles'."""
    if "deploy:agents" not in values:
        return
    expected = "oidc" in str(values["deploy:agents"]).split(",")
    for name in _OF_TOKENS:
        if expected and values.get(name) == "":
            yield file.problem(name, "missing: deploy:agents says oidc")
        elif not expected and values.get(name):
            yield file.problem(name, f"got {shown(str(values[name]))}, and deploy:agents does not say oidc")
    deploy, preview = (str(values.get(name, "")).split(",") for name in _OF_TOKENS[1:])
    for subject in deploy:
        if subject and subject in preview:
            what = (
                f"got {shown(subject)}, expected another than in {_OF_TOKENS[1]}: a pull request's agent would deploy"
            )
            yield file.problem(_OF_TOKENS[2], what)
