"""Runs one notebook through its kernel and writes it as an HTML page.

Two callers: `thesis report` runs this file as a program, with a job as JSON on
a line of standard input, reads events as JSON lines from standard output, and answers the event
"executed" with a line of facts for the foot of the page; JupyterLab's
server imports it (see .venv/etc/jupyter/jupyter_server_config.py), so that
"Save and Export Notebook As" gives the same page.
"""

import copy
import json
import os
import re
import signal
import sys
import time

from bs4 import BeautifulSoup
from jinja2 import pass_context
from latex2mathml.converter import convert
from nbconvert.exporters import HTMLExporter
from nbconvert.filters import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from traitlets.config import Config

import downloads

HERE = os.path.dirname(os.path.abspath(__file__))

# Formulas that could not be converted, as (formula, why).
bad_formulas = []


def mathml(formula, display):
    """LaTeX as MathML, which browsers draw without a script."""
    try:
        math = convert(formula.strip(), display=display)
        unknown = re.search(r">(\\[A-Za-z]+)", math)
        if not unknown:
            return math
        why = f"no command {unknown[1]}"
    except Exception as e:  # the library raises a dozen kinds
        why = type(e).__name__
    bad_formulas.append((formula, why))
    return "<code>" + re.sub("[<&]", lambda m: f"&#{ord(m[0])};", formula) + "</code>"


class Renderer(IPythonRenderer):
    """nbconvert's Markdown, with formulas as MathML, and links to other chapters as links to their pages."""

    def link(self, text, url, title=None):
        return super().link(text, re.sub(r"^(\d\d-[^/#]*)\.ipynb(?=#|$)", r"\1.html", url), title)

    def block_math(self, body):
        return mathml(body, "block")

    def inline_math(self, body):
        return mathml(body, "inline")

    def latex_environment(self, name, body):
        return mathml(f"\\begin{{{name}}}{body}\\end{{{name}}}", "block")


def render(source, attachments=None):
    return MarkdownWithMath(renderer=Renderer(escape=False, attachments=attachments or {})).render(source)


# Where a line must not end inside a name (cnn-single, not cnn- / single): in tables and code wherever a
# hyphen joins, in sentences where the name is an arm's. No-break hyphens would do it too, but who copies such
# a name could not search for it.
TAG = re.compile(r'''(<(script|style|svg|math|pre)\b.*?</\2>|</?[a-z!](?:[^>"']|"[^"]*"|'[^']*')*>)''', re.S | re.I)
JOINED = re.compile(r"(?<![\w/.&#-])(?=[\w.-]{3,32}(?![\w/-]))[^\W\d_][\w.]*(?:-[\w.]+)+")
ARM = re.compile(r"(?<![\w/.&#-])(?:cnn|vit)(?:-\w+)+")


def unbroken(html, inside=0):
    """HTML with its names in spans that are not broken at a hyphen. inside: 1 where all of it is a table's."""
    parts, last = [], 0
    for tag in [*TAG.finditer(html), None]:
        text = html[last : tag.start() if tag else len(html)]
        parts.append((JOINED if inside else ARM).sub(r'<span class="name">\g<0></span>', text) if "-" in text else text)
        if tag:
            last = tag.end()
            parts.append(tag[0])
            if kind := re.match(r"<(/?)(td|th|code)\b", tag[0]):
                inside = max(0, inside + (-1 if kind[1] else 1))
    return "".join(parts)


@pass_context
def markdown2html(context, source):
    return unbroken(downloads.finish(context, render(source, context.get("cell", {}).get("attachments"))))


@pass_context
def highlight_code(context, source, language=None, metadata=None):
    # GoNB names no lexer, for which nbconvert would take Python's.
    info = context["nb"].metadata.get("language_info", {})
    lexer = info.get("pygments_lexer") or info.get("name") or "text"
    return Highlight2HTML(pygments_lexer=lexer)(source, language=language, metadata=metadata)


def headings(nb):
    """The headings of the Markdown cells in order, as {level, id, text}."""
    found = []
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            for h in BeautifulSoup(render(cell.source), "html.parser").find_all(["h1", "h2", "h3"]):
                for link in h.select(".anchor-link"):
                    link.decompose()
                found.append({"level": int(h.name[1]), "id": h.get("id", ""), "text": h.get_text().strip()})
    return found


def chapter_title(nb):
    return next((h["text"] for h in headings(nb) if h["level"] == 1), "Chapter")


def chapter_contents(nb):
    return [h for h in headings(nb) if h["level"] > 1]


def results(nb, resources):
    """The notebook as a page shows it: without lines of progress, and with code cells that show nothing in
    one with the next."""
    cells = []
    for cell in nb.cells:
        if cell.cell_type == "code":
            if not cell.source.strip() and not cell.outputs:
                continue
            cell.outputs = without_progress(cell.outputs)
            before = cells[-1] if cells else None
            if before and before.cell_type == "code" and not before.outputs:
                cell.source = before.source.rstrip() + "\n\n" + cell.source
                cells.pop()
        cells.append(cell)
    nb.cells = cells
    return nb, resources


MARK = "... "  # progress.Mark


def without_progress(outputs):
    """The outputs without what lib/progress printed; all else on standard error, a warning, stays."""
    joined = []
    for o in outputs:
        before = joined[-1] if joined else None
        if before and o.output_type == before.output_type == "stream" and o.name == before.name:
            before.text += o.text  # a line may have come in two parts
        else:
            joined.append(o)
    kept = []
    for o in joined:
        if o.output_type == "stream" and o.name == "stderr":
            o.text = "".join(line for line in o.text.splitlines(True) if not line.startswith(MARK))
            if not o.text.strip():
                continue
        kept.append(o)
    return kept


def configure(c):
    """Sets nbconvert's HTML export up, in a traitlets configuration."""
    c.HTMLExporter.template_name = "thesis"
    c.HTMLExporter.extra_template_basedirs = [os.path.join(HERE, "template")]
    c.HTMLExporter.preprocessors = [results, downloads.Downloads]
    c.HTMLExporter.filters = {
        "unbroken": unbroken,
        "markdown2html": markdown2html,
        "highlight_code": highlight_code,
        "chapter_title": chapter_title,
        "chapter_contents": chapter_contents,
    }


def event(kind, **fields):
    print(json.dumps({"event": kind, **fields}), flush=True)


class Failed(Exception):
    """What the one who wrote the notebook can mend: where, why in some lines, and all of it as text."""

    def __init__(self, where, why, text=None, last=None):
        super().__init__(text or f"{where}: {why}")
        self.where, self.why, self.last = where, why, last  # last: index of the cell that failed


def execute(nb, job):
    """Runs the cells in order; their outputs end up in nb."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    code = [i for i, cell in enumerate(nb.cells) if cell.cell_type == "code"]

    class Client(NotebookClient):
        def process_message(self, msg, cell, cell_index):
            # What a long cell says about its progress is for the one who waits.
            if msg["msg_type"] == "stream" and msg["content"]["name"] == "stderr":
                event("stderr", text=msg["content"]["text"])
            return super().process_message(msg, cell, cell_index)

    def start(cell, cell_index):
        if cell_index in code:
            event("cell", number=code.index(cell_index) + 1)

    client = Client(
        nb,
        kernel_name=nb.metadata.kernelspec.name,
        timeout=12 * 3600,  # seconds a cell; a night of training fits
        startup_timeout=180,
        resources={"metadata": {"path": os.path.dirname(job["notebook"])}},
        on_cell_start=start,
    )
    with open(job["log"], "w") as log:
        try:
            client.execute(stderr=log)
        except CellExecutionError as e:
            raise explain(nb, code) from e


def explain(nb, code):
    """Which cell failed, its code, and what it printed, as a Failed."""
    for number, i in enumerate(code, 1):
        cell = nb.cells[i]
        errors = [o for o in cell.outputs if o.output_type == "error"]
        if not errors:
            continue
        error = "\n".join(errors[0].get("traceback") or [errors[0].evalue])
        said = "".join(o.text for o in cell.outputs if o.output_type == "stream" and o.name == "stderr")
        for o in cell.outputs:  # GoNB shows compiler errors as HTML
            if "text/html" in o.get("data", {}):
                said += BeautifulSoup(o.data["text/html"], "html.parser").get_text("\n")
        if error.strip() not in said:
            said += "\n" + error
        said = re.sub(r"\x1b\[[0-9;]*m", "", said)
        indent = lambda text: "\n".join("    " + line for line in text.strip().splitlines() if line.strip())
        where = f"code cell {number} of {len(code)}"
        return Failed(where, reason(said), f"{where} failed:\n{indent(cell.source)}\n  with:\n{indent(said)}", i)
    return Failed("a cell", "none holds an error")


def reason(said):
    """The lines of a failed cell's output that say why, without stack and exit status."""
    lines = [l.rstrip() for l in said.strip().splitlines() if l.strip()]
    start = next((k for k, l in enumerate(lines) if re.match("(error|panic|fatal error):", l)), 0)
    lines = lines[start:]
    end = next((k for k, l in enumerate(lines) if k > 0 and re.match(r"goroutine \d+|exit status|\[signal", l)), len(lines))
    lines = lines[:end]
    return "\n".join(l[:300] for l in lines[:12]) + ("\n…" if len(lines) > 12 else "")


def main():
    import nbformat

    def stop(*_):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    job = json.loads(sys.stdin.readline())
    with open(job["notebook"], encoding="utf-8") as f:
        nb = nbformat.read(f, as_version=4)
    started = time.time()
    failed = None
    try:
        headings(nb)
        check_formulas()
        execute(nb, job)
    except Failed as e:
        failed = e
        job["info"]["failed"] = {"where": e.where, "why": e.why}
    finally:
        nbformat.write(nb, job["executed"])  # after a failure or an interrupt too, to look at
    # What stands below the page is known now that the chapter has run: the weights, for one.
    event("executed", whole=not failed)
    job["info"]["foot"] = json.loads(sys.stdin.readline())
    title, intro = chapter_title(nb), introduction(nb)
    page = render_page(nb, job, failed)
    if not failed and bad_formulas:  # in a sentence that a cell has computed
        try:
            check_formulas()
        except Failed as e:
            failed = e
            job["info"]["failed"] = {"where": e.where, "why": e.why}
            page = render_page(nb, job, failed)
    # The index is made from what stands here.
    nb.metadata["thesis"] = job["info"] | {"title": title, "intro": intro, "seconds": time.time() - started}
    nbformat.write(nb, job["executed"])
    with open(job["page"], "w", encoding="utf-8") as f:
        f.write(page)
    if failed:
        event("failed", text=str(failed))
        return 1
    return 0


def render_page(nb, job, failed):
    """The page of the cells as far as they ran."""
    c = Config()
    configure(c)
    shown = copy.copy(nb)
    if failed and failed.last is not None:
        shown.cells = nb.cells[: failed.last + 1]
    page, _ = HTMLExporter(config=c).from_notebook_node(shown, resources={"thesis": job["info"], "downloads": os.path.dirname(job["page"]), "page": os.path.basename(job["page"])[:-5]})
    return page


def check_formulas():
    if bad_formulas:
        raise Failed("formulas that cannot be shown", "; ".join(f"${f}$ ({why})" for f, why in bad_formulas))


def introduction(nb):
    """The first paragraph of the first Markdown cell, as text; one all in bold is a subtitle."""
    text = next((cell.source for cell in nb.cells if cell.cell_type == "markdown"), "")
    paragraphs = BeautifulSoup(render(text), "html.parser").find_all("p")
    first = next((p for p in paragraphs if not (p.strong and p.strong.get_text() == p.get_text())), None)
    return " ".join(first.get_text().split()) if first else ""


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
