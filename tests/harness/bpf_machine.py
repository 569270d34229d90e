"""Runs a filter as the kernel would, for machines that this one is not."""

import struct

from tillsight_edge.vision.process.bpf import (
    AND,
    JUMP_ANY_BIT,
    JUMP_EQUAL,
    JUMP_MORE,
    LOAD_WORD,
    RETURN,
    Program,
)


def answer(program: Program, audit_arch: int, number: int, *arguments: int) -> int:
    """What the filter returns for one system call."""
    filled = [*arguments, *[0] * (6 - len(arguments))]
    description = struct.pack("<IIQ6Q", number & 0xFFFF_FFFF, audit_arch, 0, *filled)
    word, place = 0, 0
    while True:
        step = program[place]
        place += 1
        if step.code == LOAD_WORD:
            (word,) = struct.unpack_from("<I", description, step.value)
        elif step.code == AND:
            word &= step.value
        elif step.code == RETURN:
            return step.value
        else:
            holds = {
                JUMP_EQUAL: word == step.value,
                JUMP_MORE: word > step.value,
                JUMP_ANY_BIT: bool(word & step.value),
            }[step.code]
            place += step.if_true if holds else step.if_false
