"""TensorBoard's own reader against the event files that `slab train` writes.

A small training with train.tensorboard is stopped and resumed from a checkpoint before its end; TensorBoard's
EventAccumulator must then give each step once, with the values that the JSON lines of both processes tell.

usage: check_events.py SLAB
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

STEPS, LOSES = 12, 3


def make_data(folder: pathlib.Path) -> list[str]:
    random = np.random.default_rng(5)
    settings = ["data.type=tensors"]
    for name, count in (("", 24), ("val_", 10)):
        np.save(folder / f"{name}images.npy", random.normal(size=(count, 1, 16, 16)).astype(np.float32))
        np.save(folder / f"{name}labels.npy", (3 * np.arange(count) % 5).astype(np.int64))
        settings += [f"data.{name}{kind}={folder / f'{name}{kind}.npy'}" for kind in ("images", "labels")]
    return settings


CONFIG = {
    "model": {"name": "slab_swin_t", "image_size": 16, "patch_size": 2, "in_channels": 1, "classes": 5,
              "embed_dim": 16, "depths": [1, 2], "heads": [1, 2], "window": 8, "attention": "LS", "drop_path": 0.3},
    "prepbn": {"warmup": 2, "lambda_end": 10},
    "train": {"steps": STEPS, "batch": 4, "eval_every": 6, "checkpoint_every": 3, "tensorboard": True},
    "device": "cpu", "threads": 1, "ops": {"linear": "torch"},
}


def train(slab: str, *arguments: str) -> list[dict]:
    done = subprocess.run([slab, "train", *arguments, "--json"], check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def expected_curves(lines: list[dict]) -> dict[str, dict[int, float]]:
    """Tag -> step -> value; what was told last of a step counts."""
    curves: dict[str, dict[int, float]] = {}
    for line in lines:
        if line["event"] == "step":
            for key in ("loss", "lr", "lambda", "grad_norm"):
                curves.setdefault(key, {})[line["step"]] = line[key]
        elif line["event"] == "eval":
            for key, tag in (("top1", "top1"), ("top5", "top5"), ("loss", "eval_loss")):
                curves.setdefault(tag, {})[line["step"]] = line[key]
    return curves


def compare(accumulator: EventAccumulator, curves: dict[str, dict[int, float]]) -> list[str]:
    problems = []
    for tag, points in curves.items():
        read = accumulator.Scalars(tag)
        if [event.step for event in read] != sorted(points):
            problems.append(f"{tag}: steps {[event.step for event in read]}, expected {sorted(points)}")
            continue
        for event in read:
            if np.float32(event.value) != np.float32(points[event.step]):
                problems.append(f"{tag} at step {event.step}: {event.value}, expected {points[event.step]}")
    return problems


def main() -> int:
    slab = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "config.json").write_text(json.dumps(CONFIG))
        settings = [part for setting in make_data(folder) for part in ("--set", setting)]
        run = folder / "run"
        lines = train(slab, "--config", str(folder / "config.json"), "--run", str(run), *settings)
        lines += train(slab, "--run", str(run), "--resume", "--from-step", str(STEPS - LOSES))
        accumulator = EventAccumulator(str(run / "tensorboard"), size_guidance={"scalars": 0})
        accumulator.Reload()
        problems = compare(accumulator, expected_curves(lines))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
