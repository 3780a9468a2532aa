"""A proof as one page that needs nothing else: for a person who reviews, for an archive, for a phone."""

from __future__ import annotations

from importlib.resources import files

from driver.prove.report import Report
from driver.render.proof import summary
from driver.render.words import duration

TEMPLATE = "proof.html.j2"


def as_html(report: Report) -> str:
    """The whole page. Everything in it is escaped: reasons are AWS's words and carry names that others chose."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(files("driver.render").joinpath(TEMPLATE).read_text("utf-8"))
    return template.render(report=report, summary=summary(report), took=duration(report.seconds))
