"""What a resource type is to this plugin: a table of inputs and outputs, and four functions that make the AWS calls.

Everything else (checking, diffing, previews, defaults, tags, refresh, import, partial failure) follows from the table and is written once,
in `check.py`, `diff.py` and `provider.py`. `docs/how-to/add-a-resource-type-to-the-plugin.md` takes one through adding a type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deploy_sandbox.plugin.account import EnteredAccount

Inputs = Mapping[str, Any]
State = Mapping[str, Any]


class InputKind(Enum):
    """The shape of an input, and with it how two values of it are compared."""

    TEXT = "a string"
    INTEGER = "a whole number"
    NUMBER = "a number"
    BOOLEAN = "true or false"
    DOCUMENT = "a policy document: JSON text, compared by meaning"
    FUNCTION = "a Lambda function: its name or its ARN, compared by name"
    TEXTS = "a list of strings, in any order"
    ORDERED_TEXTS = "a list of strings"
    TEXT_MAP = "an object of strings"
    OBJECT = "an object"
    OBJECTS = "a list of objects"
    OBJECT_SET = "a list of objects, in any order"
    CODE = "an archive, compared by the engine's hash"


@dataclass(frozen=True)
class Property:
    """One input of a resource type, as the real provider names it."""

    name: str
    kind: InputKind = InputKind.TEXT
    required: bool = False
    names: bool = False
    """This is the resource's own name in AWS, so two with the same name cannot exist at once."""
    replaces: bool = False
    """A change of this cannot be made in place: another resource takes its place."""
    default: Any = None
    """What the cloud has when the program says nothing."""
    filled: bool = False
    """The default is written into the inputs, as the real provider does; otherwise it only serves to compare."""
    cloud_decides: bool = False
    """What the program leaves out is whatever the cloud has, and no difference."""
    given: bool = True
    """Whether the program gives it; otherwise Check alone writes it."""
    in_cloud: bool = True
    """Whether AWS can tell it; what it cannot (forceDestroy) lives in the state alone."""
    fields: tuple[Property, ...] = ()
    member: str = ""
    """AWS's own word for it in calls, where that is not the same name with a capital (`simple.py`)."""


@dataclass(frozen=True)
class ResourceUpdate:
    """What an update has to do: both sides, and the inputs that differ."""

    old: State
    new: Inputs
    names: frozenset[str]

    def touches(self, *names: str) -> bool:
        """Whether any of these inputs differ."""
        return not self.names.isdisjoint(names)


@dataclass(frozen=True)
class OutputProperty:
    """A property that only the cloud knows; `moves` says whether an update may change it."""

    name: str
    moves: Callable[[ResourceUpdate], bool] = lambda _: False


@dataclass(frozen=True)
class ResourceType:
    """One type of resource: the table, and the calls.

    `create` makes it and returns its id, `read` returns the inputs and outputs as the cloud has them (None when it is gone), `update`
    changes it in place, `delete` may find it gone. `completes` names the inputs that the creating call cannot carry: right after it,
    `update` is called for them, so that a failure there does not lose the id; `ready` then waits until the thing may be used.
    """

    token: str
    inputs: tuple[Property, ...]
    outputs: tuple[OutputProperty, ...]
    create: Callable[[EnteredAccount, Inputs], str]
    read: Callable[[EnteredAccount, str, State], State | None]
    delete: Callable[[EnteredAccount, str, State], None]
    update: Callable[[EnteredAccount, str, ResourceUpdate], None] | None = None
    completes: frozenset[str] = frozenset()
    ready: Callable[[EnteredAccount, str], None] | None = None

    @property
    def tagged(self) -> bool:
        """Whether the type carries tags, and so the provider's default tags."""
        return any(one.name == "tags" for one in self.inputs)


TAGS = (
    Property("tags", InputKind.TEXT_MAP, default={}),
    Property("tagsAll", InputKind.TEXT_MAP, default={}, given=False),
)
"""The tags that the program gives, and the same with the provider's default tags, which Check fills in as the real provider does."""


def outputs(*names: str) -> tuple[OutputProperty, ...]:
    """Outputs that no update changes."""
    return tuple(OutputProperty(name) for name in names)
