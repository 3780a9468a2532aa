"""What the engine asks of a provider, in plain values: check, diff, create, read, update, delete.

Each is the same for every type; what differs is in the type's table and its four functions (`resource.py`).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from deploy_sandbox.plugin.autonaming import DEFAULTS
from deploy_sandbox.plugin.check import checked
from deploy_sandbox.plugin.diff import Difference, differences, same
from deploy_sandbox.plugin.errors import HalfMadeError, InputFailure, PluginError, explained
from deploy_sandbox.plugin.registry import resource_type
from deploy_sandbox.plugin.resource import Inputs, Property, ResourceType, ResourceUpdate, State
from deploy_sandbox.plugin.settings import settings
from deploy_sandbox.plugin.wire import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deploy_sandbox.plugin.account import EnteredAccount
    from deploy_sandbox.plugin.autonaming import Naming


class Provider:
    """One configured provider: the engine starts one plugin process for each `aws.Provider` of a stack."""

    def __init__(self) -> None:
        self.cancelled = threading.Event()
        self._account: EnteredAccount | None = None

    def configure(self, given: Mapping[str, Any]) -> None:
        """Enter the account; with unknown values in the configuration, stay out and make no calls."""
        wanted = settings(given)
        if wanted is not None:
            from deploy_sandbox.plugin.account import enter

            self._account = enter(wanted, self.cancelled)

    @property
    def account(self) -> EnteredAccount:
        """The account entered. PluginError when the configuration is not known yet."""
        if self._account is None:
            raise PluginError("the provider's configuration is not fully known yet, so AWS cannot be asked")
        return self._account

    def check(
        self, token: str, given: Inputs, naming: Naming | None = None
    ) -> tuple[dict[str, Any], tuple[InputFailure, ...]]:
        """The inputs with defaults, all tags and a name; or why they are refused."""
        try:
            kind = resource_type(token)
        except PluginError as error:
            return dict(given), (InputFailure("", str(error)),)
        return checked(kind, given, self._account.default_tags if self._account else {}, naming)

    def diff(self, token: str, state: State, wanted: Inputs) -> tuple[Difference, ...]:
        """What has to change."""
        return differences(resource_type(token), state, wanted)

    def create(self, token: str, subject: str, inputs: Inputs, *, preview: bool) -> tuple[str, dict[str, Any]]:
        """Make it; HalfMadeError when it exists but could not be finished. A preview makes no call and has no id."""
        kind = resource_type(token)
        if preview:
            return "", {**_bare(inputs), **{one.name: UNKNOWN for one in kind.outputs}}
        try:
            made = kind.create(self.account, inputs)
        except Exception as error:
            raise explained(error, subject=subject) from error
        try:
            self._complete(kind, made, inputs)
            return made, self._state(kind, made, inputs)
        except Exception as error:
            reason = str(explained(error, subject=subject))
            raise HalfMadeError(reason, id_=made, state=self._what_is_there(kind, made, inputs)) from error

    def read(
        self, token: str, subject: str, id_: str, inputs: Inputs, state: State
    ) -> tuple[str, dict[str, Any], dict[str, Any]] | None:
        """Its id, state and inputs as the cloud has them; None when it is gone. Without `inputs` it is an import."""
        kind = resource_type(token)
        try:
            known = {**_bare(inputs), **state}
            live = kind.read(self.account, id_, known)
        except Exception as error:
            raise explained(error, subject=subject) from error
        if live is None:
            return None
        found = _as_known(kind, live, known, self.account.default_tags)
        return str(live["id"]), found, _inputs(kind, found, inputs)

    def update(
        self, token: str, subject: str, id_: str, state: State, wanted: Inputs, *, preview: bool
    ) -> dict[str, Any]:
        """Change it in place, and its state afterwards; a preview makes no call."""
        kind = resource_type(token)
        change = ResourceUpdate(state, wanted, frozenset(one.name for one in differences(kind, state, wanted)))
        if preview:
            return {
                **_bare(wanted),
                **{one.name: UNKNOWN if one.moves(change) else state.get(one.name, UNKNOWN) for one in kind.outputs},
            }
        try:
            if kind.update is not None and change.names:
                kind.update(self.account, id_, change)
            return self._state(kind, id_, wanted)
        except Exception as error:
            raise explained(error, subject=subject) from error

    def delete(self, token: str, subject: str, id_: str, state: State) -> None:
        """Delete it; that it is gone already is fine."""
        try:
            resource_type(token).delete(self.account, id_, state)
        except Exception as error:
            raise explained(error, subject=subject) from error

    def _complete(self, kind: ResourceType, made: str, inputs: Inputs) -> None:
        rest = frozenset(name for name in kind.completes if inputs.get(name))
        if kind.update is not None and rest:
            kind.update(self.account, made, ResourceUpdate({}, inputs, rest))
        if kind.ready is not None:
            kind.ready(self.account, made)

    def _state(self, kind: ResourceType, id_: str, inputs: Inputs) -> dict[str, Any]:
        live = kind.read(self.account, id_, _bare(inputs))
        if live is None:
            raise PluginError(f"{id_} was not there when it was read right after the change")
        return _as_known(kind, live, inputs, self.account.default_tags)

    def _what_is_there(self, kind: ResourceType, made: str, inputs: Inputs) -> dict[str, Any]:
        """The state of something half made: what the cloud says, else what the creating call carried."""
        try:
            return self._state(kind, made, inputs)
        except Exception:  # noqa: BLE001 -- the first failure is the one to report; this one only means that less is known
            return {key: value for key, value in _bare(inputs).items() if key not in kind.completes}


def _bare(inputs: Inputs) -> dict[str, Any]:
    return {key: value for key, value in inputs.items() if key != DEFAULTS}


def _as_known(kind: ResourceType, live: State, known: State, default_tags: Mapping[str, str]) -> dict[str, Any]:
    """The cloud's state, in the words that are known already wherever they mean the same."""
    seen = dict(live)
    if kind.tagged:
        seen["tags"] = _own_tags(live.get("tagsAll") or {}, known.get("tags") or {}, default_tags)
    found: dict[str, Any] = {"id": live["id"]}
    for one in kind.inputs:
        value = seen.get(one.name) if one.in_cloud or one.name in seen else known.get(one.name, one.default)
        if one.name in known and same(one, value, known[one.name]):
            value = known[one.name]
        found[one.name] = value
    found.update({one.name: live.get(one.name) for one in kind.outputs})
    return {key: value for key, value in found.items() if value is not None}


def _own_tags(all_tags: Mapping[str, str], known: Mapping[str, str], default_tags: Mapping[str, str]) -> dict[str, str]:
    """The tags that are the resource's own: not merely the provider's defaults."""
    return {key: value for key, value in all_tags.items() if key in known or default_tags.get(key) != value}


def _inputs(kind: ResourceType, found: State, old: Inputs) -> dict[str, Any]:
    """The inputs that would make what was found: those of the program, and whatever else is not as the cloud would have it by itself."""
    inputs: dict[str, Any] = {}
    for one in kind.inputs:
        value = found.get(one.name)
        told = one.name in old
        if value is not None and (told or _unasked(one, value, imported=not old)):
            inputs[one.name] = old[one.name] if told and same(one, value, old[one.name]) else value
    return {**inputs, DEFAULTS: old.get(DEFAULTS, [])}


def _unasked(one: Property, value: Any, *, imported: bool) -> bool:
    """Whether a value that the program did not give is still something to tell: it is not as the cloud would have it by itself."""
    if one.cloud_decides:
        return imported
    return one.given and (one.filled or not same(one, value, one.default))
