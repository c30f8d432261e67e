#!/usr/bin/env python3
"""Writes the .pth fixtures of tests/data/oracles/pth with Python's own torch.save.

usage: make_pth.py OUTPUT_DIRECTORY

A <name>.safetensors holds the tensors that an import of <name>.pth must find, bit by bit, in the order of the
state dict; legacy.pth holds those of training, layouts_*.pth those of layouts. Values are a fixed rule, no random numbers, so
that the files are the same every time.
"""

import argparse
import collections
import json
import struct
import sys
from pathlib import Path

import numpy as np
import torch
from yacs.config import CfgNode

SAFETENSORS_NAMES = {
    torch.float16: "F16", torch.bfloat16: "BF16", torch.float32: "F32", torch.float64: "F64",
    torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8",
    torch.uint8: "U8", torch.bool: "BOOL",
}


def filled(seed, *shape, dtype=torch.float32):
    """Element e is 2 ((7919 seed + 104729 e) mod 10007) / 10007 - 1, then converted."""
    count = int(np.prod(shape)) if shape else 1
    values = [2.0 * ((7919 * seed + 104729 * e) % 10007) / 10007 - 1 for e in range(count)]
    return torch.tensor(values, dtype=torch.float64).reshape(shape).to(dtype)


def save_expected(path, tensors):
    """The safetensors format, written by hand so that its bytes do not depend on a library's version."""
    header, blobs, offset = {}, [], 0
    for name, tensor in tensors.items():
        plain = tensor.detach().contiguous()
        blob = plain.reshape(-1).view(torch.uint8).numpy().tobytes() if plain.numel() else b""
        header[name] = {"dtype": SAFETENSORS_NAMES[plain.dtype], "shape": list(plain.shape),
                        "data_offsets": [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def rep_bn(seed, prefix, width):
    return {
        f"{prefix}.alpha": torch.ones(1) * 0.75,
        f"{prefix}.bn.weight": filled(seed, width) + 1.5,
        f"{prefix}.bn.bias": filled(seed + 1, width),
        f"{prefix}.bn.running_mean": filled(seed + 2, width),
        f"{prefix}.bn.running_var": filled(seed + 3, width).abs() + 0.5,
        f"{prefix}.bn.num_batches_tracked": torch.tensor(1234, dtype=torch.int64),
    }


def linear_norm(seed, prefix, width):
    return {
        f"{prefix}.warm": torch.tensor(0, dtype=torch.int64),
        f"{prefix}.iter": torch.tensor(0, dtype=torch.int64),
        f"{prefix}.total_step": torch.tensor(300000, dtype=torch.int64),
        f"{prefix}.norm1.weight": filled(seed + 4, width) + 1,
        f"{prefix}.norm1.bias": filled(seed + 5, width),
        **rep_bn(seed, f"{prefix}.norm2", width),
    }


def linear(seed, prefix, outputs, inputs):
    return {f"{prefix}.weight": filled(seed, outputs, inputs) / 8, f"{prefix}.bias": filled(seed + 1, outputs) / 8}


def tiny_deit(norm):
    """DeiT with width 16, two blocks, image 8, patch 4, three classes; the reference's key names."""
    width = 16
    weights = collections.OrderedDict()
    weights["cls_token"] = filled(1, 1, 1, width)
    weights["pos_embed"] = filled(2, 1, 5, width)
    weights["patch_embed.proj.weight"] = filled(3, width, 3, 4, 4) / 4
    weights["patch_embed.proj.bias"] = filled(4, width)
    for block in range(2):
        at, seed = f"blocks.{block}.", 10 + 40 * block
        weights.update(norm(seed, at + "norm1", width))
        weights.update(linear(seed + 10, at + "attn.qkv", 3 * width, width))
        weights.update(linear(seed + 12, at + "attn.proj", width, width))
        weights.update(norm(seed + 14, at + "norm2", width))
        weights.update(linear(seed + 24, at + "mlp.fc1", 2 * width, width))
        weights.update(linear(seed + 26, at + "mlp.fc2", width, 2 * width))
    weights.update(norm(100, "norm", width))
    weights.update(linear(110, "head", 3, width))
    return weights


def yacs_config():
    config = CfgNode()
    config.DATA = CfgNode({"BATCH_SIZE": 128, "IMG_SIZE": 8, "INTERPOLATION": "bicubic", "DATA_PATH": ""})
    config.MODEL = CfgNode({"TYPE": "deits", "NAME": "deit_tiny_patch16_224_repbn", "NUM_CLASSES": 3,
                            "DROP_PATH_RATE": 0.25, "LABEL_SMOOTHING": 0.1})
    config.TRAIN = CfgNode({"EPOCHS": 300, "BASE_LR": 5e-4, "CLIP_GRAD": None, "AUTO_RESUME": True})
    config.freeze()
    return config


def training_checkpoint(weights):
    """What main.py of the reference saves: model, optimizer, lr_scheduler, max_accuracy, epoch, config."""
    parameters = [torch.nn.Parameter(filled(200 + i, 4, 3)) for i in range(3)]
    optimizer = torch.optim.AdamW(parameters, lr=1e-3)
    for parameter in parameters:
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    return {"model": weights, "optimizer": optimizer.state_dict(),
            "lr_scheduler": {"base_values": [0.001], "t_in_epochs": False, "noise_seed": 42},
            "max_accuracy": 73.6, "epoch": 299, "config": yacs_config()}


def ema_checkpoint(weights):
    """What timm and DeiT save: state_dict, state_dict_ema, argparse.Namespace, numpy numbers and arrays."""
    ema = collections.OrderedDict((key, value * 0.5 if value.is_floating_point() else value)
                                  for key, value in weights.items())
    arguments = argparse.Namespace(model="deit_tiny", lr=1e-3, epochs=300, data=Path("/data/imagenet"),
                                   betas=(0.9, 0.999), resume=None, big=2**100)
    checkpoint = {"epoch": 12, "arch": "deit_tiny", "state_dict": weights, "state_dict_ema": ema, "args": arguments,
                  "metric": np.float64(71.25), "step": np.int64(4321),
                  "history": np.arange(6, dtype=np.float32).reshape(2, 3), "seen": {1, 2, 3},
                  "version": 2}
    return checkpoint, ema


class KeysInOrder(type):
    """Stands in for `str` in torch.serialization: the legacy container names storages by their addresses, which
    differ from run to run; here the n-th one met is called 1000 + n."""

    met = {}

    def __instancecheck__(cls, value):
        return isinstance(value, str)

    def __call__(cls, value=""):
        if isinstance(value, int) and value > 2**32:
            value = cls.met.setdefault(value, 1000 + len(cls.met))
        return str(value)


def save_legacy(value, path):
    KeysInOrder.met.clear()
    torch.serialization.str = KeysInOrder("str", (), {})
    try:
        torch.save(value, path, _use_new_zipfile_serialization=False)
    finally:
        del torch.serialization.str


def layouts():
    """Every element type, strides, shared and empty storages, parameters, a scalar."""
    base = filled(5, 6, 8)
    weights = collections.OrderedDict()
    for i, dtype in enumerate(SAFETENSORS_NAMES):
        name = SAFETENSORS_NAMES[dtype].lower()
        weights["types." + name] = (filled(20 + i, 3, 2) * 100).to(dtype)
    weights["strides.transposed"] = base.t()
    weights["strides.every_other"] = base[::2, 1::3]
    weights["strides.permuted"] = filled(6, 2, 3, 4, 5).permute(3, 0, 2, 1)
    weights["strides.channels_last"] = filled(7, 2, 3, 4, 4).contiguous(memory_format=torch.channels_last)
    weights["shared.whole"] = base
    weights["shared.row"] = base[3]
    weights["parameter"] = torch.nn.Parameter(filled(8, 2, 2))
    weights["scalar"] = torch.tensor(3.5)
    weights["empty"] = torch.empty(0, 4)
    return weights


def main():
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)

    rep = tiny_deit(rep_bn)
    torch.save(rep, out / "state_dict.pth")
    save_expected(out / "state_dict.safetensors", rep)

    hand_over = tiny_deit(linear_norm)
    torch.save(training_checkpoint(hand_over), out / "training.pth")
    save_expected(out / "training.safetensors", hand_over)

    # The position table of state_dict.pth for images of 16 pixels, as the reference resizes it.
    table = rep["pos_embed"]
    grid = table[:, 1:].reshape(1, 2, 2, -1).permute(0, 3, 1, 2)
    larger = torch.nn.functional.interpolate(grid, size=(4, 4), mode="bicubic", align_corners=False)
    save_expected(out / "resized.safetensors",
                  {"pos_embed": torch.cat([table[:, :1], larger.permute(0, 2, 3, 1).reshape(1, 16, -1)], dim=1)})

    wrapped = collections.OrderedDict(("module." + key, value) for key, value in rep.items())
    checkpoint, ema = ema_checkpoint(wrapped)
    torch.save(checkpoint, out / "ema.pth")
    save_expected(out / "ema.safetensors", collections.OrderedDict((k[len("module."):], v) for k, v in ema.items()))

    save_legacy(training_checkpoint(hand_over), out / "legacy.pth")

    torch.save(layouts(), out / "layouts.pth")
    save_expected(out / "layouts.safetensors", layouts())
    save_legacy(layouts(), out / "layouts_legacy.pth")
    torch.save(layouts(), out / "layouts_protocol4.pth", pickle_protocol=4)
    torch.save(layouts(), out / "layouts_protocol5.pth", pickle_protocol=5)


if __name__ == "__main__":
    main()
