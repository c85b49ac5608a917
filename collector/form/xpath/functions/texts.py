"""Functions on texts. Lengths and positions count UTF-16 units, as both engines do. Used by dialects.py."""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
import re

from collector.errors import CannotEvaluate
from collector.form.xpath.code import Builder, Function
from collector.form.xpath.coercions import COLLECT as COLLECT_COERCIONS
from collector.form.xpath.coercions import enketo_text, enketo_text_of, java_int
from collector.form.xpath.context import Context
from collector.form.xpath.functions.defaults import with_context_node
from collector.form.xpath.patterns import matcher
from collector.form.xpath.values import Value

# UTF-16


def _is_narrow(text: str) -> bool:
    return text.isascii() or max(text) <= "\uffff"


def string_length(context: Context, text: str) -> float:
    return float(len(text) if _is_narrow(text) else len(text.encode("utf-16-le")) // 2)


def sliced(text: str, start: int | None, end: int | None) -> str:
    """text[start:end] in UTF-16 units."""
    if not text or _is_narrow(text):
        return text[start:end]
    units = text.encode("utf-16-le", "surrogatepass")
    length = len(units) // 2
    first, last, _ = slice(start, end).indices(length)
    return units[first * 2 : max(first, last) * 2].decode("utf-16-le", "surrogatepass")


# both engines


def substring_before(context: Context, text: str, part: str) -> str:
    before, found, _ = text.partition(part) if part else ("", "", "")
    return before if found else ""


def substring_after(context: Context, text: str, part: str) -> str:
    return text.partition(part)[2] if part else text


def translate(context: Context, text: str, old: str, new: str) -> str:
    table: dict[int, str | None] = {}
    for at, character in enumerate(old):
        table.setdefault(ord(character), new[at] if at < len(new) else None)
    return text.translate(table)


def digest(context: Context, text: str, algorithm: str, encoding: str = "base64") -> str:
    algorithms = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
    name = algorithms.get(algorithm.upper())
    if name is None or encoding.lower() not in {"base64", "hex"}:
        raise CannotEvaluate("evaluation_error", "digest() with an algorithm or encoding that is not known")
    hashed = hashlib.new(name, text.encode(), usedforsecurity=False).digest()
    return hashed.hex() if encoding.lower() == "hex" else base64.b64encode(hashed).decode("ascii")


def base64_decode(context: Context, text: str) -> str:
    try:
        return base64.b64decode(text, validate=False).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        raise CannotEvaluate("evaluation_error", "base64-decode() of a text that is not base64") from None


COMMON: dict[str, Function | Builder] = {
    "substring-before": Function(substring_before, "text text", "text"),
    "substring-after": Function(substring_after, "text text", "text"),
    "translate": Function(translate, "text text text", "text"),
    "contains": Function(lambda context, text, part: part in text, "text text", "boolean"),
    "starts-with": Function(lambda context, text, part: text.startswith(part), "text text", "boolean"),
    "ends-with": Function(lambda context, text, part: text.endswith(part), "text text", "boolean"),
    "digest": Function(digest, "text text text?", "text"),
    "base64-decode": Function(base64_decode, "text", "text"),
    "string-length": with_context_node(Function(string_length, "text", "number")),
}

# Collect

_JAVA_BLANKS = re.compile(r"[ \t\n\x0b\f\r]+")
_JAVA_TRIMMED = "".join(map(chr, range(33)))


def collect_substr(context: Context, text: str, start: float, end: float = math.inf) -> str:
    length = int(string_length(context, text))
    first, last = java_int(start), java_int(end) if end != math.inf else length
    first, last = (at + length if at < 0 else at for at in (first, last))
    first, last = (min(max(at, 0), length) for at in (first, last))
    return sliced(text, first, last) if first <= last else ""


def _collect_joined(context: Context, separator: str, values: tuple[Value, ...]) -> str:
    """One node-set alone gives the texts of its nodes; among others it must be one value."""
    if len(values) == 1 and type(values[0]) is list:
        values = tuple(COLLECT_COERCIONS.values(values[0], context))
    return separator.join([COLLECT_COERCIONS.text(value, context) for value in values])


def _collect_boolean_from_text(context: Context, text: str) -> bool:
    return text == "1" or text.lower() == "true"


COLLECT: dict[str, Function | Builder] = {
    "string": Function(lambda context, text: text, "text", "text"),
    "substr": Function(collect_substr, "text number number?", "text"),
    "concat": Function(lambda context, *values: _collect_joined(context, "", values), "any*", "text"),
    "join": Function(
        lambda context, separator, *values: _collect_joined(context, separator, values), "text any*", "text"
    ),
    "normalize-space": with_context_node(
        Function(lambda context, text: _JAVA_BLANKS.sub(" ", text.strip(_JAVA_TRIMMED)), "text", "text")
    ),
    "boolean-from-string": Function(_collect_boolean_from_text, "text", "boolean"),
    "regex": Function(lambda context, text, pattern: matcher(pattern, "java")(text), "text text", "boolean"),
}

# Enketo

_JAVASCRIPT_BLANKS = re.compile("[\t\n\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]+")


def enketo_texts(context: Context, values: tuple[Value, ...]) -> list[str]:
    """The texts of all values, node by node."""
    texts: list[str] = []
    for value in values:
        if type(value) is list:
            texts += [enketo_text_of(node) for node in value]
        else:
            texts.append(enketo_text(value, context))
    return texts


def enketo_substr(context: Context, text: str, start: float, end: float | None = None) -> str:
    return sliced(text, _slice_bound(start), None if end is None else _slice_bound(end))


def _slice_bound(number: float) -> int:
    return int(max(-1e9, min(1e9, number))) if number == number else 0


def substring(context: Context, text: str, start: float, length: float = math.inf) -> str:
    """XPath 1.0: positions from 1, both numbers rounded."""
    first = _rounded(start)
    last = first + _rounded(length)
    if first != first or last != last:
        return ""
    return sliced(text, int(max(first, 1.0)) - 1, int(min(last, 1e9)) - 1) if last > max(first, 1.0) else ""


def _rounded(number: float) -> float:
    return math.floor(number + 0.5) if math.isfinite(number) else number


def _enketo_boolean_from_text(context: Context, value: Value) -> bool:
    if type(value) is float and value > 0 and value.is_integer():
        return True
    return enketo_text(value, context) in {"1", "true"}


ENKETO: dict[str, Function | Builder] = {
    "string": with_context_node(Function(lambda context, text: text, "text", "text")),
    "substr": Function(enketo_substr, "text number number?", "text"),
    "substring": Function(substring, "text number number?", "text"),
    "concat": Function(lambda context, *values: "".join(enketo_texts(context, values)), "any*", "text"),
    "join": Function(
        lambda context, separator, *values: separator.join(enketo_texts(context, values)), "text any*", "text"
    ),
    "normalize-space": with_context_node(
        Function(lambda context, text: _JAVASCRIPT_BLANKS.sub(" ", text).strip(" "), "text", "text")
    ),
    "boolean-from-string": Function(_enketo_boolean_from_text, "any", "boolean"),
    "regex": Function(lambda context, text, pattern: matcher(pattern, "javascript")(text), "text text", "boolean"),
}
