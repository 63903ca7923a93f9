"""Reads safetensors files without a tensor library: names to arrays, nothing is ever executed."""

from __future__ import annotations

import json
import math
import mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapter.errors import ConfigurationError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = NDArray[np.float16] | NDArray[np.float32]
    Tensors = dict[str, Tensor]

_LENGTH_BYTES = 8
_MOST_HEADER = 100_000_000
_KINDS = {"F32": "<f4", "F16": "<f2", "BF16": "<u2", "F64": "<f8"}


def read_tensors(path: Path) -> Tensors:
    """All floating-point tensors of a file: float16 as it is, others as float32.

    Raises ConfigurationError when the file is none, or is cut.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as body:
            return _tensors(body)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ConfigurationError(
            f"{path} is no whole safetensors file ({error}); download it again"
        ) from None


def _tensors(body: mmap.mmap) -> Tensors:
    size = int.from_bytes(body[:_LENGTH_BYTES], "little")
    if not 0 < size <= min(_MOST_HEADER, len(body) - _LENGTH_BYTES):
        raise ValueError("its header is cut")
    begin = _LENGTH_BYTES + size
    header: dict[str, dict[str, Any]] = json.loads(body[_LENGTH_BYTES:begin])
    return {
        name: _array(body, begin, told)
        for name, told in header.items()
        if name != "__metadata__" and told["dtype"] in _KINDS
    }


def _array(body: mmap.mmap, begin: int, told: dict[str, Any]) -> Tensor:
    import numpy as np

    first, last = told["data_offsets"]
    kind = np.dtype(_KINDS[told["dtype"]])
    shape = tuple(told["shape"])
    if (
        not 0 <= first <= last <= len(body) - begin
        or last - first != math.prod(shape) * kind.itemsize
    ):
        raise ValueError("a tensor is cut")
    values = np.frombuffer(body[begin + first : begin + last], kind).reshape(shape)
    if told["dtype"] == "F16":
        return values.astype(np.float16, copy=False)
    if told["dtype"] == "BF16":  # the upper half of a float32
        values = (values.astype(np.uint32) << 16).view(np.float32)
    return values.astype(np.float32, copy=False)
