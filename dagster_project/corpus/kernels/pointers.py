"""Arrays as bare pointers, for kernels of many small functions.

numba counts the references of an array in every function that it is handed to; a pointer it hands on like a number.
Whoever makes a pointer keeps the array alive, and stays inside it: nothing checks an index.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic


@intrinsic
def pointer(_: Any, array: Any) -> Any:
    """Where the data of a contiguous array begins; it is indexed as the array is."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return context.make_array(signature.args[0])(context, builder, arguments[0]).data

    return types.CPointer(array.dtype)(array), generate
