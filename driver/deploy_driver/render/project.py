"""The files of a new project, made from the templates beside this module.

Where the text is the same for every service, the template is the file of deploy's own repository.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

from deploy_driver.config.new_project import NewProject

_ENDING = ".j2"
_PER_ACCOUNT = "Pulumi.ACCOUNT.yaml"


def project_files(project: NewProject, new_id: Callable[[], str]) -> Mapping[str, str]:
    """The text of every file, by its path in the project. `new_id` says what makes an account's external id its own."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=False,  # noqa: S701 -- no HTML; whoever asks for a project has its words checked
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made: dict[str, str] = {}
    for name, text in _templates(files("deploy_driver").joinpath("render", "template")):
        template = environment.from_string(text)
        if name == _PER_ACCOUNT:
            for each in project.accounts:
                said = template.render(project=project, env=each.env, account=each.account, id=new_id())
                made[name.replace("ACCOUNT", each.env)] = said
        else:
            made[name] = template.render(project=project, first=project.accounts[0], last=project.accounts[-1])
    return dict(sorted(made.items()))


def _templates(folder: Traversable, path: str = "") -> Iterator[tuple[str, str]]:
    """The path and the text of every template."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _templates(entry, f"{path}{entry.name}/")
        elif entry.name.endswith(_ENDING):
            yield path + entry.name.removesuffix(_ENDING), entry.read_text("utf-8")
