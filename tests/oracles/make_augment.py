"""timm's training recipe over the random stream of core/base/rng.h: Python's, NumPy's and torch's draws are replaced
by that stream, so that timm itself chooses boxes, operations and shares from the numbers the program has.

operations.npy, operations.tsv   each operation of RandAugment by Pillow on pictures of 37 x 29 (n x 29 x 37 x 3):
                                 operation (timm's order), argument, picture
recipe.tsv, recipe.npy           whole draws: case, width, height, size, framing, box x y w h, mirror, erased box x y w h
                                 (-1: none), then operation and argument of those applied; the pictures (size 32) after
                                 RandAugment
mixing.tsv, mixing.safetensors   case, width, height, share, 1 for CutMix, box x y w h; mixed batches and targets

Case i is the stream with the key hashKeys(7, i).
"""

import math
import pathlib
import random
import sys

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from timm.data import auto_augment, create_transform, mixup, random_erasing
from torchvision import transforms

from random_stream import Stream, hash_keys

SIZE, SMALL = 32, 28
PICTURES = ((60, 45), (45, 80), (300, 20), (33, 32), (16, 150))  # width, height
FILL = (124, 116, 104)
# Operations in timm's order with the arguments to try; translations are shares of the width or height.
ARGUMENTS = (
    ("AutoContrast", ()), ("Equalize", ()), ("Invert", ()), ("Rotate", (-30.0, -17.3, 8.1, 26.9)),
    ("PosterizeIncreasing", (0, 1, 2, 4)), ("SolarizeIncreasing", (0, 26, 128, 256)), ("SolarizeAdd", (0, 98, 110)),
    ("ColorIncreasing", (0.1, 0.37, 1.0, 1.83)), ("ContrastIncreasing", (0.1, 0.37, 1.83)),
    ("BrightnessIncreasing", (0.1, 0.37, 1.83)), ("SharpnessIncreasing", (0.1, 0.37, 1.83)),
    ("ShearX", (-0.29, 0.13)), ("ShearY", (-0.29, 0.13)), ("TranslateXRel", (-0.41, 0.2)),
    ("TranslateYRel", (-0.41, 0.2)),
)


def play(stream: Stream) -> None:
    """Makes every generator that timm asks read from the stream."""
    random.random = stream.uniform
    random.uniform = lambda low, high: low + (high - low) * stream.uniform()
    random.randint = lambda low, high: low + stream.below(high - low + 1)
    random.gauss = lambda mean, deviation: mean + deviation * stream.normal()
    np.random.choice = lambda items, count, replace, p: [items[stream.below(len(items))] for _ in range(count)]
    np.random.randint = lambda low, high, size=None: low + stream.below(high - low)
    np.random.beta = stream.beta
    torch.rand = lambda *_: torch.tensor([stream.uniform()], dtype=torch.float64)
    torch.randint = lambda low, high, size: torch.tensor([low + stream.below(high - low)])


def picture(width: int, height: int) -> Image.Image:
    """The picture of make_resize.py."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    values = (x * x + 3 * y * y + x * y * (c + 1) + 50 * c + 128 * ((x + y) % 7 == 0)) % 256
    return Image.fromarray(values.astype(np.uint8))


def faint(image: Image.Image) -> Image.Image:
    """A quarter of the contrast, another level in each channel."""
    return Image.fromarray((np.asarray(image) // 4 + np.array([20, 70, 120])).astype(np.uint8))


def make_operations(folder: pathlib.Path) -> None:
    results, lines = [], []
    pictures = (picture(37, 29), faint(picture(37, 29)))
    for index, (name, arguments) in enumerate(ARGUMENTS):
        for which, image in enumerate(pictures):
            for argument in arguments or (None,):
                args = () if argument is None else (argument,)
                done = auto_augment.NAME_TO_OP[name](image, *args, resample=Image.BICUBIC, fillcolor=FILL)
                results.append(np.asarray(done))
                lines.append(f"{index}\t{argument or 0!r}\t{which}")
    np.save(folder / "operations.npy", np.stack(results))
    (folder / "operations.tsv").write_text("\n".join(lines) + "\n")


def make_transform(size: int, applied: list) -> transforms.Compose:
    made = create_transform(
        input_size=size, is_training=True, color_jitter=0.4, auto_augment="rand-m9-mstd0.5-inc1", re_prob=0.25,
        re_mode="pixel", re_count=1, interpolation="bicubic")
    if size <= 32 and size != SIZE:  # as the reference does up to 32; SIZE stands for a large one
        made.transforms[0] = transforms.RandomCrop(size, padding=4)
    made.transforms[-1].device = "cpu"
    for index, operation in enumerate(made.transforms[2].ops):
        def record(image, *args, _index=index, _function=operation.aug_fn, **kwargs):
            applied.append((_index, args[0] if args else 0))
            return _function(image, *args, **kwargs)
        operation.aug_fn = record
    return made


def box_of(mask: np.ndarray) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return -1, -1, -1, -1
    return columns[0], rows[0], columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1


def draw_recipe(case: int, size: int, width: int, height: int) -> tuple[str, np.ndarray]:
    applied: list = []
    crop, flip, augment, *rest = make_transform(size, applied).transforms
    boxes, mirrors = [], []
    plain_params = crop.get_params

    def params(*args):
        i, j, h, w = plain_params(*args)
        boxes.append((j, i, w, h))
        return i, j, h, w

    crop.get_params = params
    play(Stream(hash_keys(7, case)))
    image = crop(picture(width, height))
    mirrored = flip(image)
    mirrors.append(int(np.array_equal(np.asarray(mirrored), np.asarray(image)[:, ::-1])))
    image = augment(mirrored)
    erased = image
    for step in rest:
        erased = step(erased)
    fields = [case, width, height, size, int(size == SMALL), *boxes[0], mirrors[0],
              *box_of(torch.isnan(erased[0]).numpy())]
    fields += [repr(field) for pair in applied for field in pair]
    return "\t".join(str(field) for field in fields), np.asarray(image)


def make_recipe(folder: pathlib.Path) -> None:
    random_erasing._get_pixels = lambda per_pixel, rand_color, size, **_: torch.full(size, math.nan)
    lines, pictures = [], []
    for case in range(60):
        width, height = PICTURES[case % len(PICTURES)]
        line, image = draw_recipe(case, SIZE, width, height)
        lines.append(line)
        if case < 20:
            pictures.append(image)
    for case in range(60, 80):
        lines.append(draw_recipe(case, SMALL, SMALL, SMALL)[0])
    (folder / "recipe.tsv").write_text("\n".join(lines) + "\n")
    np.save(folder / "recipe.npy", np.stack(pictures))


def make_mixing(folder: pathlib.Path) -> None:
    lines, tensors = [], {}
    plain_box = mixup.cutmix_bbox_and_lam
    for case in range(40):
        width, height = ((24, 16), (7, 9))[case % 2]
        boxes = []

        def record(*args, **kwargs):
            (top, bottom, left, right), share = plain_box(*args, **kwargs)
            boxes.append((left, top, right - left, bottom - top))
            return (top, bottom, left, right), share

        mixup.cutmix_bbox_and_lam = record
        stream = Stream(hash_keys(7, case))
        play(stream)
        # The first draw asks whether to mix at all, which is certain.
        answers = iter((lambda: 0.0, stream.uniform))
        np.random.rand = lambda: next(answers)()
        mixer = mixup.Mixup(mixup_alpha=0.8, cutmix_alpha=1.0, prob=1.0, switch_prob=0.5, mode="batch",
                            label_smoothing=0.1, num_classes=5)
        batch = torch.arange(4 * 2 * height * width, dtype=torch.float32).reshape(4, 2, height, width) / 16
        share = mixer._mix_batch(batch)
        targets = mixup.mixup_target(torch.tensor([4, 0, 2, 2]), 5, share, 0.1, device="cpu")
        box = boxes[0] if boxes else (-1, -1, -1, -1)
        lines.append("\t".join(str(field) for field in (case, width, height, repr(float(share)), len(boxes), *box)))
        tensors |= {f"{case}.targets": targets}
        if case < 8:
            tensors |= {f"{case}.images": batch}
    (folder / "mixing.tsv").write_text("\n".join(lines) + "\n")
    save_file(tensors, folder / "mixing.safetensors")


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    (folder / "tolerance.txt").write_text("1e-7 1e-7\n")
    make_operations(folder)
    make_recipe(folder)
    make_mixing(folder)


if __name__ == "__main__":
    main()
