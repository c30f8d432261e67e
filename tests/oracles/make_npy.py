"""Arrays in every form of .npy that the reader promises to read, by NumPy.

Element i of an array (in C order) is (37 i + 11) mod 251; floats are that less 125.5, over 8.
"""

import pathlib
import sys

import numpy as np

SHAPES = {"scalar": (), "one": (1,), "empty": (0, 3), "row": (7,), "images": (2, 3, 4, 5)}
TYPES = {"f4": "<f4", "f8": "<f8", "u1": "|u1", "i8": "<i8"}


def values(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    whole = (37 * np.arange(int(np.prod(shape)), dtype=np.int64) + 11) % 251
    if np.dtype(dtype).kind == "f":
        whole = (whole - 125.5) / 8
    return whole.astype(dtype).reshape(shape)


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    for word, dtype in TYPES.items():
        for name, shape in SHAPES.items():
            np.save(folder / f"{name}_{word}.npy", values(shape, dtype))
    for major in (2, 3):
        with open(folder / f"images_f4_version{major}.npy", "wb") as file:
            np.lib.format.write_array(file, values(SHAPES["images"], "<f4"), version=(major, 0))
    np.save(folder / "refused_fortran_order.npy", np.asfortranarray(values((3, 4), "<f4")))
    np.save(folder / "refused_big_endian.npy", values((3, 4), ">f4"))
    np.save(folder / "refused_float16.npy", values((3, 4), "<f2"))
    np.save(folder / "refused_objects.npy", np.array([{}, None], dtype=object), allow_pickle=True)


if __name__ == "__main__":
    main()
