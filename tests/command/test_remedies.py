"""What the command says to do, done: each row gets into a situation, types what is printed, and is out of it. No account is needed."""

from __future__ import annotations

import base64
import os
import re
import shlex
import ssl
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from deploy_driver import remedies
from deploy_driver.render.preview import as_markdown
from deploy_project.remedy import Remedy
from deploy_sandbox import lifecycle
from deploy_toolchain import remedies as of_tools
from tests.carried import PrintedRemedy, gone, printed
from tests.contract.hosts.conftest import on_github
from tests.contract.hosts.server import GitHubServer, listening
from tests.e2e.project import DEPLOY, Ended
from tests.previews import preview, step
from tests.repository import Repository
from tests.samples import DEPLOY_TOML, TOOLS_FILE, project, target_file

DOCUMENT = as_markdown(preview(step("dev")), project="items")
"""What `deploy preview --output markdown` writes."""

CACHE = os.environ.get("DEPLOY_CACHE", str(Path("~/.cache/deploy").expanduser()))
"""Where the tools of this machine are kept."""


@dataclass(frozen=True)
class Here:
    """Where somebody stands: in a project's folder, with what was printed last, and what the next command finds around it."""

    root: Path
    environment: dict[str, str]
    stdin: list[bytes] = field(default_factory=list)
    said: PrintedRemedy | None = None

    def __getitem__(self, fact: str) -> str:
        assert self.said
        return self.said[fact]

    def command(self, number: int = 0, **placeholders: str) -> str:
        """One of the printed commands, without `deploy`."""
        assert self.said
        return shlex.join(placeholders.get(word, word) for word in self.said.commands[number][1:])

    def types(self, line: str) -> Ended:
        """Type a command here."""
        done = subprocess.run(
            [str(DEPLOY), *shlex.split(line)],
            cwd=self.root,
            env=self.environment,
            input=b"".join(self.stdin),
            capture_output=True,
            timeout=120,
            check=False,
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    def writes(self, name: str, text: str | bytes = "x\n") -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def pipes(self, content: bytes) -> None:
        """What the next commands read from stdin."""
        self.stdin[:] = [content]

    def sets(self, **variables: str) -> None:
        self.environment.update(variables)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    root = project(tmp_path / "project")
    around = {"HOME": str(tmp_path), "DEPLOY_CACHE": CACHE, "AWS_EC2_METADATA_DISABLED": "true"}
    yield Here(root, {"PATH": os.environ["PATH"], **around})
    lifecycle.down(root / ".deploy" / "sandbox")


AROUND = frozenset({"--all", "--directory", "--number"})
"""What a test adds by itself, so that a line means something where it stands."""


def options(said: str) -> set[str]:
    """The options in a line or in a sentence."""
    return set(re.findall(r"(?<!\S)--[a-z][a-z-]*", said))


def is_helped(here: Here, remedy: Remedy, line: str, follow: Callable[[Here], str]) -> None:
    """Type the line; the remedy is printed; follow it, and type what that leads to: it is not printed again."""
    said = here.types(line)
    at_it = replace(here, said=printed(remedy, said.err + said.out))
    first = next((one for one in said.err.splitlines() if one.startswith("error: ")), "")
    then = follow(at_it)
    new = options(then) - options(line) - AROUND - options(at_it.said.text if at_it.said else "")
    assert not new, f"nobody said {new}"
    after = here.types(then)
    gone(remedy, after.err + after.out)
    assert not first or first not in after.err.splitlines(), after.err
    assert "No such option" not in after.err, after.err


def edited(here: Here, name: str, text: str, line: str) -> str:
    here.writes(name, text)
    return line


@pytest.mark.parametrize(
    ("remedy", "line", "follow"),
    [
        (remedies.NAME_STACKS, "up", lambda here: f"up --stacks {here['there']}"),
        (remedies.NAME_STACKS, "preview", lambda _: "preview --all"),
        (remedies.PASS_ONE, "up --all --stacks dev", lambda _: "up --all"),
        (
            remedies.STACKS_THERE_ARE,
            "up --stacks dve",
            lambda here: (
                f"up --stacks {next(name for name in here['stacks'].split(', ') if name in here.types(here.command()).out)}"
            ),
        ),
        (remedies.GIVE_ONCE, "up --all --config a=1 --config items:a=2", lambda _: "up --all --config a=1"),
        (remedies.SERVICES_ALONE, "list --stacks dev,tools --waves", lambda _: "list --stacks dev --waves"),
        (remedies.STACKS_THERE_ARE, "up --stacks ,", lambda here: f"up --stacks {here['stacks'].split(', ')[-1]}"),
        (remedies.ONE_LAYER_EACH, "preview --stacks dev,dev-access", lambda _: "preview --stacks dev"),
        (remedies.ONE_LAYER_EACH, "preview --stacks dev,dev-access", lambda here: here.command()),
        (remedies.NAME_ACCESS_LAYERS, "bootstrap --stacks dev", lambda _: "bootstrap --stacks tools,dev-access"),
        (
            remedies.WITHOUT_READ_ONLY,
            "exec --stack dev --read-only -- pulumi preview",
            lambda here: here.command(),
        ),
        (remedies.PASS_VERIFY, "history 20261123-0102-3f9a7c", lambda _: "history 20261123-0102-3f9a7c --verify"),
        (remedies.PASS_VERIFY, "history 20261123-0102-3f9a7c", lambda here: here.command()),
        (remedies.TWO_SERVICES, "compare dev dev", lambda here: f"compare {here['stacks'].replace(', ', ' ')}"),
        (remedies.RUN_OR_ALL, "report", lambda here: here.command()),
        (remedies.RUN_OR_ALL, "report latest --all", lambda _: "report --all"),
        (remedies.CONFIRM_BEFOREHAND, "destroy --all", lambda _: "destroy --all --yes"),
        (
            remedies.CONFIRM,
            "destroy --stacks dev-access --yes",
            lambda here: f"destroy --stacks dev-access --yes --confirm {here['name']}",
        ),
        (
            remedies.SAY_REASON,
            "up --all --override window",
            lambda _: "up --all --override window --reason 'WHY IT CANNOT WAIT'",
        ),
        (remedies.PASS_SAVE, "preview --all --allow-dirty", lambda _: "preview --all --allow-dirty --save plan"),
        (remedies.SAVED_FROM_DEPLOYED, "preview --all --save plan --refresh", lambda _: "preview --all --save plan"),
        (remedies.ACCESS_IS_NOT_SAVED, "preview --stacks dev-access --save plan", lambda here: here.command(0)),
        (remedies.ACCESS_IS_NOT_SAVED, "preview --stacks dev-access --save plan", lambda here: here.command(1)),
        (remedies.AS_IT_WAS_REVIEWED, "up --plan plan --refresh", lambda _: "up --plan plan"),
        (remedies.STOPS_AT_FAILURE, "up --plan plan --on-failure continue", lambda _: "up --plan plan"),
        (remedies.PASS_WHEN_SAVING, "up --plan plan --config a=1", lambda _: "preview --all --config a=1 --save plan"),
        (remedies.BOOTSTRAP_THAT_COMMIT, "rollback --stack dev-access", lambda here: here.command()),
        (remedies.FILE_IN_A_FOLDER, "report latest --file no/run.txt", lambda _: "report latest --file run.txt"),
        (remedies.OTHER_JUNIT, "up --all --junit Pulumi.yaml/run.xml", lambda _: "up --all --junit run.xml"),
        (remedies.OTHER_REPORTS, "drift --all --reports Pulumi.yaml", lambda _: "drift --all --reports reports"),
        (remedies.RUN_ID, "audit last", lambda _: "audit 20261123-0102-3f9a7c"),
        (remedies.TYPE_INIT, "init", lambda here: f"{here.command()} --directory new"),
        (
            remedies.OTHER_DIRECTORY,
            "init orders --tools 111111111111 --account dev=222222222222 --region eu-central-1",
            lambda _: (
                "init orders --tools 111111111111 --account dev=222222222222 --region eu-central-1 --directory new"
            ),
        ),
    ],
)
def test_other_words_help(here: Here, remedy: Remedy, line: str, follow: Callable[[Here], str]) -> None:
    is_helped(here, remedy, line, follow)


def set_in_file(here: Here) -> str:
    done = here.types(here.command(0, VALUE="eu-west-1", STACK="dev"))
    assert done.code == 0, done
    assert "deploy:region: eu-west-1" in (here.root / "Pulumi.dev.yaml").read_text()
    return "preview --all"


def with_stdin(here: Here, content: bytes, line: str) -> str:
    here.pipes(content)
    return line


@pytest.mark.parametrize(
    ("remedy", "line", "stdin", "follow"),
    [
        (remedies.SET_IN_STACK_FILE, "preview --all --config deploy:region=x", b"", set_in_file),
        (
            remedies.PIPE_SECRET,
            "config set token s3cret --secret --stack dev",
            b"",
            lambda here: with_stdin(here, b"s3cret", here.command()),
        ),
        (
            remedies.PASS_STACK,
            "config set token --secret --stack dev-access",
            b"s3cret",
            lambda here: with_stdin(here, b"s3cret", f"config set token --secret --stack {here['stack']}"),
        ),
        (
            remedies.ENCODE,
            "config set size --stack dev",
            b"\xff",
            lambda here: with_stdin(here, base64.b64encode(b"\xff"), "config set size --stack dev"),
        ),
        (
            remedies.OTHER_VALUE,
            "config set deploy:region mars --stack dev",
            b"",
            lambda _: "config set deploy:region eu-west-1 --stack dev",
        ),
    ],
)
def test_another_way_to_a_setting_helps(
    here: Here, remedy: Remedy, line: str, stdin: bytes, follow: Callable[[Here], str]
) -> None:
    here.pipes(stdin)
    is_helped(here, remedy, line, follow)


APPROVERS = f"{TOOLS_FILE}  deploy:approverRole: approvers\n"


@pytest.mark.parametrize(
    ("remedy", "files", "line", "follow"),
    [
        (
            remedies.CORRECT_LINES,
            {"Pulumi.dev.yaml": target_file("dev", region="mars")},
            "up --all",
            lambda here: edited(here, "Pulumi.dev.yaml", target_file("dev"), "up --all"),
        ),
        (
            remedies.CORRECT_LINE,
            {"Pulumi.dev.yaml": target_file("dev").replace('["*"]', '["aws"]')},
            "doctor",
            lambda here: edited(here, "Pulumi.dev.yaml", target_file("dev"), "doctor"),
        ),
        (
            remedies.NAME_APPROVER_ROLE,
            {},
            "approve plan",
            lambda here: edited(here, "Pulumi.tools.yaml", APPROVERS, "approve plan"),
        ),
        (
            remedies.NAME_APPROVER_ROLE_OF_TOOLS,
            {"deploy.toml": DEPLOY_TOML.replace("[stacks.dev]\n", "[stacks.dev]\napprovals = 1\n")},
            "list",
            lambda here: edited(here, "Pulumi.tools.yaml", APPROVERS, "list"),
        ),
    ],
)
def test_an_edit_helps(
    here: Here, remedy: Remedy, files: Mapping[str, str], line: str, follow: Callable[[Here], str]
) -> None:
    project(here.root, files)
    is_helped(here, remedy, line, follow)


def without(here: Here, line: str) -> str:
    del here.environment[here["name"]]
    return line


def corrected(here: Here, line: str, **variables: str) -> str:
    here.sets(**variables)
    return line


EXEC = "exec --cloud aws --stack dev -- true"


@pytest.mark.parametrize(
    ("remedy", "variables", "line", "follow"),
    [
        (remedies.CORRECT_CREDENTIALS, {"AWS_PROFILE": "nosuch"}, EXEC, lambda here: without(here, EXEC)),
        (
            remedies.CORRECT_CREDENTIALS,
            {"AWS_CONFIG_FILE": "bad"},
            EXEC,
            lambda here: edited(here, "bad", "[default]\n", EXEC),
        ),
        (
            remedies.CORRECT_SDK_SETTINGS,
            {"AWS_ACCESS_KEY_ID": "AKIAX", "AWS_SECRET_ACCESS_KEY": "x", "AWS_CONFIG_FILE": "mode"},
            EXEC,
            lambda here: edited(here, "mode", "[default]\n", EXEC),
        ),
        (
            of_tools.CORRECT_PULUMI,
            {"DEPLOY_PULUMI": "/no/such"},
            "setup",
            lambda here: corrected(here, "setup", DEPLOY_PULUMI=""),
        ),
        (
            of_tools.NAME_CACHE,
            {"DEPLOY_CACHE": "~nobody-of-that-name/cache"},
            "setup",
            lambda here: corrected(here, "setup", DEPLOY_CACHE=CACHE),
        ),
        (
            of_tools.CORRECT_VENDOR,
            {"DEPLOY_VENDOR": "ftp://x"},
            "setup",
            lambda here: corrected(here, "setup", DEPLOY_VENDOR=""),
        ),
    ],
)
def test_other_variables_help(
    here: Here, remedy: Remedy, variables: Mapping[str, str], line: str, follow: Callable[[Here], str]
) -> None:
    here.writes("bad", "this is no INI")
    here.writes("mode", "[default]\ndefaults_mode = nosuch\n")
    here.sets(**variables)
    is_helped(here, remedy, line, follow)


def test_a_broken_file_of_settings_is_corrected(here: Here) -> None:
    here.sets(HOME=str(here.root))
    here.writes(".aws/config", "this is no INI")
    is_helped(here, remedies.CORRECT_AWS_CONFIG, EXEC, lambda here: edited(here, ".aws/config", "[default]\n", EXEC))


def documented(here: Here, line: str) -> str:
    """The document that a preview writes, in the place of what was no such thing."""
    (here.root / "plan.md").unlink()
    return edited(here, "plan.md", DOCUMENT, line)


@pytest.mark.parametrize(
    ("remedy", "content", "line", "follow"),
    [
        (remedies.PASS_HOST, "", "comment plan.md", lambda here: f"comment plan.md --host {here['hosts'].split()[0]}"),
        (
            remedies.POST_PREVIEW,
            "x\n",
            "comment plan.md --host github",
            lambda here: documented(here, "comment plan.md --host github"),
        ),
        (
            remedies.POST_PREVIEW_THAT_FITS,
            DOCUMENT + "x" * 90_000,
            "comment plan.md --host github",
            lambda here: documented(here, "comment plan.md --host github"),
        ),
        (
            remedies.NAME_PREVIEW_FILE,
            "/",
            "comment plan.md --host github",
            lambda here: documented(here, "comment plan.md --host github"),
        ),
    ],
)
def test_another_document_helps(
    here: Here, remedy: Remedy, content: str, line: str, follow: Callable[[Here], str]
) -> None:
    if content == "/":
        (here.root / "plan.md").symlink_to("/etc/hostname")
    else:
        here.writes("plan.md", content or DOCUMENT)
    is_helped(here, remedy, line, follow)


def test_the_variables_that_help_names_are_set(here: Here) -> None:
    here.writes("plan.md", DOCUMENT)

    def follow(here: Here) -> str:
        told = here.types(here.command()).out
        said = {"GITHUB_REPOSITORY": "a/b", "GITHUB_TOKEN": "x", "GITHUB_API_URL": "http://127.0.0.1:9"}
        assert all(name in told for name in said), told
        here.sets(**said)
        return "comment plan.md --host github --number 1"

    is_helped(here, remedies.SET_VARIABLES, "comment plan.md --host github", follow)


def certificate(folder: Path) -> Path:
    """A certificate of this machine that nobody has heard of, and its key, in one file."""
    key, now = generate_private_key(65537, 2048), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "here")])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, SHA256())
    )
    file = folder / "here.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(secret + signed.public_bytes(Encoding.PEM))
    return file


def test_a_host_with_a_certificate_of_its_own_is_trusted(here: Here) -> None:
    file = certificate(here.root.parent)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(file)
    here.writes("plan.md", DOCUMENT)
    line = "comment plan.md --host github"
    with listening(GitHubServer(), tls) as server:
        here.sets(**on_github(server))
        is_helped(here, remedies.TRUST_CERTIFICATES, line, lambda here: corrected(here, line, SSL_CERT_FILE=str(file)))
        assert len(server.comments) == 1


def test_a_new_project_is_one_to_be_inside_of(here: Here) -> None:
    empty = here.root.parent / "empty"
    empty.mkdir()
    said = here.types(f"list --project {empty}")
    [command] = printed(remedies.INSIDE_A_PROJECT, said.err).commands
    words = "orders --tools 111111111111 --account dev=222222222222 --region eu-central-1 --directory"
    assert here.types(shlex.join([*command[1:], *words.split(), str(empty)])).code == 0
    after = here.types(f"list --project {empty}")
    assert after.code == 0, after
    gone(remedies.INSIDE_A_PROJECT, after.err)


def test_a_sandbox_that_does_not_run_is_started(here: Here) -> None:
    said = here.types("outputs --all")
    [command] = printed(remedies.START_SANDBOX, said.err).commands
    done = here.types(shlex.join(command[1:]))
    assert done.code == 0, done
    gone(remedies.START_SANDBOX, here.types("outputs --all").err)


@pytest.fixture
def repository(here: Here) -> Repository:
    made = Repository(here.root).init()
    here.sets(**{name: value for name, value in made.environment.items() if name != "PATH"})
    made.write(".gitignore", ".deploy/\n")
    made.write("infra/__main__.py")
    made.commit()
    made.git("checkout", "--quiet", "-b", "topic")
    return made


AFFECTED = "list --affected --base main"


def strange_base(repository: Repository) -> str:
    repository.git("checkout", "--quiet", "--orphan", "other")
    repository.commit("another beginning")
    return AFFECTED


def of_a_remote(repository: Repository) -> str:
    repository.git("update-ref", "refs/remotes/origin/next", "HEAD")
    return "list --affected --base next"


def fetched(here: Here, repository: Repository) -> str:
    other = Repository(here.root.parent / "other").init()
    repository.git("remote", "add", "origin", str(repository.root))
    assert other.root.is_dir()
    repository.git("fetch", "--quiet", "origin", "main")
    return "list --affected --base FETCH_HEAD"


@pytest.mark.parametrize(
    ("remedy", "line", "follow"),
    [
        (remedies.PASS_SOME_BASE, lambda _: "list --affected", lambda _here, _: AFFECTED),
        (remedies.OTHER_BASE, strange_base, lambda _here, _: "list --affected --base other"),
        (remedies.PASS_BASE, of_a_remote, lambda here, _: f"list --affected --base {here['base']}"),
        (remedies.FETCH_BASE, lambda _: "list --affected --base nowhere", fetched),
    ],
)
def test_another_base_helps(
    here: Here,
    repository: Repository,
    remedy: Remedy,
    line: Callable[[Repository], str],
    follow: Callable[[Here, Repository], str],
) -> None:
    is_helped(here, remedy, line(repository), lambda at_it: follow(at_it, repository))


@pytest.mark.parametrize(("remedy", "path"), [(remedies.INSTALL_GIT, ""), (remedies.WITHOUT_GIT, os.environ["PATH"])])
def test_stacks_that_are_named_need_no_git(here: Here, remedy: Remedy, path: str) -> None:
    if not path:
        here.sets(PATH=str(here.root))
    is_helped(here, remedy, "preview --affected --base main", lambda _: "preview --stacks dev")


def test_the_history_that_a_shallow_clone_lacks_is_fetched(here: Here, repository: Repository) -> None:
    repository.commit("one more")
    shallow = Repository(here.root.parent / "shallow")
    shallow.root.mkdir()
    shallow.git("clone", "--quiet", "--depth", "1", "--no-single-branch", f"file://{here.root}", ".")
    there = replace(here, root=shallow.root)

    def follow(at_it: Here) -> str:
        assert at_it.said
        [command] = (words for words in Remedy(at_it.said.text).commands if words[0] == "git")
        shallow.git(*command[1:])
        return "list --affected --base origin/main"

    is_helped(there, remedies.FETCH_HISTORY, "list --affected --base origin/main", follow)


def test_a_program_outside_of_the_repository_is_deployed_by_the_names_of_its_stacks(
    here: Here, repository: Repository
) -> None:
    repository.write("Pulumi.yaml", "name: items\nmain: ../program\nruntime: python\n")
    here.writes("../program/__main__.py", "")
    is_helped(here, remedies.UNKNOWN_CHANGES, AFFECTED, lambda _: "list --stacks dev")


def test_what_cannot_be_written_is_written_elsewhere(here: Here) -> None:
    def written(place: Path) -> str:
        with place.open("w") as out:
            done = subprocess.run(
                [str(DEPLOY), "list"],
                cwd=here.root,
                env=here.environment,
                stdout=out,
                stderr=subprocess.PIPE,
                check=False,
            )
        return done.stderr.decode()

    printed(remedies.ROOM_FOR_OUTPUT, written(Path("/dev/full")))
    gone(remedies.ROOM_FOR_OUTPUT, written(here.root / "list.txt"))
    assert "dev" in (here.root / "list.txt").read_text()
