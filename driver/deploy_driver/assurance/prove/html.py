"""A proof as one page that needs nothing else: for a person who reviews, for an archive, for a phone."""

from __future__ import annotations

from deploy_driver.assurance.prove.report import Report
from deploy_driver.render.page import page
from deploy_driver.render.text import duration

TEMPLATE = "assurance/prove/proof.html.j2"


def as_html(report: Report) -> str:
    """The whole page. Everything in it is escaped: reasons are AWS's words and carry names that others chose."""
    return page(TEMPLATE, report=report, took=duration(report.seconds))
