"""XML from outside → elements, with nothing expanded and nothing fetched: the one door for forms, media, submissions.

Used by read.py and secondary.py, and by collector/form/instance. A document type is refused: only attackers send one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

Element = etree._Element

JAVAROSA = "{http://openrosa.org/javarosa}"
DOCUMENT_TYPE = "it has a document type or entities, which no tablet writes"
HUGE = 9_000_000
"""Bytes from which on XML may hold a text that libxml2 refuses unless told that it is huge."""
DECLARATION = re.compile(rb"\s*<\?xml\s[^>]*?(encoding\s*=\s*['\"](?i:utf-8)['\"][^>]*?)?\?>")


class Unparsable(ValueError):
    """Text that is no XML we take: why, in words for people, never with a part of it."""


def parse(xml: str | bytes) -> Element:
    """The root element, without comments and processing instructions. Raises Unparsable."""
    data = (xml.encode() if isinstance(xml, str) else xml).lstrip()
    if not data:
        raise Unparsable("it is empty")
    is_huge = len(data) > HUGE and _is_plain(data)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        huge_tree=is_huge,
    )
    try:
        root = etree.fromstring(DECLARATION.sub(b"", data, 1) if is_huge else data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        if b"<!DOCTYPE" in data:
            raise Unparsable(DOCUMENT_TYPE) from None
        line = getattr(error, "lineno", None)
        raise Unparsable(f"it is not complete XML{f' (line {line})' if line else ''}") from None
    if str(getattr(root.getroottree().docinfo, "doctype", "")):
        raise Unparsable(DOCUMENT_TYPE)
    return root


def _is_plain(data: bytes) -> bool:
    """Whether it is UTF-8 without a document type: then nothing in it can grow, and it may be as long as it is."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    declared = data.startswith(b"<?xml") and not DECLARATION.match(data)
    return b"<!DOCTYPE" not in data and not declared


def name_of(element: Element) -> str:
    """The tag without its namespace."""
    tag = str(element.tag)
    return tag[tag.rfind("}") + 1 :]


def children_of(element: Element, name: str) -> Iterator[Element]:
    """Child elements of this name, whatever their namespace."""
    return (child for child in element if name_of(child) == name)


def child_of(element: Element, name: str) -> Element | None:
    """The first child of this name."""
    return next(children_of(element, name), None)


def text_of(element: Element | None) -> str:
    """All text in an element, what was put out of other questions as "…", blanks at the ends gone."""
    if element is None:
        return ""
    parts = [element.text or ""]
    for child in element:
        parts += ["…" if name_of(child) == "output" else text_of(child), child.tail or ""]
    return "".join(parts).strip()
