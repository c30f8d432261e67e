"""Exported ONNX files as ONNX's own checker and ONNX Runtime see them, against our own forward.

usage: check_onnx.py SLAB [MODEL...]

Without models: the smallest of every family, norm and attention that is built. Each is given weights and
statistics away from their initial values, exported unfolded and folded, and run at other batches than one;
the logits may differ by 1e-5 of the largest.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from safetensors.numpy import load_file, save_file

TOLERANCE = 1e-5


def run(slab: str, *arguments: object) -> str:
    done = subprocess.run([slab, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"slab {' '.join(map(str, arguments))}\n{done.stderr}")
    return done.stdout


def smallest_of_each_kind(slab: str) -> list[str]:
    kinds: dict[tuple[str, str, str], tuple[int, str]] = {}
    for entry in json.loads(run(slab, "model", "list", "--json")):
        kind = (entry["family"], entry["norm"], entry["attention"])
        size = (entry["parameters"], entry["name"])
        kinds[kind] = min(size, kinds.get(kind, size))
    return [name for _, name in kinds.values()]


def stirred_weights(slab: str, model: str, path: pathlib.Path) -> dict[str, np.ndarray]:
    """Random weights of `model` with every parameter and statistic moved, finished counters included.

    The norms' statistics are such that they pass on less than they get. Otherwise the tokens of models that were
    never trained grow from block to block, until two float32 forwards of ours differ by more than the tolerance.
    """
    run(slab, "export", "--model", model, "--output", path, "--force")
    random = np.random.default_rng(5)
    weights = load_file(path)
    for key, value in weights.items():
        if value.dtype != np.float32 or key.endswith("attn_mask"):
            if key.endswith((".warm", ".iter")):
                weights[key] = np.zeros_like(value)
        elif key.endswith("running_var"):
            weights[key] = random.uniform(2.0, 6.0, value.shape).astype(np.float32)
        elif key.endswith(".alpha"):
            weights[key] = random.uniform(0.2, 0.4, value.shape).astype(np.float32)
        else:
            spread = 0.005 if value.ndim > 1 else 0.05
            weights[key] = value + random.normal(0, spread, value.shape).astype(np.float32)
    save_file(weights, path, {"format": "pt"})
    return weights


def relative(expected: np.ndarray, actual: np.ndarray) -> float:
    if expected.shape != actual.shape:
        return float("inf")
    return float(np.abs(expected - actual).max() / np.abs(expected).max())


def check_graph(path: pathlib.Path, weights: dict[str, np.ndarray] | None) -> None:
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 17)], model.opset_import
    for tensor in model.graph.initializer:
        value = onnx.numpy_helper.to_array(tensor)
        if weights is not None and value.size > 8:
            assert tensor.name in weights, f"{tensor.name} is no key of the state dict"
            assert np.array_equal(value, weights[tensor.name]), f"{tensor.name} has other values"


def logits(path: pathlib.Path, images: np.ndarray) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return session.run(["logits"], {"images": images})[0]


def check(slab: str, model: str, folder: pathlib.Path) -> bool:
    weights_file, images_file, ours_file = (folder / name for name in ("w.safetensors", "x.npy", "y.npy"))
    weights = stirred_weights(slab, model, weights_file)
    size = json.loads(run(slab, "config", "print", "--set", f"model.name={model}"))["model"]
    side = size["image_size"]
    images = np.random.default_rng(9).normal(size=(3, size["in_channels"], side, side)).astype(np.float32)
    np.save(images_file, images)
    source = ["--model", model, "--weights", weights_file]
    good = True
    for folded in ([], ["--folded"]):
        run(slab, "infer", *source, "--input", images_file, "--output", ours_file, *folded)
        ours = np.load(ours_file)
        errors = []
        for batch in (None, 2):
            path = folder / "model.onnx"
            fixed = [] if batch is None else ["--batch", batch]
            run(slab, "export", *source, "--output", path, "--force", *folded, *fixed)
            check_graph(path, None if folded else weights)
            counts = (1, 3) if batch is None else (batch,)
            errors += [relative(ours[:count], logits(path, images[:count])) for count in counts]
        agrees = max(errors) <= TOLERANCE
        good = good and agrees
        print(f"{'ok' if agrees else 'DIFFERS'}  {model}{' folded' if folded else ''}  {max(errors):.2e}", flush=True)
    return good


def main() -> None:
    slab, *models = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        results = [check(slab, model, pathlib.Path(folder)) for model in models or smallest_of_each_kind(slab)]
    sys.exit(0 if results and all(results) else 1)


if __name__ == "__main__":
    main()
