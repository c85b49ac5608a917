"""randomize(): the same order as the tablet's for the same seed. Used by nodesets.py.

Both engines draw from a Park-Miller generator and shuffle by Fisher-Yates; without a seed the order is any.
"""

from __future__ import annotations

from collections.abc import Callable

from collector.form.xpath.context import Context
from collector.form.xpath.nodes import Node

_MODULUS, _MULTIPLIER = 2147483647, 16807
MAX_LONG = 2**63


def _generator(seed: int) -> Callable[[], float]:
    state = _remainder(seed)
    if state <= 0:
        state += _MODULUS - 1

    def draw() -> float:
        nonlocal state
        state = state * _MULTIPLIER % _MODULUS
        return (state - 1) / (_MODULUS - 1)

    return draw


def _remainder(seed: int) -> int:
    """With the sign of the seed, as Java and JavaScript have it."""
    return seed % _MODULUS if seed >= 0 else -(-seed % _MODULUS)


def _shuffled(nodes: list[Node], draw: Callable[[], float]) -> list[Node]:
    mixed = list(nodes)
    for last in range(len(mixed) - 1, 0, -1):
        other = int(draw() * (last + 1))
        mixed[last], mixed[other] = mixed[other], mixed[last]
    return mixed


def java_shuffled(context: Context, nodes: list[Node], seed: float | None = None) -> list[Node]:
    if seed is None:
        return _shuffled(nodes, context.world.random.random)
    whole = int(max(min(seed, MAX_LONG - 1), -MAX_LONG)) if seed == seed else 0
    return _shuffled(nodes, _generator(whole))


def javascript_shuffled(context: Context, nodes: list[Node], seed: float | None = None) -> list[Node]:
    if seed is None or seed != seed:
        return _shuffled(nodes, context.world.random.random)
    return _shuffled(nodes, _generator(int(max(min(seed, MAX_LONG - 1), -MAX_LONG))))
