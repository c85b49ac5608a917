"""A submission's XML, as a tablet wrote it → Instance. Nothing is lost here: empty rows of repeats count.

Used by collector/form/judging, jobs/judge.py and the conformance tests.
"""

from __future__ import annotations

from collections.abc import Callable

from collector.form.instance.tree import BARE_META, Instance, empty_instance, kind_of, place
from collector.form.xform.markup import JAVAROSA, Element, name_of, parse
from collector.form.xform.model import FormModel, FormNode
from collector.form.xpath.nodes import Node


def compile_xml_reader(model: FormModel) -> Callable[[bytes | str], Instance]:
    """The function that lays submission XML over the form. It raises Unparsable, or OtherForm for another root."""

    def read(xml: bytes | str) -> Instance:
        root = parse(xml)
        if name_of(root) != model.name and not {name_of(child) for child in root} & _names(model.root):
            raise OtherForm
        instance = empty_instance(model, is_from_json=False)
        _fill(instance, instance.root, model.root, root)
        return instance

    return read


class OtherForm(ValueError):
    """The submission belongs to another form."""


def _names(form_node: FormNode) -> set[str]:
    return {child.name for child in form_node.children} - BARE_META


def _fill(instance: Instance, parent: Node, form_node: FormNode, element: Element | None) -> None:
    """Give a node its children: every one of the form, in the form's order; element None: a group that was left out."""
    parent.children = []
    given = _by_name(instance, parent, form_node, element)
    for child in form_node.children:
        elements = given.get(child.name, [])
        if not child.is_repeat:
            if len(elements) > 1:
                instance.misshapen.append(child.path)
            _add(instance, parent, child, elements[0] if elements else None)
        else:
            for each in elements:
                _add(instance, parent, child, each)


def _add(instance: Instance, parent: Node, form_node: FormNode, element: Element | None) -> None:
    text = (element.text or "") if element is not None and form_node.is_leaf else ""
    node = Node(form_node.name, "" if text.isspace() else text, kind_of(form_node, text), parent, form_node)
    node.places = form_node.places
    parent.children.append(node)
    instance.found[form_node.index].append(node)
    instance.texts[form_node.index].append(node.text)
    if form_node.children:
        _fill(instance, node, form_node, element)


def _by_name(
    instance: Instance, parent: Node, form_node: FormNode, element: Element | None
) -> dict[str, list[Element]]:
    known = {child.name for child in form_node.children}
    given: dict[str, list[Element]] = {}
    for each in element if element is not None else ():
        name = name_of(each)
        if name in known:
            if each.get(f"{JAVAROSA}template") is None:
                given.setdefault(name, []).append(each)
        elif not (name.startswith("_") or name in BARE_META or form_node.name in BARE_META):
            instance.unknown.append("/".join(filter(None, (place(parent), name))))
    return given
