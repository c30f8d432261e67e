"""A checkpoint that `slab train` wrote, opened as a Python program would.

The safetensors library reads model.safetensors; its hash and size are those of manifest.json; the optimizer's state
belongs to parameters of the model; the counters follow the schedule. `slab infer` on NumPy's images gives logits that
NumPy reads.

usage: check_checkpoint.py SLAB
"""

import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
from safetensors.torch import load_file

STEPS, WARMUP, LAMBDA_END = 6, 1, 4
SETTINGS = {
    "model.name": "slab_swin_t", "model.image_size": 16, "model.patch_size": 2, "model.in_channels": 1,
    "model.classes": 5, "model.embed_dim": 16, "model.depths": [1, 2], "model.heads": [1, 2], "model.window": 8,
    "model.attention": "LS", "prepbn.warmup": WARMUP, "prepbn.lambda_end": LAMBDA_END, "data.type": "tensors",
    "train.steps": STEPS, "train.batch": 4, "device": "cpu", "threads": 1, "ops.linear": "torch",
}


def slab(program: str, *arguments: str) -> str:
    done = subprocess.run([program, *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"slab {' '.join(arguments)} failed: {done.stderr}")
    return done.stdout


def train(program: str, folder: pathlib.Path) -> pathlib.Path:
    random = np.random.default_rng(7)
    np.save(folder / "images.npy", random.standard_normal((24, 1, 16, 16)).astype(np.float32))
    np.save(folder / "labels.npy", random.integers(0, 5, 24))
    settings = SETTINGS | {"data.images": str(folder / "images.npy"), "data.labels": str(folder / "labels.npy")}
    (folder / "config.json").write_text("{}")
    arguments = [word for key, value in settings.items()
                 for word in ("--set", f"{key}={value if isinstance(value, str) else json.dumps(value)}")]
    lines = slab(program, "train", "--config", str(folder / "config.json"), "--run", str(folder / "run"), "--json",
                 *arguments).splitlines()
    events = [json.loads(line) for line in lines]
    assert events[-1] == {"event": "end", "status": "done", "reason": ""}, events[-1]
    return folder / "run" / next(event["path"] for event in reversed(events) if event["event"] == "checkpoint")


def check_manifest(checkpoint: pathlib.Path) -> None:
    manifest = json.loads((checkpoint / "manifest.json").read_text())
    assert manifest["step"] == STEPS, manifest
    files = manifest["files"]
    entries = files.items() if isinstance(files, dict) else ((entry["name"], entry) for entry in files)
    names = set()
    for name, entry in entries:
        content = (checkpoint / name).read_bytes()
        assert len(content) == entry["size"], name
        assert hashlib.sha256(content).hexdigest() == entry["sha256"], name
        names.add(name)
    assert names == {"model.safetensors", "state.safetensors"}, names


def check_tensors(checkpoint: pathlib.Path) -> None:
    model, state = load_file(checkpoint / "model.safetensors"), load_file(checkpoint / "state.safetensors")
    assert all(torch.isfinite(value).all() for value in model.values() if value.is_floating_point())
    assert model["head.weight"].shape == (5, 32)
    counters = [int(model[f"norm.{name}"]) for name in ("warm", "iter", "total_step")]
    assert counters == [0, 0, LAMBDA_END - WARMUP], counters
    for key, value in state.items():
        if not key.startswith("optim/"):
            continue
        parameter, entry = key.removeprefix("optim/").rsplit("/", 1)
        assert entry == "step" or value.shape == model[parameter].shape, key


def check_logits(program: str, folder: pathlib.Path, checkpoint: pathlib.Path) -> None:
    slab(program, "infer", "--weights", str(checkpoint / "model.safetensors"), "--input", str(folder / "images.npy"),
         "--output", str(folder / "logits.npy"))
    logits = np.load(folder / "logits.npy")
    assert logits.shape == (24, 5) and logits.dtype == np.float32 and np.isfinite(logits).all()


def main() -> None:
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        checkpoint = train(program, folder)
        check_manifest(checkpoint)
        check_tensors(checkpoint)
        check_logits(program, folder, checkpoint)


if __name__ == "__main__":
    main()
