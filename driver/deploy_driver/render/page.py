"""Makes a page that needs nothing else and runs nothing: every value in it is escaped, cleaned and without secrets."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from deploy_driver.record.redaction import readable

_URL = re.compile(r"[!-~]+")
"""What a URL is written in (RFC 3986, section 2): visible ASCII, without a space."""


def page(template: str, **values: Any) -> str:
    """A template of `deploy_driver`, named by its path below that, filled in. `link` in it is this module's."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        autoescape=True,
        finalize=_cleaned,
        loader=FunctionLoader(lambda name: files("deploy_driver").joinpath(name).read_text("utf-8")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(link=link, **values)


def link(url: str) -> str:
    """The URL when it may be one that a person clicks: HTTP or HTTPS, with a host; otherwise empty."""
    if not _URL.fullmatch(url):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc else ""


def _cleaned(value: Any) -> Any:
    """What a person may see of a text; what is HTML already was made here."""
    return readable(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
