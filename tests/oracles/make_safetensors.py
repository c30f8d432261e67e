"""Files by the safetensors library: every element type it writes from torch, metadata, odd offsets.

The bytes of each tensor are (37 i + 11) mod 251 for its i-th byte.
"""

import pathlib
import sys

import torch
from safetensors.torch import save_file

TYPES = {
    "bool": torch.bool, "u8": torch.uint8, "i8": torch.int8, "i16": torch.int16, "u16": torch.uint16,
    "i32": torch.int32, "u32": torch.uint32, "i64": torch.int64, "u64": torch.uint64,
    "f16": torch.float16, "bf16": torch.bfloat16, "f32": torch.float32, "f64": torch.float64,
    "f8_e4m3": torch.float8_e4m3fn, "f8_e5m2": torch.float8_e5m2,
}
SHAPES = {"scalar": (), "empty": (2, 0), "row": (3,), "matrix": (5, 3)}


def filled(dtype: torch.dtype, shape: tuple[int, ...]) -> torch.Tensor:
    size = torch.empty((), dtype=dtype).element_size()
    count = 1
    for extent in shape:
        count *= extent
    raw = (37 * torch.arange(count * size) + 11) % (2 if dtype == torch.bool else 251)
    return raw.to(torch.uint8).view(dtype).reshape(shape)


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    tensors = {f"{word}.{name}": filled(dtype, shape) for word, dtype in TYPES.items() for name, shape in SHAPES.items()}
    save_file(tensors, folder / "types.safetensors")
    save_file({"weight": filled(torch.float32, (2, 2))}, folder / "metadata.safetensors",
              metadata={"note": 'quotes ", umlauts \u00e4\u00f6\u00fc, a line\nbreak'})
    save_file({}, folder / "nothing.safetensors")


if __name__ == "__main__":
    main()
