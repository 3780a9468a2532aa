"""The provider protocol's messages, without starting the Pulumi SDK.

`import pulumi.runtime.proto` first runs `pulumi/__init__.py`, 0.4 s that every stack would wait for. The generated modules need nothing of
it, so they are loaded from the same folder under a package of their own.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

_PACKAGE = "deploy_sandbox.plugin._protocol"


def _package() -> None:
    spec = find_spec("pulumi")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("the sandbox's AWS plugin needs the pulumi package: it brings the provider protocol")
    package = ModuleType(_PACKAGE)
    package.__path__ = [str(Path(spec.submodule_search_locations[0], "runtime", "proto"))]
    sys.modules[_PACKAGE] = package


_package()
provider: Any = import_module(f"{_PACKAGE}.provider_pb2")
plugin: Any = import_module(f"{_PACKAGE}.plugin_pb2")


def status() -> Any:
    """`google.rpc.Status`; loaded only when there is a half-made resource to tell of."""
    return import_module(f"{_PACKAGE}.status_pb2").Status
