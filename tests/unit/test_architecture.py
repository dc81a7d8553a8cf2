"""The house rules that a machine can check: who imports whom, what loads with what, what may become Markdown, exact pins."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"streamlit", "torch", "open_clip", "captum", "onnxruntime", "rapidocr", "plotly", "kaleido", "sklearn"}
SCREENS = sorted([ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "gatedclip" / "ui").glob("*.py")])

# --- imports ------------------------------------------------------------------------------------------------------


def test_the_contracts_between_rooms_are_kept():
    tool = Path(sys.executable).with_name("lint-imports")
    found = subprocess.run([tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert f"Contracts: {len(contracts)} kept, 0 broken" in found.stdout


def loaded_by(*modules: str) -> set[str]:
    """The heavy packages that importing these modules loads, in a fresh Python."""
    code = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return HEAVY & set(printed.split())


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("gatedclip.cli", set()),
        ("gatedclip.workbench", set()),
        ("gatedclip.jobs", set()),
        ("gatedclip.store.store", set()),
        ("gatedclip.figures.training", {"plotly"}),
        ("gatedclip.figures.export", {"plotly"}),
        ("gatedclip.model.heads", {"torch"}),
        ("gatedclip.learn.lesson", set()),
    ],
)
def test_importing_a_room_loads_no_heavy_package_that_is_not_its_own(module, allowed):
    assert loaded_by(module) <= allowed


def test_no_screen_loads_torch_before_it_is_needed():
    screens = [f"gatedclip.ui.{path.stem}" for path in (ROOT / "gatedclip" / "ui").glob("*.py") if path.stem != "__init__"]
    assert loaded_by(*screens) <= {"streamlit", "plotly"}
    for path in (ROOT / "app.py", *(ROOT / "pages").glob("*.py")):
        named = {n.split(".")[0] for n in imported(path)}
        assert not named & (HEAVY - {"streamlit"}), path.name


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


# --- untrusted words ----------------------------------------------------------------------------------------------

MARKDOWN = {
    "badge", "button", "caption", "checkbox", "dialog", "download_button", "error", "exception", "expander", "feedback",
    "file_uploader", "form_submit_button", "header", "info", "link_button", "markdown", "menu_button", "metric", "multiselect",
    "number_input", "page_link", "pills", "popover", "radio", "segmented_control", "selectbox", "slider", "spinner", "status",
    "subheader", "success", "table", "tabs", "text_area", "text_input", "title", "toast", "toggle", "warning", "write",
    "write_stream",
}  # fmt: skip
"""Streamlit's functions whose first argument is, or may be, rendered as Markdown, which can fetch pictures from outside."""

ALSO_MARKDOWN = ("label", "help", "body")
"""Keywords that are rendered as Markdown wherever they are taken."""

OURS = {
    "page.title", "version.name", "nav.HISTORY", "nav.LAB", "nav.MODELS", "nav.QUEUE", "nav.REVIEW",
    "history.py: title", "lab.py: name", "lists.py: names", "queue.py: order", "report.py: name", "retrain.py: name",
    "audit.py: words", "models.py: label", "promotion.py: label", "retrain.py: label",
    "queue.py: parts.memes(count)", "policy.py: asked_with", "policy.py: version", "protection.py: pictures",
    "team_flow.py: say_age(found.oldest)", "team_flow.py: say_age(found.median)",
    "team_quality.py: title", "team_quality.py: why",
}  # fmt: skip
"""Values that hold words of this project, looked at one by one; a new one is added here by a person who looked."""


def is_ours(value: ast.expr, file: str) -> bool:
    """Whether a piece of text can only hold this project's own words or numbers."""
    whole = ast.unparse(value)
    if whole in OURS or f"{file}: {whole}" in OURS:
        return True
    match value:
        case ast.Constant() | ast.Lambda():
            return True
        case ast.JoinedStr(parts) | ast.List(parts) | ast.Tuple(parts):
            return all(is_ours(part, file) for part in parts)
        case ast.FormattedValue(inner, _, spec):
            return (spec is not None and numeric(spec)) or is_ours(inner, file)
        case ast.IfExp(_, yes, no):
            return is_ours(yes, file) and is_ours(no, file)
        case ast.BinOp(left, _, right):
            return is_ours(left, file) and is_ours(right, file)
        case ast.Name(name):
            return name.isupper()
        case ast.Attribute(owner, attr):
            return attr == "value" or attr.isupper() or (attr == "__getitem__" and is_ours(owner, file))
        case ast.Subscript(owner, _):
            return is_ours(owner, file)
        case ast.Call(ast.Name("len" | "min" | "max"), _, _):
            return True
        case ast.Call(ast.Attribute(ast.Name("parts"), "plain"), _, _):  # escapes every sign
            return True
        case ast.Call(ast.Name("list" | "tuple"), [one], _):
            return is_ours(one, file)
        case ast.Call(ast.Attribute(owner, "capitalize" | "upper" | "lower" | "replace"), _, _):
            return is_ours(owner, file)
    return False


def numeric(spec: ast.expr) -> bool:
    """A format such as :,d or :.3f, which raises on a string."""
    return bool(re.search(r"[,%dfgne]'?$", ast.unparse(spec)))


def markdown_risks(source: str, file: str) -> list[str]:
    """Texts that reach Markdown and might hold someone else's words."""
    tree = ast.parse(source)
    imports = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and "gatedclip" in (n.module or "")]
    modules = {name.asname or name.name for n in imports for name in n.names}
    found = []
    for call in (n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)):
        if isinstance(call.func.value, ast.Name) and call.func.value.id in modules:  # a part of ours, checked where it is written
            continue
        texts = call.args[:1] if call.func.attr in MARKDOWN else []
        escaped = any(k.arg == "format_func" and ast.unparse(k.value) == "parts.plain" for k in call.keywords)
        optioned = call.func.attr in ("radio", "pills", "segmented_control", "metric", "menu_button")
        texts += call.args[1:2] if optioned and not escaped else []
        texts += [k.value for k in call.keywords if k.arg in ALSO_MARKDOWN or (k.arg == "text" and call.func.attr == "progress")]
        found += [f"{file}:{call.lineno} {call.func.attr}({ast.unparse(t)})" for t in texts if not is_ours(t, file)]
    return found


@pytest.mark.parametrize("path", SCREENS, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_one_else_s_words_reach_markdown_and_no_script_is_allowed(path):
    source = path.read_text()
    assert markdown_risks(source, path.name) == []
    assert "unsafe_allow" not in source


@pytest.mark.parametrize("path", SCREENS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_word_that_enters_html_is_escaped(path):
    """Within an st.html f-string: escaped, formatted as a number, from a constant, or made of pieces that were escaped."""
    pieces = {"parts.py: label", "parts.py: shown", "parts.py: rows", "parts.py: word", "parts.py: at", "parts.py: line"}
    risks = []
    for call in (n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)):
        if isinstance(call.func, ast.Attribute) and call.func.attr == "html" and call.args:
            for value in (n for n in ast.walk(call.args[0]) if isinstance(n, ast.FormattedValue)):
                escaped = ast.unparse(value.value).startswith("html.escape(")
                known = f"{path.name}: {ast.unparse(value.value)}" in pieces or ast.unparse(value.value) == "' '.join(pieces)"
                if not (escaped or known or is_ours(value, path.name)):
                    risks.append(f"{path.name}:{call.lineno} {ast.unparse(value)}")
    assert risks == []


@pytest.mark.parametrize(
    "bad",
    [
        "st.caption(meme.text)",
        "st.markdown(f'**{meme.text}**')",
        "st.button(name)",
        "st.toast('Saved: ' + note)",
        "st.progress(0.5, text=job.message)",
        "box.error(str(error))",
        "st.radio('Who', names)",
        "st.menu_button('Who', names)",
        "st.pills('Which', facet.options, format_func=str)",
        "st.text_input('x', help=meme.text)",
        "st.write(meme.text if meme else 'none')",
        "st.caption(f'{meme.text:>10}')",
    ],
)
def test_the_check_itself_sees_what_it_should(bad):
    assert len(markdown_risks(bad, "x.py")) == 1


def test_words_of_others_may_stand_there_once_every_sign_of_them_is_escaped():
    assert markdown_risks("st.pills(parts.plain(facet.title), facet.options, format_func=parts.plain)", "x.py") == []


# --- installation -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_exactly(name):
    lines = [line.strip() for line in (ROOT / name).read_text().splitlines()]
    wanted = [line for line in lines if line and not line.startswith(("#", "-r "))]
    assert [line for line in wanted if not re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][0-9a-z.]*", line)] == []
    assert len(wanted) > 5


def test_everything_the_package_imports_is_required_by_name():
    provided = {"PIL": "pillow", "sklearn": "scikit-learn", "open_clip": "open_clip_torch", "sqlalchemy": "SQLAlchemy"}
    required = {line.split("==")[0].lower() for line in (ROOT / "requirements.txt").read_text().splitlines() if "==" in line}
    sources = [*(ROOT / "gatedclip").rglob("*.py"), *SCREENS]
    used = {name.split(".")[0] for path in sources for name in imported(path)} - {*sys.stdlib_module_names, "gatedclip"}
    assert {name for name in used if provided.get(name, name).lower() not in required} == set()
