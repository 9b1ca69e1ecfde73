"""What a chapter's page has beside its tables and figures: files to put into a thesis, and links.

Below each numbered table stand links to it as CSV and LaTeX, below each numbered figure as SVG and PDF:
files in tables/ and figures/ beside the page, or, where a page has no folder (JupyterLab's "Save and
Export"), inside the page. "Table 5.1" in text becomes a link, across chapters too.
"""

import base64
import glob
import html
import json
import os
import re

from nbconvert.preprocessors import Preprocessor

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
POINTS = 0.6  # of a pixel: a figure of 760 pixels is 161 mm wide, as the text of an A4 page

KINDS = {"table": [("CSV", "csv", "text/csv"), ("LaTeX", "tex", "application/x-tex")],
         "figure": [("SVG", "svg", "image/svg+xml"), ("PDF", "pdf", "application/pdf")]}


class Downloads(Preprocessor):
    """Gives the copy of a notebook that becomes a page its links."""

    def preprocess(self, nb, resources):
        folder = resources.get("downloads")
        page = resources.get("metadata", {}).get("name", "")
        resources["places"] = known = places(nb)
        if folder:
            page = resources["page"]
            clear(folder, page)
        placed = set()
        for cell in nb.cells:
            for output in cell.get("outputs", []):
                data = output.get("data", {})
                for match in re.finditer(r'<figure[^>]*? data-place="(table|figure)-([\w.]+)"', data.get("text/html", "")):
                    add(data, match[1], match[2], folder, page)
                    place = f"{match[1]}-{match[2]}"
                    if place not in placed:  # shown twice, it has one id
                        placed.add(place)
                        attribute = f' data-place="{place}"'
                        data["text/html"] = data["text/html"].replace(attribute, f'{attribute} id="{place}"', 1)
                if "<figure" in data.get("text/html", ""):
                    data["text/html"] = link(data["text/html"], known)
        return nb, resources


def stem(kind, number, page):
    """The name of a file. A copy of a chapter that kept its numbers does not write over the chapter's files."""
    own = not re.match(r"\d\d-", page) or int(page[:2]) == int(number.split(".")[0])
    return f"{kind}-{number}" if own else f"{page}-{kind}-{number}"


def clear(folder, page):
    """Removes what an earlier run of the chapter has left."""
    for kind in KINDS:
        for name in (f"{kind}-{int(page[:2])}.*", f"{glob.escape(page)}-{kind}-*"):
            for path in glob.glob(os.path.join(folder, kind + "s", name)):
                os.remove(path)


def add(data, kind, number, folder, page):
    """Puts the links below a table or figure; data is the output's MIME bundle."""
    shown = data["text/html"]
    if kind == "table":
        files = {"csv": data.get("text/csv", "").encode(), "tex": data.get("text/latex", "").encode()}
    else:
        svg = base64.b64decode(re.search(r'src="data:image/svg\+xml;base64,([^"]*)"', shown)[1])
        files = {"svg": svg, "pdf": pdf(svg)}
    links = []
    for label, extension, mime in KINDS[kind]:
        name = f"{stem(kind, number, page)}.{extension}"
        if folder:
            os.makedirs(os.path.join(folder, kind + "s"), exist_ok=True)
            with open(os.path.join(folder, kind + "s", name), "wb") as f:
                f.write(files[extension])
            href = f"{kind}s/{name}"
        else:
            href = f"data:{mime};base64,{base64.b64encode(files[extension]).decode()}"
        links.append(f'<a href="{href}" download="{name}">{label}</a>')
    end = shown.rindex("</figure>")
    data["text/html"] = f'{shown[:end]}<p class="downloads">Download: {", ".join(links)}</p>{shown[end:]}'


def pdf(svg):
    """A PDF page as large as the picture: the same picture gives the same bytes."""
    import typst  # here, because only pages with figures need it: 84 MB

    width = float(re.search(rb'<svg[^>]*? width="([\d.]+)', svg)[1]) * POINTS
    source = ("#set document(date: none)\n#set page(width: auto, height: auto, margin: 0pt)\n"
              f'#image(bytes(sys.inputs.svg), format: "svg", width: {width}pt)')
    return typst.compile(source.encode(), format="pdf", sys_inputs={"svg": svg.decode()},
                         font_paths=[os.path.join(ROOT, ".venv", "share", "thesis")], ignore_system_fonts=True)


NUMBER = r"\d+\.(?:\d+|[A-Z])"
# Numbers in the code of a cell: report.Table("5.1", …), chart.About{Number: "4.2"}, and functions whose
# names say that they show one or the other, with the number among their arguments.
TABLE = re.compile(rf'\b\w*Table\w*\([^"\n]*"(?:Table )?({NUMBER})"')
FIGURE = re.compile(rf'(?:\b\w*(?:About|about|Figure|Fig)\w*\([^"\n]*|Number:\s*)"(?:Figure )?({NUMBER})"')


def numbers(nb):
    """The numbered tables and figures that a notebook shows: {"table-5.1", …}, by its code and its outputs."""
    found = set()
    for cell in nb["cells"]:
        if cell["cell_type"] != "code":
            continue
        source = "".join(cell["source"])
        found |= {f"table-{n}" for n in TABLE.findall(source)} | {f"figure-{n}" for n in FIGURE.findall(source)}
        for output in cell.get("outputs", []):
            found |= set(re.findall(rf' data-place="((?:table|figure)-{NUMBER})"', "".join(output.get("data", {}).get("text/html", ""))))
    return found


def places(nb=None):
    """Where each chapter and each numbered table and figure is shown: {"chapter-5": "05-experiment1.html",
    "table-5.1": "05-experiment1.html#table-5.1"}. Those of the notebook nb itself are on its own page."""
    found = {}
    for path in sorted(glob.glob(os.path.join(ROOT, "notebooks", "[0-9][0-9]-*.ipynb"))):
        page = os.path.basename(path)[: -len(".ipynb")]
        found[f"chapter-{int(page[:2])}"] = f"{page}.html"
        with open(path, encoding="utf-8") as f:
            for id in numbers(json.load(f)):
                if int(page[:2]) == int(id.split("-")[1].split(".")[0]):
                    found[id] = f"{page}.html#{id}"
    if nb is not None:
        found |= {id: f"#{id}" for id in numbers(nb)}
    return found


# What stays as it is, or a reference: "Table 5.1", "tables 5.1, 5.2 and 6.A", "chapter 2"; but "chapter 7 of
# the thesis" is not ours.
PLACE = rf"(?:{NUMBER}|\d(?![.\d]\d))"
TOKENS = re.compile(
    rf"(?is)<(script|style|a|b|code|pre|h[1-6]|math|svg|title)\b.*?</\1>|<!--.*?-->|<[^>]*>|"
    rf"(?<![\w.-])(table|figure|chapter)(s?)((?:\s|&nbsp;|&#160;)+)({PLACE}(?:(?:, | and |, and | to | or ){PLACE})*)(?![\w-]|\.\d| of the thesis)")


def link(text, known):
    """HTML with its references as links to what is shown in known (places); the thesis' others stay text."""

    def replace(match):
        if not match[2]:
            return match[0]
        kind, word = match[2].lower(), match[2] + match[3] + match[4]
        parts = re.split(f"({PLACE})", match[5])
        for i in range(1, len(parts), 2):
            target = known.get(f"{kind}-{parts[i]}")
            if target:
                label = word + parts[i] if i == 1 else parts[i]
                parts[i] = f'<a class="reference" href="{html.escape(target)}">{label}</a>'
            elif i == 1:
                parts[i] = word + parts[i]
        return "".join(parts)

    return TOKENS.sub(replace, text)


def finish(context, text):
    """The HTML of a Markdown text as it stands on the page; context is the template's."""
    text = re.sub(r"(?s)(<table>.*?</table>)", r'<div style="overflow-x:auto">\1</div>', text)
    return link(text, context["resources"]["places"] or {})
