"""No credentials and no secret in what a run prints, keeps or stores: looked for in every file and stream of all verbs."""

from __future__ import annotations

import os
import re
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deploy_driver.adapters.engine.workdir import state_url
from deploy_driver.values import Backend
from deploy_sandbox.plugin.launcher import write_launcher
from deploy_toolchain import Search, find
from tests.contract.hosts.conftest import on_github
from tests.contract.hosts.server import Fault, GitHubServer, listening
from tests.e2e.planted import STATE, Place, Planted, found, places
from tests.e2e.project import Ended, Project

KEY = re.compile(rb"ASIA[A-Z0-9]{12,}")

PROGRAM = """
import base64
configured = pulumi.Config("app")
pulumi.export("token", configured.require_secret("token"))
pulumi.export("public", configured.require("public"))
print(configured.require("public"), "printed")
for text in (configured.get("spoken") or "", configured.require("token")):
    print("printed:", text, [text], base64.b64encode(text.encode()).decode(), text.encode().hex())
"""


def planted() -> Planted:
    return Planted(f"Pl4nt3d{uuid.uuid4().hex[:20]}")


@dataclass
class Story:
    """A user's project with secrets in it, and all that its commands said.

    `public` is planted wherever a secret is: the search must find it, or it could not have found the secrets.
    """

    project: Project
    out: Path
    old: Planted = field(default_factory=planted)
    new: Planted = field(default_factory=planted)
    spoken: Planted = field(default_factory=planted)
    by_hand: Planted = field(default_factory=planted)
    ambient: Planted = field(default_factory=planted)
    token: Planted = field(default_factory=planted)
    public: Planted = field(default_factory=planted)
    ended: list[tuple[str, Ended]] = field(default_factory=list)

    def deploy(self, *arguments: str, code: int = 0, env: Mapping[str, str] | None = None) -> Ended:
        """Run a verb, with a secret in its environment, and keep what it said."""
        done = self.project.deploy(*arguments, env={"DATABASE_PASSWORD": self.ambient.text, **(env or {})})
        self.ended.append((" ".join(arguments), done))
        assert done.code == code, done
        return done

    def configure(self, key: str, value: Planted) -> None:
        """What a user types: `pulumi config set --secret`, encrypted by the stack's key."""
        tools, sandbox = find(write_launcher, search=Search.of(os.environ)), self.project.sandbox
        identity = sandbox.environment("jenkins-deploy")
        backend = Backend("111111111111", sandbox.region, STATE, "alias/deploy-state")
        done = subprocess.run(
            [tools.engine.path, "config", "set", "--non-interactive", "--stack", "dev", "--secret", key],
            cwd=self.project.root,
            env={
                "PATH": "/usr/local/bin:/usr/bin:/bin",
                "HOME": str(self.project.root),
                **identity,
                "PULUMI_HOME": str(tools.pulumi_home),
                "PULUMI_BACKEND_URL": state_url(backend, identity),
                "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true",
                "PULUMI_SKIP_UPDATE_CHECK": "true",
            },
            input=value.text,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def variables(self, **values: str) -> None:
        """Somebody changes the function by hand, in the account."""
        function = self.project.client("dev", "lambda")
        now = function.get_function_configuration(FunctionName="items-dev")["Environment"]["Variables"]
        function.update_function_configuration(FunctionName="items-dev", Environment={"Variables": {**now, **values}})


@pytest.fixture
def story(project: Project) -> Story:
    """The service, whose function is given a token; and the stack of dev, so that there is a key to encrypt with."""
    out = project.root / "out"
    out.mkdir()
    (project.root / ".gitignore").write_text(".deploy/\nout/\n", "utf-8")
    made = Story(project, out)
    made.deploy("up", "--stacks", "dev")
    _replace(
        project.root / "infra" / "__main__.py",
        '"STACK": here.stack,',
        '"STACK": here.stack, "TOKEN": pulumi.Config("app").require_secret("token"),'
        ' "PUBLIC": pulumi.Config("app").require("public"),',
    )
    with (project.root / "infra" / "__main__.py").open("a", encoding="utf-8") as program:
        program.write(PROGRAM)
    with (project.root / "Pulumi.dev.yaml").open("a", encoding="utf-8") as settings:
        settings.write(f"  app:public: {made.public.core}\n")
    return made


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text, file
    file.write_text(text.replace(old, new), "utf-8")


def tell(story: Story) -> None:
    """Everything that is done to a stack, and everything that is asked about it afterwards."""
    out = str(story.out)
    story.configure("app:token", story.old)
    story.deploy(
        "preview", "--stacks", "dev", "--output", "markdown", "--file", f"{out}/preview.md", "--junit", f"{out}/p.xml"
    )
    story.deploy("preview", "--stacks", "dev", "--save", f"{out}/plan", "--allow-dirty", "--output", "json")
    story.deploy("up", "--plan", f"{out}/plan", "--junit", f"{out}/plan.xml")

    story.configure("app:token", story.new)
    story.configure("app:spoken", story.spoken)
    story.project.setting("dev", "items:memory", "256")
    what = f"1 error: {story.public.core} {story.spoken.said()}"
    fault = {"action": "lambda:UpdateFunctionConfiguration", "error": "InvalidParameterValueException", "status": 400}
    story.project.power("POST", "faults", {**fault, "times": 1, "message": what})
    failed = story.deploy("up", "--stacks", "dev", "--junit", f"{out}/failed.xml", "--output", "json", code=1)
    assert "InvalidParameterValueException" in failed.out
    up = story.deploy("up", "--stacks", "dev", "--junit", f"{out}/up.xml", "--output", "json")

    story.variables(TOKEN=story.by_hand.text, DB_PASSWORD=story.by_hand.text, ADDED=story.public.core)
    story.deploy("preview", "--stacks", "dev", "--refresh", "--output", "json")
    story.deploy("drift", "--stacks", "dev", "--reports", f"{out}/drift", "--exit-code", code=5)
    for verb in (
        "outputs --stacks dev --output json",
        "outputs --all",
        "list --waves",
        "history",
        "history --output json",
        *("report latest", "report latest --format json", f"report latest --format html --file {out}/run.html"),
        f"report {up.json['run']} --format html --file {out}/up.html",
    ):
        story.deploy(*verb.split())
    story.deploy("audit", up.json["run"])
    for run in (failed.json["run"], up.json["run"]):
        story.deploy("report", run)
        story.deploy("report", run, "--format", "json")
        story.deploy("report", run, "--format", "html", "--file", f"{out}/{run}.html")
    story.deploy("doctor")
    story.deploy("exec", "--stack", "dev", "--read-only", "--", "true")
    with listening(GitHubServer(faults=[Fault(400, body=f'{{"message": "{story.token.core}"}}')])) as host:
        environment = {**on_github(host), "GITHUB_TOKEN": story.token.core}
        story.deploy("comment", f"{out}/preview.md", env=environment, code=3)
    story.deploy("destroy", "--stacks", "dev", "--yes", "--junit", f"{out}/destroy.xml")


def test_a_secret_is_in_nothing_that_anybody_reads(story: Story) -> None:
    tell(story)
    everything = places(story.project, story.ended)
    ours = [place for place in everything if not place.name.startswith(("event ", "object deploy-trail"))]
    leaks = {
        "the configuration, before it was changed": found(story.old, everything),
        "the configuration and the output": found(story.new, everything),
        "an error of AWS, which AWS has in its own trail": found(story.spoken, ours),
        "what somebody put in its place": found(story.by_hand, everything),
        "the environment of the command": found(story.ambient, everything),
        "the token of the host": found(story.token, everything),
    }
    assert {what: where for what, where in leaks.items() if where} == {}

    kinds = {place.kind for place in everything if story.public.forms_in(place.content)}
    assert kinds >= {
        *(
            "file.md",
            "file.html",
            "file.xml",
            "file.json",
            "file.jsonl",
            "file.sarif",
            "file.txt",
            "file.yaml",
            "file.html",
        ),
        *("stdout", "stderr", "object.json", "object.jsonl", "event"),
    }
    assert [place.name for place in ours if KEY.search(place.content)] == []  # a trail names the key of every caller


@pytest.mark.parametrize("form", Planted("x").needles())
def test_the_search_finds_every_form(form: str) -> None:
    value = planted()
    for text in (value.said(), value.text[::-1]):
        assert found(value, [Place("file a.txt", b"... " + text.encode() + b" ...")])
    assert form in value.forms_in(b"\0" + value.needles()[form] + b"\0")
    assert found(value, [Place("file a.txt", planted().said().encode())]) == []
