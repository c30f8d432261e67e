"""Pillow's antialiased resizing of a small picture, and torchvision's evaluation recipe on it.

Pixel (x, y) of channel c is (x x + 3 y y + x y (c + 1) + 50 c) mod 256, plus 128 where x + y is a multiple of 7
(mod 256): smooth areas, edges and overshoot.
"""

import pathlib
import sys

import numpy as np
from PIL import Image
from torchvision import transforms

FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
SIZES = ((16, 12), (45, 30), (20, 33), (7, 60), (48, 7))  # width, height
EVALUATED = (32, 24, 21)


def picture(width: int, height: int, channels: int) -> Image.Image:
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(channels), indexing="ij")
    values = (x * x + 3 * y * y + x * y * (c + 1) + 50 * c + 128 * ((x + y) % 7 == 0)) % 256
    return Image.fromarray(values.astype(np.uint8).squeeze())


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    for channels in (1, 3):
        image = picture(45, 33, channels)
        for name, resampling in FILTERS.items():
            for width, height in SIZES:
                resized = np.asarray(image.resize((width, height), resampling))
                np.save(folder / f"{name}_{channels}_{width}x{height}.npy", resized.reshape(height, width, channels))
    for size in EVALUATED:
        recipe = transforms.Compose([
            transforms.Resize(int(256 / 224 * size), interpolation=transforms.InterpolationMode.BICUBIC),
            transforms.CenterCrop(size),
        ])
        np.save(folder / f"evaluation_{size}.npy", np.asarray(recipe(picture(45, 33, 3))))


if __name__ == "__main__":
    main()
