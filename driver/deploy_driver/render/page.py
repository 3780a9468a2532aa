"""Makes a page that needs nothing else and runs nothing: every value in it is escaped, cleaned and without secrets."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from deploy_driver.record.redaction import readable

if TYPE_CHECKING:
    from markupsafe import Markup

_URL = re.compile(r"[!-~]+")
"""What a URL is written in (RFC 3986, section 2): visible ASCII, without a space."""

_LONG_WORD = re.compile(r"[^\s`]{20,}")
"""What a phone has no room for in one line."""

_BREAK = re.compile(r"(?<=[/:.,=_@])(?=[A-Za-z])|(?<=\D[/:.,=_@])(?=\d)|(?<=[a-z])(?=[A-Z])")
"""Where a reader takes a breath in an ARN, a URL, a path or a name of several words. A hyphen is such a place to every browser."""

_COMMAND = re.compile(r"`([^`]+)`")


def page(template: str, **values: Any) -> str:
    """A template of `deploy_driver`, named by its path below that, filled in. `link` and `prose` in it are this module's."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        autoescape=True,
        finalize=_cleaned,
        loader=FunctionLoader(lambda name: files("deploy_driver").joinpath(name).read_text("utf-8")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["prose"] = prose
    return environment.get_template(template).render(link=link, **values)


def prose(text: str) -> Markup:
    """A sentence as HTML: what stands in backquotes as code, and long words with places at which a line may end."""
    from markupsafe import Markup, escape

    escaped = _LONG_WORD.sub(lambda word: _BREAK.sub("<wbr>", word[0]), str(escape(readable(text))))
    return Markup(_COMMAND.sub(r"<code>\1</code>", escaped))  # noqa: S704 -- escaped above


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
