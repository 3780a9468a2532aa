"""The plugin with a witness: every AWS operation that it calls is a line of the file named by the first argument."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import botocore

from deploy_sandbox.plugin.__main__ import main

_RECORD = Path(sys.argv[1])


def _witness(session: Any) -> None:
    session.register("before-call", _note)


def _note(**event: Any) -> None:
    operation = event["model"]
    with _RECORD.open("a") as record:
        record.write(f"{operation.service_model.service_id}:{operation.name}\n")


botocore.register_initializer(_witness)
main()
