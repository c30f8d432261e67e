"""Compares a folder of oracle files with a freshly made one.

usage: compare.py COMMITTED FRESH

The same files must be there. Floating-point arrays (.npy, .safetensors of F32 and F64) may differ by the
tolerance of the folder's `tolerance.txt` ("relative absolute", of the array's largest magnitude; without
that file not at all): another processor adds in another order. Numbers of a .tsv alike. All else must be
equal byte by byte.
"""

import pathlib
import sys

import numpy as np
from safetensors.numpy import load_file


def tolerance_of(folder: pathlib.Path) -> tuple[float, float]:
    file = folder / "tolerance.txt"
    if not file.exists():
        return 0.0, 0.0
    relative, absolute = file.read_text().split()
    return float(relative), float(absolute)


def difference(a: np.ndarray, b: np.ndarray, tolerance: tuple[float, float]) -> str:
    """A sentence on how they differ, '' where they agree."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return f"{a.dtype}{list(a.shape)} became {b.dtype}{list(b.shape)}"
    if a.tobytes() == b.tobytes():
        return ""
    if a.dtype.kind != "f" or tolerance == (0.0, 0.0):
        return f"{int(np.count_nonzero(a != b))} of {a.size} elements differ"
    wide_a, wide_b = a.astype(np.float64), b.astype(np.float64)
    finite = np.isfinite(wide_a)
    if not np.array_equal(wide_a[~finite], wide_b[~finite], equal_nan=True):
        return "values that are not finite differ"
    scale = float(np.abs(wide_a[finite]).max(initial=0.0))
    error = float(np.abs(wide_a - wide_b)[finite].max(initial=0.0))
    allowed = tolerance[0] * scale + tolerance[1]
    return "" if error <= allowed else f"differs by {error:.3g}, allowed is {allowed:.3g}"


def tsv_difference(a: str, b: str, tolerance: tuple[float, float]) -> str:
    lines_a, lines_b = a.splitlines(), b.splitlines()
    if len(lines_a) != len(lines_b):
        return f"{len(lines_a)} lines became {len(lines_b)}"
    for number, (line_a, line_b) in enumerate(zip(lines_a, lines_b), 1):
        fields_a, fields_b = line_a.split("\t"), line_b.split("\t")
        if len(fields_a) != len(fields_b):
            return f"line {number} has {len(fields_b)} fields"
        for field_a, field_b in zip(fields_a, fields_b):
            if field_a == field_b:
                continue
            try:
                x, y = float(field_a), float(field_b)
            except ValueError:
                return f"line {number}: {field_a} became {field_b}"
            if not abs(x - y) <= tolerance[0] * abs(x) + tolerance[1]:
                return f"line {number}: {field_a} became {field_b}"
    return ""


def compare(committed: pathlib.Path, fresh: pathlib.Path, tolerance: tuple[float, float]) -> str:
    if committed.read_bytes() == fresh.read_bytes():
        return ""
    if committed.suffix == ".npy":
        return difference(np.load(committed), np.load(fresh), tolerance)
    if committed.suffix == ".safetensors" and tolerance != (0.0, 0.0):
        a, b = load_file(committed), load_file(fresh)
        if list(a) != list(b):
            return "other tensors"
        found = ((name, difference(a[name], b[name], tolerance)) for name in a)
        return "; ".join(f"{name} {text}" for name, text in found if text)
    if committed.suffix == ".tsv":
        return tsv_difference(committed.read_text(), fresh.read_text(), tolerance)
    return "other bytes"


def main() -> int:
    committed, fresh = (pathlib.Path(argument) for argument in sys.argv[1:3])
    def names(root):
        return {file.relative_to(root) for file in root.rglob("*") if file.is_file()}

    old, new = names(committed), names(fresh)
    problems = [f"{name}: committed, but not made any more" for name in sorted(old - new)]
    problems += [f"{name}: made, but not committed" for name in sorted(new - old)]
    tolerance = tolerance_of(fresh)
    for name in sorted(old & new):
        text = compare(committed / name, fresh / name, tolerance)
        if text:
            problems.append(f"{name}: {text}")
    for problem in problems:
        print(problem)
    if not new:
        print(f"{fresh}: nothing was made")
    return 1 if problems or not new else 0


if __name__ == "__main__":
    sys.exit(main())
