"""From a recording to everything that deploying it takes: which action, on what, narrowed how. Roles, needs and ceilings come from it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from deploy_infra.policies.document import Conditions
from deploy_infra.policies.place import AUTONAMED, Place, name_of, parent_of
from deploy_infra.policies.recorded import Recorded, Recording
from deploy_infra.policies.resource_types import Phase, Request, ResourceType, Scope, refused, resource_types
from deploy_project.seam import NamedThing
from deploy_project.stacks import RoleKind, target_role_arn

GRANT = "deploy:service:Grant"
EXECUTION_ROLE = "deploy:service:ExecutionRole"
"""Components that say what no resource says: rights by hand, and what a function runs as."""

_INPUT = re.compile(r"\$\{input:([^}]+)\}")
_ENGINE = "pulumi:"
_PERMISSION = "aws:lambda/permission:Permission"
_FUNCTION = "aws:lambda/function:Function"


class Narrowing(StrEnum):
    """What else must hold of a request, beside the ARN."""

    NOTHING = "nothing"
    BORN = "born with the stack's tags"
    TAGGED = "tagged as the stack's where it is nobody's yet"
    SEEN = "carries the stack's tags, or none"
    OURS = "carries the stack's tags"
    PASSED = "passed to a service"
    CALLED = "lets a service call"


@dataclass(frozen=True)
class Want:
    """One action that deploying one kind of resource takes.

    `made` is the resource in the program's words, `to` is the service that a role is passed to, or that may call. `shape` is
    the ARN's template: actions on things of one shape stand in one statement.
    """

    kind: str
    made: str
    phase: Phase
    operation: str
    action: str
    resources: tuple[str, ...]
    narrowing: Narrowing = Narrowing.NOTHING
    to: str = ""
    shape: str = "*"

    @property
    def name(self) -> str:
        """What the program calls the resource."""
        return self.made.partition(" ")[2]

    @property
    def reads(self) -> bool:
        """Whether a preview makes this request too."""
        return self.phase in {Phase.READ, Phase.PLAN}


@dataclass(frozen=True)
class Grant:
    """Actions on things, as the program says them: for a function, or by hand for whoever deploys."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Grant:
        """From what a component registered."""
        return cls(tuple(said["actions"]), tuple(said["resources"]))


@dataclass(frozen=True)
class ExecutionRole:
    """What something of the service runs as. `name` is what its documents are called after.

    `log_group` is empty where it writes none; `retention` is in days.
    """

    name: str
    role: str
    runs_in: str
    log_group: str
    retention: int
    may: tuple[Grant, ...]

    @classmethod
    def of(cls, resource: Recorded) -> ExecutionRole:
        """From what the component registered."""
        said = resource.inputs
        may = tuple(Grant.of(part) for part in said.get("may", ()))
        return cls(
            f"{resource.name}-execution",
            said["role"],
            said["runsIn"],
            said.get("logGroup", ""),
            int(said.get("retention", 0)),
            may,
        )


@dataclass(frozen=True)
class DeclaredService:
    """What one stack of a service takes where its account admits these services, and why it cannot be had: `problems`.

    `alarms` are the names of those that are watched while it soaks.
    """

    recording: Recording
    admitted: frozenset[str]
    wants: tuple[Want, ...]
    grants: tuple[Grant, ...]
    roles: tuple[ExecutionRole, ...]
    problems: tuple[str, ...]
    alarms: tuple[str, ...] = ()

    @property
    def place(self) -> Place:
        """Which stack it is, and where."""
        return self.recording.place

    def named(self, kind: str) -> Mapping[str, str]:
        """What the resources of one type are called in AWS, by the names that the program gives them; not those that the engine names."""
        known = resource_types()[kind]
        made = {each.name: name_of(known, each.name, each.inputs, self.place) for each in self.recording.of(kind)}
        return {name: called for name, called in made.items() if AUTONAMED not in called}

    @property
    def things(self) -> tuple[NamedThing, ...]:
        """Everything that has a name of its own, also where the engine makes the name up."""
        named = {
            token: kind
            for token, kind in resource_types().items()
            if kind.scope is Scope.NAME and kind.name and not kind.parent
        }
        found = ((named[each.type], each) for each in self.recording.resources if each.type in named)
        called = ((kind, each.name, name_of(kind, each.name, each.inputs, self.place)) for kind, each in found)
        return tuple(
            NamedThing(kind.type, name, call, self.place.filled(kind.arns[0], call)) for kind, name, call in called
        )


def service_of(recording: Recording, admitted: frozenset[str]) -> DeclaredService:
    """Everything that deploying this recording takes, where the account admits these services."""
    grants = tuple(Grant.of(each.inputs) for each in recording.of(GRANT))
    roles = tuple(ExecutionRole.of(each) for each in recording.of(EXECUTION_ROLE))
    known = resource_types()
    wants: dict[Want, None] = {}
    problems: list[str] = []
    for each in filter(_is_aws, recording.resources):
        if each.type in known:
            declared = _Declared(each, known[each.type], recording.place)
            wants |= dict.fromkeys(declared.wants())
            problems += declared.problems(grants)
        elif not grants:
            problems.append(_of_unknown_type(each))
    service = DeclaredService(recording, admitted, tuple(wants), grants, roles, ())
    problems += [*_without_provider(recording), *_without_log(recording, roles)]
    return replace(service, problems=(*problems, *_unadmitted(service)))


def narrowed(want: Want, place: Place) -> Conditions | None:
    """The conditions that narrow the things which have no name of their own, or that could be given away.

    AWS chooses the ids of such things, so one is ours by its tags: it must be born with them, only what carries them may be
    changed, and it cannot be changed into another's. Reading allows absent tags, because what is deleted has none and must
    be answered "not found", not "forbidden": that is how drift is seen.
    """
    requested, carried = _tags("aws:RequestTag", place), _tags("aws:ResourceTag", place)
    conditions: Mapping[Narrowing, Conditions | None] = {
        Narrowing.NOTHING: None,
        Narrowing.BORN: {"StringEquals": requested},
        Narrowing.TAGGED: {"StringEquals": requested, "Null": dict.fromkeys(carried, "true")},
        Narrowing.SEEN: {"StringEqualsIfExists": carried},
        Narrowing.OURS: {"StringEquals": carried, "StringEqualsIfExists": requested},
        Narrowing.PASSED: {"StringEquals": {"iam:PassedToService": want.to}},
        Narrowing.CALLED: {"StringEquals": {"lambda:Principal": want.to}},
    }
    return conditions[want.narrowing]


def contexts(want: Want, place: Place) -> tuple[Mapping[str, str], ...]:
    """The condition keys of the requests that this stands for, as AWS would give them."""
    requested, carried = _tags("aws:RequestTag", place), _tags("aws:ResourceTag", place)
    found: Mapping[Narrowing, tuple[Mapping[str, str], ...]] = {
        Narrowing.NOTHING: ({},),
        Narrowing.BORN: (requested,),
        Narrowing.TAGGED: (requested,),
        Narrowing.SEEN: (carried, {}),
        Narrowing.OURS: (carried, {**carried, **requested}),
        Narrowing.PASSED: ({"iam:PassedToService": want.to},),
        Narrowing.CALLED: ({"lambda:Principal": want.to},),
    }
    return found[want.narrowing]


def covered(arns: Iterable[str]) -> list[str]:
    """Each pattern once, and none that another one covers."""
    once = list(dict.fromkeys(arns))
    return [arn for arn in once if not any(other != arn and fnmatchcase(arn, other) for other in once)]


def service_word(action: str) -> str:
    """The service of an action: the word by which an administrator admits it."""
    return action.partition(":")[0]


def _is_aws(resource: Recorded) -> bool:
    return resource.custom and not resource.type.startswith(_ENGINE)


def _own_service(want: Want) -> bool:
    return resource_types()[want.kind].service == service_word(want.action)


def _tags(kind: str, place: Place) -> Mapping[str, str]:
    return {f"{kind}/deploy:project": place.project, f"{kind}/deploy:stack": place.stack}


def _unadmitted(service: DeclaredService) -> Iterator[str]:
    """For each service that the account does not admit: what asks for it, and what an administrator does about it.

    A resource asks for its own service; what it takes of others, such as the key of a table, comes with it.
    """
    asked = [(want.made, want.action) for want in service.wants if _own_service(want)]
    asked += [("here.grant", action) for grant in service.grants for action in grant.actions]
    asked += [
        (f"may of {role.name}", action) for role in service.roles for grant in role.may for action in grant.actions
    ]
    who: dict[str, dict[str, None]] = {}
    for name, action in asked:
        who.setdefault(service_word(action), {})[name] = None
    for word in sorted(who.keys() - service.admitted):
        yield unadmitted(word, list(who[word]))


def unadmitted(word: str, who: Sequence[str]) -> str:
    """What to say of a service that the account does not admit: what asks for it, and what an administrator does about it."""
    return (
        f'{word} is asked for by {", ".join(who)}, and the accounts do not admit it: an administrator adds "{word}" '
        "to `services` under [access] in deploy.toml, and runs `deploy bootstrap`"
    )


@dataclass(frozen=True)
class _Declared:
    """One recorded resource of a known type, and what making, changing, looking at and deleting it takes."""

    recorded: Recorded
    kind: ResourceType
    place: Place

    @cached_property
    def name(self) -> str:
        """What it is called in AWS."""
        return name_of(self.kind, self.recorded.name, self.recorded.inputs, self.place)

    @cached_property
    def parent(self) -> str:
        """What the thing is called that it belongs to."""
        return parent_of(self.kind, self.recorded.inputs)

    def wants(self) -> Iterator[Want]:
        """All that it takes, in order."""
        for phase, operations in self.kind.calls.items():
            for operation, requests in operations.items():
                for request in requests:
                    if _given(request.when, self.recorded.inputs):
                        yield from self._want(self._phase(phase, operation), operation, request)

    def _phase(self, phase: Phase, operation: str) -> Phase:
        """Whatever is done to a resource, the provider looks at it too."""
        return Phase.READ if operation in self.kind.calls.get(Phase.READ, {}) else phase

    def _want(self, phase: Phase, operation: str, request: Request) -> Iterator[Want]:
        if resources := tuple(self._arns(request.on)):
            narrowing, to = self._narrowing(phase, request)
            made, shape = str(self.recorded), _shape(request.on)
            yield Want(self.kind.type, made, phase, operation, request.action, resources, narrowing, to, shape)

    def _narrowing(self, phase: Phase, request: Request) -> tuple[Narrowing, str]:
        if request.passed_to:
            return Narrowing.PASSED, request.passed_to
        if request.action == "lambda:AddPermission" and self.kind.type == _PERMISSION:
            return Narrowing.CALLED, str(self.recorded.inputs.get("principal", ""))
        if self.kind.scope is not Scope.TAG or service_word(request.action) != self.kind.service:
            return Narrowing.NOTHING, ""
        return self._by_tag(phase, request.on), ""

    def _by_tag(self, phase: Phase, on: str) -> Narrowing:
        if phase in {Phase.READ, Phase.PLAN}:
            return Narrowing.NOTHING if on == "*" else Narrowing.SEEN
        # What is part of a thing with tags, such as an API's stage, is made where those tags are: its ARN is below the thing's.
        # An event source mapping's is not, though it belongs to a function.
        part = "/" in on and self.parent == "*"
        if phase is not Phase.CREATE or not self.kind.taggable or part:
            return Narrowing.OURS
        if on == "*" or not on.endswith("*"):
            return Narrowing.BORN
        # API Gateway asks for the right to tag where it is made, every other service on the new thing itself.
        return Narrowing.OURS if self.kind.service == "apigateway" else Narrowing.TAGGED

    def _arns(self, on: str) -> Iterator[str]:
        filled = self.place.filled(on, self.name, self.parent)
        if found := _INPUT.search(filled):
            for value in _texts(_at(self.recorded.inputs, found[1])):
                if found[0] != filled or value.startswith("arn:"):
                    yield filled.replace(found[0], value)
        else:
            yield filled

    def problems(self, grants: Iterable[Grant]) -> Iterator[str]:
        """Why the roles of a stack cannot hold it. What is given by hand may be called as it likes."""
        kind, name = self.kind, self.name
        arn = self.place.filled(kind.arns[0], name)
        by_hand = any(fnmatchcase(arn, pattern) for grant in grants for pattern in grant.resources)
        if kind.scope is Scope.NAME and not kind.parent and not self.place.owns(name) and not by_hand:
            wanted = f'here.name("{self.recorded.name}")'
            if self.place.begins(name):
                stacks = " or ".join(self.place.beside)
                yield f"{self.recorded}: it is called {name!r}, as things of the stack {stacks} are: give it another name"
            else:
                owned = f"what a stack owns begins with {self.place.prefix!r}: use {wanted}"
                yield f"{self.recorded}: it is called {name!r}; {owned}"
        if kind.longest and len(name) > kind.longest:
            yield f"{self.recorded}: its name {name!r} has {len(name)} characters, AWS takes {kind.longest}"


def _without_provider(recording: Recording) -> Iterator[str]:
    """Resources that would be made by whoever runs the program, in an account that nobody chose."""
    if made := [str(each) for each in filter(_is_aws, recording.resources) if not each.provider]:
        yield (
            f"{', '.join(made)}: no provider says in which account; call `here = this_stack(__file__)` "
            "(from deploy_infra.service import this_stack) before the first resource: it gives them this stack's"
        )


def _without_log(recording: Recording, roles: Iterable[ExecutionRole]) -> Iterator[str]:
    """Functions that run as a role which may write another log than theirs: they would write none."""
    groups = {
        target_role_arn(recording.place.account, RoleKind.EXECUTION, role.role): role.log_group
        for role in roles
        if role.log_group
    }
    known = resource_types()[_FUNCTION]
    for each in recording.of(_FUNCTION):
        group, name = groups.get(each.inputs.get("role", "")), name_of(known, each.name, each.inputs, recording.place)
        if group and group != f"/aws/lambda/{name}" and "loggingConfig" not in each.inputs:
            own = group.removeprefix("/aws/lambda/")
            yield f"{each}: it is called {name!r}, and its role may write the log of {own!r} only: give it that name"


def _of_unknown_type(resource: Recorded) -> str:
    """Why no rights follow from a resource, and what to do."""
    reasons = (why for pattern, why in refused().items() if fnmatchcase(resource.type, pattern))
    why = next(reasons, "what the AWS provider calls for it is not known here")
    if resource.type.startswith("aws:iam/role"):
        return f"{resource}: {why}; here.execution_role(NAME, may=[…]) is the ARN of a role that is made there"
    return f"{resource}: {why}; give the rights it takes with here.grant([actions], arn)"


def _shape(on: str) -> str:
    return on.replace("${parent}", "${name}")


def _given(when: str, inputs: Mapping[str, Any]) -> bool:
    """Whether one of these inputs is said; what is said to be false, such as `forceDestroy`, is true in another run."""
    return not when or any(_at(inputs, path) not in (None, "", [], {}) for path in when.split("|"))


def _at(inputs: Any, path: str) -> Any:
    """The value at a dotted path; a list on the way is taken item by item."""
    for step in path.split("."):
        if isinstance(inputs, list):
            inputs = [part.get(step) for part in inputs if isinstance(part, dict)]
        else:
            inputs = inputs.get(step) if isinstance(inputs, dict) else None
    return inputs


def _texts(value: Any) -> Iterator[str]:
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, str) and part:
            yield part
