"""A simple type in a few lines: its calls, between members that are written from the table of inputs and read back into it.

`members` turns inputs into what a call takes, `inputs_in` turns an answer into inputs again: both follow the table, at any depth.
`attributes` and `inputs_in_attributes` do the same for the services whose calls carry everything as texts (SQS, SNS).
`simple_type` makes of these calls a type that finds nothing where AWS finds nothing, and keeps its tags.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from deploy_sandbox.plugin.errors import code
from deploy_sandbox.plugin.resource import InputKind, OutputProperty, Property, ResourceType, ResourceUpdate
from deploy_sandbox.plugin.tags import own, pairs, retag, unpaired

if TYPE_CHECKING:
    from deploy_sandbox.plugin.account import EnteredAccount
    from deploy_sandbox.plugin.resource import Inputs, State

Table = tuple[Property, ...]


@dataclass(frozen=True)
class Tagging:
    """How a service keeps the tags of a thing: what its calls call the thing (`of`), the calls, and their form."""

    service: str
    of: str
    names: Callable[[EnteredAccount, str], str] = lambda _, id_: id_
    """The thing as the tagging calls name it, by its id."""
    put: str = "tag_resource"
    remove: str = "untag_resource"
    listing: str = "list_tags_for_resource"
    answer: str = "Tags"
    paired: bool = True
    """Tags are a list of pairs, not an object."""
    also: Mapping[str, Any] = field(default_factory=dict)

    def found(self, account: EnteredAccount, id_: str) -> dict[str, str]:
        """The tags that the thing has."""
        listed = self._call(account, self.listing, id_).get(self.answer) or ()
        return unpaired(listed) if self.paired else own(dict(listed))

    def update(self, account: EnteredAccount, id_: str, change: ResourceUpdate) -> None:
        """Set and remove the tags that differ."""
        retag(
            change,
            lambda tags: self._call(account, self.put, id_, Tags=pairs(tags) if self.paired else tags),
            lambda keys: self._call(account, self.remove, id_, TagKeys=keys),
        )

    def _call(self, account: EnteredAccount, operation: str, id_: str, **facts: Any) -> Any:
        return getattr(account.client(self.service), operation)(
            **{self.of: self.names(account, id_)}, **self.also, **facts
        )


@dataclass(frozen=True)
class _SimpleCalls:
    """The calls of a simple type, with what they have in common: nothing found is no error, and tags are kept."""

    read: Callable[[EnteredAccount, str, State], State | None]
    delete: Callable[[EnteredAccount, str, State], Any]
    update: Callable[[EnteredAccount, str, ResourceUpdate], Any] | None
    gone: frozenset[str]
    tagging: Tagging | None
    plain: frozenset[str]
    """The inputs that `update` is called for: all but tags."""

    def found(self, account: EnteredAccount, id_: str, known: State) -> State | None:
        try:
            seen = self.read(account, id_, known)
            if seen is None or self.tagging is None:
                return seen
            return {**seen, "tagsAll": self.tagging.found(account, str(seen["id"]))}
        except ClientError as error:
            if code(error) in self.gone:
                return None
            raise

    def changed(self, account: EnteredAccount, id_: str, change: ResourceUpdate) -> None:
        if self.update is not None and change.touches(*self.plain):
            self.update(account, id_, change)
        if self.tagging is not None:
            self.tagging.update(account, id_, change)

    def removed(self, account: EnteredAccount, id_: str, state: State) -> None:
        try:
            self.delete(account, id_, state)
        except ClientError as error:
            if code(error) not in self.gone:
                raise


def simple_type(
    token: str,
    inputs: Table,
    *,
    outputs: tuple[OutputProperty, ...] = (),
    create: Callable[[EnteredAccount, Inputs], str],
    read: Callable[[EnteredAccount, str, State], State | None],
    delete: Callable[[EnteredAccount, str, State], Any],
    update: Callable[[EnteredAccount, str, ResourceUpdate], Any] | None = None,
    gone: frozenset[str] = frozenset({"ResourceNotFoundException"}),
    tagging: Tagging | None = None,
    completes: frozenset[str] = frozenset(),
    ready: Callable[[EnteredAccount, str], None] | None = None,
) -> ResourceType:
    """A type of these calls. `gone` are the error codes by which AWS says that it is not there; `update` is not asked about tags."""
    plain = frozenset(one.name for one in inputs) - {"tags", "tagsAll"}
    calls = _SimpleCalls(read, delete, update, gone, tagging, plain)
    changed = None if update is None and tagging is None else calls.changed
    return ResourceType(
        token, inputs, outputs, create, calls.found, calls.removed, changed, completes=completes, ready=ready
    )


def member(one: Property) -> str:
    """What AWS calls an input: its own word for it, or the same name with a capital."""
    return one.member or one.name[0].upper() + one.name[1:]


def members(table: Table, inputs: Mapping[str, Any], *, only: frozenset[str] | None = None) -> dict[str, Any]:
    """The inputs that are given (and among `only`) as members of a call."""
    return {
        member(one): _written(one, inputs[one.name])
        for one in table
        if one.in_cloud and one.given and inputs.get(one.name) is not None and (only is None or one.name in only)
    }


def inputs_in(table: Table, answer: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs that an answer tells; None for those of which it says nothing, or nothing but emptiness."""
    return {
        one.name: _read(one, answer.get(member(one)))
        for one in table
        if one.in_cloud and one.given and one.name != "tags"
    }


def attributes(table: Table, inputs: Mapping[str, Any], *, only: frozenset[str] | None = None) -> dict[str, str]:
    """The inputs that are given as texts, `true` and `30` included."""
    return {name: _text(value) for name, value in members(table, inputs, only=only).items()}


def changed_attributes(table: Table, change: ResourceUpdate) -> dict[str, str]:
    """The inputs that differ, as texts: an empty one takes away."""
    nothing = {member(one): "" for one in table if one.name in change.names}
    return {**nothing, **attributes(table, change.new, only=change.names)}


def inputs_in_attributes(table: Table, answer: Mapping[str, str]) -> dict[str, Any]:
    """The inputs that an answer's texts tell."""
    return {one.name: _parsed(one.kind, answer.get(member(one))) for one in table}


def _written(one: Property, value: Any) -> Any:
    if one.kind is InputKind.OBJECT:
        return members(one.fields, value)
    if one.kind in {InputKind.OBJECTS, InputKind.OBJECT_SET}:
        return [members(one.fields, element) for element in value]
    return value


def _read(one: Property, value: Any) -> Any:
    if value is None or (value in ("", [], {}) and one.kind is not InputKind.BOOLEAN):
        return None
    if one.kind is InputKind.OBJECT:
        return _told(inputs_in(one.fields, value)) or None
    if one.kind in {InputKind.OBJECTS, InputKind.OBJECT_SET}:
        return [_told(inputs_in(one.fields, element)) for element in value]
    return value


def _told(found: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if value is not None}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _parsed(kind: InputKind, text: str | None) -> Any:
    if not text:
        return None
    return json.loads(text) if kind in {InputKind.INTEGER, InputKind.BOOLEAN} else text
