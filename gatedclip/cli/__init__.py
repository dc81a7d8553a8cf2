"""The same verbs in a terminal: `gatedclip --help`. Results go to stdout, progress to stderr, a mistake is one sentence."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from gatedclip.cli import bench, bring, choose, figure, gates, lab, look, simulate, teach, team, world
from gatedclip.data.text import clean_text
from gatedclip.errors import GatedCLIPError


class Sentences(TyperGroup):
    """Commands whose foreseen errors are one sentence on stderr and exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except GatedCLIPError as error:
            typer.echo(clean_text(str(error)), err=True)
            raise typer.Exit(1) from None


app = typer.Typer(
    cls=Sentences,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Review memes together with a model you can look inside and teach. Data lives in GATEDCLIP_HOME (default: data).",
)
worlds = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="MemeWorld: make what ships in assets/, and measure it.")
audits = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Check the record of decisions, and what would be learned from it."
)
members = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Who may do what.")
policies = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="What reviewers judge by.")
benches = typer.Typer(invoke_without_command=True, rich_markup_mode=None)

app.command("demo")(bring.demo)
app.command("serve")(bring.serve)
app.command("import")(bring.import_)
app.command("export")(bring.export)
app.command("import-record")(bring.import_record)

app.command("predict")(look.predict)
app.command("explain")(look.explain)
app.command("ledger")(look.ledger)
app.command("what-if")(look.what_if)
app.command("gates")(gates.gates)
app.command("figure")(figure.figure)

app.command("similar")(lab.similar)
app.command("confounders")(lab.confounders)
app.command("compare")(lab.compare)

app.command("choose")(choose.choose)
app.command("estimate")(choose.estimate)
app.command("memory")(choose.memory)

app.command("train")(teach.train)
app.command("retrain")(teach.retrain)
app.command("versions")(teach.versions)
app.command("evaluate")(teach.evaluate)
app.command("judge")(teach.judge)
app.command("noise")(teach.noise)
app.command("card")(teach.card)
app.command("reproduce")(teach.reproduce)
app.command("reviewers")(teach.reviewers)
app.command("promote")(teach.promote)

app.add_typer(audits, name="audit")
audits.command("verify")(team.audit)
audits.command("lesson")(teach.audit)
app.add_typer(members, name="people")
members.command("list")(team.people)
members.command("add")(team.add)
members.command("role")(team.change_role)
app.add_typer(policies, name="policy")
policies.command("show")(team.policy)
app.command("agreement")(team.agreement)
app.command("simulate")(simulate.simulate)

app.add_typer(worlds, name="world")
worlds.command("build")(world.build)
worlds.command("table")(world.table)

app.add_typer(benches, name="bench")
benches.callback()(bench.measure)
benches.command("explain")(bench.explanations)
benches.command("claim")(bench.claims)
benches.command("duplicates")(bench.duplicates)
benches.command("refit")(bench.refit)
benches.command("memory")(bench.memory)
benches.command("weight")(bench.weight)
benches.command("rationales")(bench.rationales)
benches.command("poison")(bench.poison)


def main() -> None:
    app(prog_name="gatedclip")
