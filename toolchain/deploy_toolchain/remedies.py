"""The remedies for tools that cannot be had, by name; deploy_driver/remedies.py says which of them tests carry out."""

from __future__ import annotations

from deploy_project.remedy import Remedy

OBTAIN_ENGINE = Remedy(
    "run `deploy setup`, which fetches it from its vendor or from the mirror that DEPLOY_VENDOR names, or builds it where Go 1.26.6 "
    "or newer is installed; or install Pulumi {oldest} or newer (below 4) and put it on PATH, or name it in DEPLOY_PULUMI"
)
OBTAIN_PLUGIN = Remedy(
    "run `DEPLOY_PLUGIN=real deploy setup`, which fetches it from its vendor or from the mirror that DEPLOY_VENDOR names; "
    "or copy {folder} from a machine that has it into ~/.pulumi/plugins; in a sandbox, DEPLOY_PLUGIN=stand-in runs without it"
)
OBTAIN_ENGINE_AGAIN = Remedy("find out who replaced it, then remove {folder} and run `deploy setup`")
OBTAIN_PLUGIN_AGAIN = Remedy("find out who replaced it, then remove {folder} and run `DEPLOY_PLUGIN=real deploy setup`")
OTHER_ENGINE = Remedy("name another engine in DEPLOY_PULUMI")
CORRECT_PULUMI = Remedy("correct DEPLOY_PULUMI, or unset it.")
CORRECT_VENDOR = Remedy("correct DEPLOY_VENDOR, or unset it")
NAME_CACHE = Remedy(
    "set DEPLOY_CACHE to a folder that this user may write, such as DEPLOY_CACHE=/var/cache/deploy; or set HOME"
)
REMOVE_HOME = Remedy("remove {home}: the next command makes it anew")
