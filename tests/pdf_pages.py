"""What stands where on the pages of a PDF."""

from typing import NamedTuple

from pypdf import PageObject, PdfReader
from pypdf.generic import ArrayObject

BOTTOM, TOP = 70.9, 765.4  # points from the paper's lower edge: the text's, of report.typ's margins on A4


class Mark(NamedTuple):
    low: float  # points from the paper's lower edge
    high: float
    what: str  # "image", "line" or the text


def marks(page: PageObject) -> list[Mark]:
    """Return what is drawn in the text area of a page: text, pictures, lines."""
    found = []

    def draw(operator: bytes, operands: list, cm: list, tm: list) -> None:
        if operator == b"Do":
            found.append(Mark(*sorted((cm[5], cm[5] + cm[3])), "image"))
        elif operator in (b"m", b"l", b"re"):
            x, y, *size = map(float, operands)
            ends = [y, y + size[1]] if size else [y]
            across = [x * cm[1] + end * cm[3] + cm[5] for end in ends]
            found.append(Mark(min(across), max(across), "line"))

    def write(text: str, cm: list, tm: list, font: dict, size: float) -> None:
        if text.strip():
            y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
            found.append(Mark(y - 0.25 * abs(size), y + 0.8 * abs(size), text.strip()))

    page.extract_text(visitor_operand_before=draw, visitor_text=write)
    return [mark for mark in found if mark.high > BOTTOM and mark.low < TOP]


def ends_of_parts(reader: PdfReader) -> set[int]:
    """Return the indices of pages that end a part: the next begins with a bookmark of the first level."""
    last = {len(reader.pages) - 1}
    for entry in reader.outline:
        if not isinstance(entry, list) and float(entry.top) > TOP - 20:
            last.add(reader.get_destination_page_number(entry) - 1)
    return last


def destinations(reader: PdfReader, *, first: int = 0) -> list[tuple[int, float]]:
    """Return of every link within the document, from a page on, the page's index and height it leads to."""
    found, named = [], reader.named_destinations
    for page in reader.pages[first:]:
        for note in page.get("/Annots", []):
            link = note.get_object()
            target = link["/Dest"] if "/Dest" in link else link["/A"].get("/D")  # resolved
            if isinstance(target, str):
                target = named[target].dest_array
            if isinstance(target, ArrayObject):
                found.append((reader.get_page_number(target[0].get_object()), float(target[3])))
    return found
