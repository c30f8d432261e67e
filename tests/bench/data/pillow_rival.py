"""The rival of bench_loader: Pillow on the same files with the same crops.

One line in, one line out. "plain" and "tuned" are followed by x y width height mirror of each file, in order of their
names; the answer is the processor time of the pass in seconds. "version" answers Pillow's.
"""
import glob
import math
import sys
import time

import PIL
from PIL import Image

SIZE = 224


def plain(path, box):
    """As torchvision's default loader and RandomResizedCrop do it."""
    with open(path, "rb") as file:
        image = Image.open(file).convert("RGB")
    x, y, width, height, _ = box
    return image.crop((x, y, x + width, y + height)).resize((SIZE, SIZE), Image.Resampling.BICUBIC)


def tuned(path, box):
    """With what Pillow offers for it: scaled decoding, and a resize of the box in two steps."""
    x, y, width, height, _ = box
    with open(path, "rb") as file:
        image = Image.open(file)
        full = image.size
        image.draft("RGB", (math.ceil(full[0] * SIZE / width), math.ceil(full[1] * SIZE / height)))
        scale = image.size[0] / full[0]
        image = image.convert("RGB")
    part = (x * scale, y * scale, (x + width) * scale, (y + height) * scale)
    return image.resize((SIZE, SIZE), Image.Resampling.BICUBIC, box=part, reducing_gap=2.0)


def run(load, paths, boxes):
    start = time.process_time()
    for path, box in zip(paths, boxes, strict=True):
        image = load(path, box)
        if box[4]:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return time.process_time() - start


def main():
    paths = sorted(glob.glob(sys.argv[1] + "/*.jpg"))
    for line in sys.stdin:
        command, *numbers = line.split()
        if command == "version":
            print(PIL.__version__, flush=True)
            continue
        values = [int(number) for number in numbers]
        boxes = [values[i : i + 5] for i in range(0, len(values), 5)]
        print(run({"plain": plain, "tuned": tuned}[command], paths, boxes), flush=True)


if __name__ == "__main__":
    main()
