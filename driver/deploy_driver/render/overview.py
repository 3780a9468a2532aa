"""What runs in each account: a table to read, JSON to compute with, or one page for everybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from deploy_driver.record.overview import AccountOverview, Overview, Seen, StackInRun, StackRecord
from deploy_driver.record.redaction import one_line, readable, redact
from deploy_driver.render.page import page
from deploy_driver.render.report import words
from deploy_driver.render.report.words import Headline, Tone
from deploy_driver.render.text import counted, table
from deploy_driver.render.width import wrapped
from deploy_driver.values import Stack

TEMPLATE = "render/overview.html.j2"

TONES = {Seen.LEFT: Tone.BAD, Seen.FAILED: Tone.ATTENTION, Seen.DRIFTED: Tone.ATTENTION, Seen.DEPLOYED: Tone.GOOD}


def as_text(overview: Overview) -> str:
    """The stacks in one table, then what needs somebody, then who may enter."""
    parts = [
        "\n".join(line for text in (_title(overview), headline(overview).text) for line in wrapped(text)),
        table(
            ["STACK", "ACCOUNT", "IS", "VERSION", "COMMIT", "CHANGED", "DRIFT"],
            [[one_line(cell) for cell in _row(stack, record)] for stack, record in overview.stacks],
        ),
        "\n".join(line for _, record in overview.stacks for text in attention(record) for line in wrapped(text)),
        "\n".join(line for account in overview.accounts for text in _entered(account) for line in wrapped(text)),
        "\n".join(wrapped(source(overview))),
    ]
    return readable("\n\n".join(part for part in parts if part))


def as_html(overview: Overview) -> str:
    """One page that needs nothing else. Everything in it is escaped: records carry what users, engines and AWS wrote."""
    count = {seen: sum(record.seen is seen for _, record in overview.stacks) for seen in Seen}
    return page(
        TEMPLATE,
        overview=overview,
        title=_title(overview),
        headline=headline(overview),
        count={seen: number for seen, number in count.items() if number},
        source=source(overview),
        tone=lambda record: TONES.get(record.seen, ""),
        attention=attention,
        commit=commit,
        moment=moment,
        drift=drift,
        proof=proof,
    )


def as_json(overview: Overview) -> Mapping[str, Any]:
    """The accounts as `--format json` promises them."""
    body = {
        "project": overview.project,
        "cloud": overview.cloud,
        "at": datetime.fromtimestamp(overview.at, UTC).isoformat(timespec="seconds"),
        "verdict": headline(overview).text,
        "runs": overview.runs,
        "since": overview.since,
        "accounts": [
            {
                "account": account.account,
                "mayEnter": [asdict(one) for one in account.may_enter],
                "stacks": [_stack_json(stack, record) for stack, record in account.stacks],
            }
            for account in overview.accounts
        ],
    }
    redacted: Mapping[str, Any] = redact(body)
    return redacted


def headline(overview: Overview) -> Headline:
    """The first thing to know."""
    found = [record for _, record in overview.stacks]
    by_seen = {seen: [record.stack for record in found if record.seen is seen] for seen in Seen}
    said = [
        f"{words.stack_names(names)}: {seen}" for seen, names in by_seen.items() if names and seen is not Seen.DEPLOYED
    ]
    tone = next((TONES[seen] for seen in TONES if by_seen[seen]), Tone.GOOD)
    text = "; ".join(said) or f"All {len(found)} stacks are as they were deployed, as far as is on record"
    return Headline(tone, f"{text}.")


def attention(record: StackRecord) -> Iterator[str]:
    """What somebody has to do about a stack; nothing where all is well."""
    if record.left:
        stack, run = record.left.stack, record.left.run
        why = stack.cause or stack.reason or "its record has no end"
        yield f"{record.stack}: {run.operation} of run {run.run} {stack.result or 'did not end'}: {why}"
        if stack.remedy:
            yield f"  what to do: {stack.remedy}"
    if record.drifted and record.looked:
        found = counted(record.drifted, "difference")
        yield f"{record.stack}: {found} that nobody answers for; `deploy report {record.looked.run.run}` shows them"
    if record.proved and record.proved.stack.wrong:
        yield f"{record.stack}: {proof(record.proved)}; `deploy prove` shows them"


def commit(one: StackInRun | None) -> str:
    """The commit of what runs there, as much of it as a person compares; empty where it is not on record."""
    return words.commit(one.run.commit) if one else ""


def moment(one: StackInRun | None) -> str:
    """When the run began: `2026-11-23 01:02`, UTC."""
    return one.run.began[:16].replace("T", " ") if one else ""


def drift(record: StackRecord) -> str:
    """What the newest look has found."""
    return "unknown" if record.drifted is None else str(record.drifted or "none")


def proof(one: StackInRun | None) -> str:
    """What the newest proof of who may enter has come to."""
    if one is None:
        return "none on record"
    return f"{one.stack.wrong or 'none'} of {counted(one.stack.cases, 'case')} went wrong"


def source(overview: Overview) -> str:
    """What all this is from."""
    runs = counted(overview.runs, "run")
    since = f" since {overview.since[:10]}" if overview.since else ""
    return f"From the records of {runs}{since}, and from the settings; nobody asked AWS. `deploy doctor` and `deploy drift` do."


def _title(overview: Overview) -> str:
    return f"{overview.project} on {words.cloud(overview.cloud)}, {words.moment(overview.at)}"


def _row(stack: Stack, record: StackRecord) -> list[str]:
    version = record.deployed.stack.version if record.deployed else ""
    return [
        stack.name,
        stack.account,
        record.seen,
        version,
        commit(record.deployed),
        moment(record.changed)[:10],
        drift(record),
    ]


def _entered(account: AccountOverview) -> Iterator[str]:
    """Who may enter, and what the newest proof of that has come to."""
    for one in account.may_enter:
        yield f"{account.account} {one.role}: {one.who}"
    yield f"{account.account} last proof{f' {moment(account.proved)}' if account.proved else ''}: {proof(account.proved)}"


def _stack_json(stack: Stack, record: StackRecord) -> Mapping[str, Any]:
    deployed = record.deployed
    return {
        "stack": stack.name,
        "layer": stack.layer.value,
        "region": stack.region,
        "is": record.seen.value,
        "version": deployed.stack.version if deployed else "",
        "commit": deployed.run.commit if deployed else "",
        "deployed": _run_json(deployed),
        "changed": _run_json(record.changed),
        "left": _run_json(record.left),
        "looked": _run_json(record.looked),
        "drifted": record.drifted,
        "proved": _run_json(record.proved),
        "wrong": record.proved.stack.wrong if record.proved else None,
    }


def _run_json(one: StackInRun | None) -> Mapping[str, Any] | None:
    if one is None:
        return None
    run, stack = one.run, one.stack
    return {
        "run": run.run,
        "operation": run.operation,
        "began": run.began,
        "by": run.by,
        "approvedBy": run.approved_by,
        "result": stack.result,
        "cause": stack.cause or stack.reason,
        "remedy": stack.remedy,
    }
