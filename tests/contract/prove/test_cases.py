"""What all cases of the proof have in common."""

from __future__ import annotations

import re
from dataclasses import replace

from deploy_driver.assurance.prove import proof
from deploy_driver.assurance.prove.case import CaseAnswer, ProofCase
from deploy_driver.assurance.prove.facts import CreatedThings
from tests.contract.prove.documents import documents, facts, verdicts

ID = re.compile(r"[a-z-]+(\.[A-Za-z0-9:*-]+)+(@[a-z0-9-]+)?")


def every() -> list[ProofCase]:
    staged = replace(facts(), created={target.account: CreatedThings("api") for target in facts().known})
    tried = [*proof.executed(staged), *proof.evaluated(staged)]
    return [*(trial.case for trial in tried), *(verdict.case for verdict in verdicts(documents()))]


def test_an_id_is_one_case_and_says_what_it_is_about() -> None:
    cases = {case.id: case for case in every()}
    assert [case for case in cases if not ID.fullmatch(case)] == []
    tried = [trial.case.id for trial in [*proof.executed(facts()), *proof.evaluated(facts())]]
    assert len(tried) == len(set(tried))
    assert all(case.id.startswith(f"{case.group}.") for case in cases.values())


def test_every_refusal_has_a_twin_that_is_allowed() -> None:
    cases = {case.id: case for case in every()}
    alone = [case.id for case in cases.values() if case.expected is CaseAnswer.REFUSED and not case.twin]
    assert alone == []
    wrong = [
        (case.id, case.twin)
        for case in cases.values()
        if case.twin and (case.twin not in cases or cases[case.twin].expected is case.expected)
    ]
    assert wrong == []


def test_a_case_is_a_sentence_about_somebody() -> None:
    assert [case.id for case in every() if len(case.sentence.split()) < 3] == []
