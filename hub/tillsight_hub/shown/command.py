"""`tillsight-hub survey`: surveys from files and into files, without a browser."""

import argparse
import sys
from pathlib import Path

import msgspec
from sqlalchemy import Connection, Engine

from tillsight_models.errors import BadConfig
from tillsight_models.surveys import load_survey

from ..config import HubConfig
from ..database import open_database, prepare, writing
from ..hierarchy import read_hierarchy
from .errors import BadSurvey
from .files import as_toml
from .looks import Look, read_looks, set_look
from .surveys import begin_draft, create, find_survey, publish, read_surveys, save_draft

ACTOR = "tillsight-hub"


def add_survey_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions and what they take."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    def action(name: str, help_text: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=help_text, description=help_text)

    action("list", "every survey with its versions")
    check = action("check", "what is wrong with a file, one line each")
    check.add_argument("file", type=Path, help="TOML or JSON")
    taken = action("import", "take a file as the draft of its survey")
    taken.add_argument("file", type=Path, help="TOML or JSON")
    taken.add_argument("--org", metavar="ID", help="whose survey it is; needed where there are several")
    taken.add_argument("--publish", action="store_true", help="and publish it")
    for name, help_text in (
        ("export", "write a version as TOML to the standard output"),
        ("publish", "publish the draft, and ask it at a place"),
    ):
        one = action(name, help_text)
        one.add_argument("survey", help="its id")
        if name == "export":
            one.add_argument("--version", type=int, metavar="N", help="default: the newest")
        else:
            one.add_argument("--place", metavar="ID", help="an org, region, store or touchpoint")


def run_survey_command(arguments: argparse.Namespace, config: HubConfig) -> int:
    """0 when done; BadConfig or BadSurvey say what is wrong."""
    if arguments.action == "check":
        survey = load_survey(arguments.file)
        _say(f"{arguments.file}: good: {survey.id}, {len(survey.questions)} questions")
        return 0
    engine = open_database(config.database_url())
    prepare(engine)
    try:
        {"list": _list, "import": _import, "export": _export, "publish": _publish}[arguments.action](
            arguments, engine
        )
    except BadSurvey as error:
        raise BadConfig(error.problems) from error
    return 0


def _list(_: argparse.Namespace, engine: Engine) -> None:
    with engine.connect() as connection:
        looks = read_looks(connection)
        for kept in read_surveys(connection):
            states = ", ".join(f"{each.version} {each.state}" for each in kept.versions)
            places = ", ".join(place for place, look in looks.items() if look.survey_id == kept.id)
            _say(f"{kept.id}: {states}; asked at {places or 'no place'}")


def _import(arguments: argparse.Namespace, engine: Engine) -> None:
    survey = load_survey(arguments.file)
    content = msgspec.to_builtins(survey)
    with writing(engine) as connection:
        if any(kept.id == survey.id for kept in read_surveys(connection)):
            draft = begin_draft(connection, survey.id, ACTOR)
            draft = save_draft(connection, survey.id, content, draft.base, ACTOR)
        else:
            draft = create(connection, _org(connection, arguments.org), content, ACTOR)
        if arguments.publish:
            publish(connection, survey.id, ACTOR)
    state = "published" if arguments.publish else "a draft"
    _say(f"{survey.id}: version {draft.version} is {state}")


def _export(arguments: argparse.Namespace, engine: Engine) -> None:
    with engine.connect() as connection:
        kept = find_survey(connection, arguments.survey)
    found = [each for each in kept.versions if arguments.version in (None, each.version)]
    if not found:
        raise BadConfig([f"--version {arguments.version}: survey {kept.id} has none of this number"])
    sys.stdout.write(as_toml(found[0].survey))


def _publish(arguments: argparse.Namespace, engine: Engine) -> None:
    place = arguments.place
    with writing(engine) as connection:
        if place is not None and not read_hierarchy(connection).within(place):
            raise BadConfig([f"--place {place}: no org, region, store or touchpoint has this id"])
        kept = find_survey(connection, arguments.survey)
        version = publish(connection, kept.id, ACTOR) if kept.draft or not kept.asked else kept.asked
        if place is not None:
            held = read_looks(connection).get(place)
            look = Look(place, kept.id, held.settings if held else {})
            set_look(connection, look, held.base if held else "0", ACTOR)
    _say(f"{version.id}: version {version.version} is asked{f' at {place}' if place else ''}")


def _org(connection: Connection, named: str | None) -> str:
    orgs = list(read_hierarchy(connection).orgs)
    if named is None and len(orgs) == 1:
        return orgs[0]
    if named not in orgs:
        raise BadConfig([f"--org {named or ''}: should be one of {', '.join(orgs) or 'no org yet'}"])
    return str(named)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
