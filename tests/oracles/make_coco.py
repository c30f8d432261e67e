"""pycocotools on synthetic data sets and masks, made from the random stream of core/base/rng.h.

twelve.tsv    case, bbox or segm, COCO's twelve numbers; 200 sets with crowds, ties, empty images, more than a hundred
              detections in an image and category, areas at the borders of the ranges
classes.tsv   case, bbox or segm, category id, AP
masks.tsv     case, height, width, then of two polygons: compressed run lengths of each, of their union and of their
              intersection; area and box of the first; overlap of the two masks, and with the second as a crowd; the
              same of their boxes

Case i is the stream with the key hashKeys(11, i) for sets and hashKeys(12, i) for masks; tests/core/coco/synthetic_set
draws the same numbers in the same order.
"""

import contextlib
import io
import pathlib
import sys

import numpy as np
from pycocotools import mask as masks
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from random_stream import Stream, hash_keys

SETS, MASKS = 200, 400
BORDERS = (1024, 9216, 1024.25, 9215.75)


def draw_box(stream: Stream, image: dict) -> list[float]:
    """In quarters of a pixel, up to half the image, partly outside of it at times."""
    width = (4 + stream.below(2 * image["width"])) / 4
    height = (4 + stream.below(2 * image["height"])) / 4
    x = stream.below(4 * image["width"]) / 4 - width / 4
    y = stream.below(4 * image["height"]) / 4 - height / 4
    return [x, y, width, height]


def draw_polygon(stream: Stream, box: list[float]) -> list[float]:
    """Any points of the box: outlines cross themselves."""
    polygon = []
    for _ in range(3 + stream.below(5)):
        polygon.append(box[0] + stream.below(int(4 * box[2]) + 1) / 4)
        polygon.append(box[1] + stream.below(int(4 * box[3]) + 1) / 4)
    return polygon


def draw_runs(stream: Stream, image: dict) -> dict:
    left = image["height"] * image["width"]
    most = left // 10
    counts = [0] if stream.below(2) == 0 else []
    while left > 0:
        counts.append(min(left, 1 + stream.below(most)))
        left -= counts[-1]
    return {"size": [image["height"], image["width"]], "counts": counts}


def draw_annotation(stream: Stream, image: dict, categories: list, number: int) -> dict:
    category = categories[stream.below(len(categories))]["id"]
    box = draw_box(stream, image)
    area = stream.below(6)
    area = BORDERS[area] if area < len(BORDERS) else box[2] * box[3]
    crowd = stream.below(8) == 0
    if crowd:
        shape = draw_runs(stream, image)
    else:
        shape = [draw_polygon(stream, box) for _ in range(2 if stream.below(3) == 0 else 1)]
    return {"id": number, "image_id": image["id"], "category_id": category, "bbox": box, "area": area,
            "iscrowd": int(crowd), "segmentation": shape}


def draw_result(stream: Stream, image: dict, categories: list, own: list) -> dict:
    source = own[stream.below(len(own))] if own and stream.below(4) > 0 else None
    if source:
        size = (0, 8, 40)[stream.below(3)]
        dx, dy, dw, dh = ((stream.below(2 * size + 1) - size) / 4 for _ in range(4))
        x, y, width, height = source["bbox"]
        box = [x + dx, y + dy, max(1.0, width + dw), max(1.0, height + dh)]
        stray = stream.below(8) == 0
        category = categories[stream.below(len(categories))]["id"] if stray else source["category_id"]
        if source["iscrowd"]:
            polygon = draw_polygon(stream, box)
        else:
            polygon = [value + (dy if i % 2 else dx) for i, value in enumerate(source["segmentation"][0])]
    else:
        box = draw_box(stream, image)
        category = categories[stream.below(len(categories))]["id"]
        polygon = draw_polygon(stream, box)
    score = stream.below(20) / 20 if stream.below(2) == 0 else stream.below(1000) / 1000
    rle = masks.frPyObjects([polygon], image["height"], image["width"])[0]
    return {"image_id": image["id"], "category_id": category, "bbox": box, "score": score,
            "segmentation": {"size": rle["size"], "counts": rle["counts"].decode()}}


def draw_set(case: int) -> tuple[dict, list]:
    stream = Stream(hash_keys(11, case))
    categories = [{"id": 3 * c + 2, "name": f"kind {c}"} for c in range(1 + stream.below(4))]
    images, annotations, results = [], [], []
    for j in range(2 + stream.below(7)):
        image = {"id": 37 * j % 101 + 1, "width": 100 + stream.below(200), "height": 100 + stream.below(200),
                 "file_name": f"{j}.png"}
        own = []
        if stream.below(5) > 0:
            for _ in range(stream.below(8)):
                own.append(draw_annotation(stream, image, categories, 1 + len(annotations) + len(own)))
        crowded = case % 20 == 0 and j == 0
        for number in range(130 if crowded else stream.below(12)):
            result = draw_result(stream, image, categories, own)
            if crowded and number < 115:
                result["category_id"] = categories[0]["id"]
            results.append(result)
        images.append(image)
        annotations += own
    return {"images": images, "annotations": annotations, "categories": categories}, results


def without(results: list, field: str) -> list:
    return [{key: value for key, value in result.items() if key != field} for result in results]


def evaluate(truth: COCO, results: list, kind: str) -> tuple[list, list]:
    evaluation = COCOeval(truth, truth.loadRes(results), kind)
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    classes = []
    for index, category in enumerate(evaluation.params.catIds):
        precision = evaluation.eval["precision"][:, :, index, 0, -1]
        precision = precision[precision > -1]
        classes.append((category, float(np.mean(precision)) if precision.size else -1.0))
    return [float(value) for value in evaluation.stats], classes


def make_scores(folder: pathlib.Path) -> None:
    twelve, classes = [], []
    case = -1
    for _ in range(SETS):
        truth_file, results = {}, []
        while not results or not truth_file["annotations"]:  # nothing to find is refused: no such sets here
            case += 1
            truth_file, results = draw_set(case)
        truth = COCO()
        truth.dataset = truth_file
        truth.createIndex()
        # Every second case has a box beside the mask, which then decides about the area.
        kinds = {"bbox": without(results, "segmentation"), "segm": results if case % 2 else without(results, "bbox")}
        for kind, given in kinds.items():
            stats, by_class = evaluate(truth, given, kind)
            twelve.append("\t".join([str(case), kind, *map(repr, stats)]))
            classes += [f"{case}\t{kind}\t{category}\t{ap!r}" for category, ap in by_class]
    (folder / "twelve.tsv").write_text("\n".join(twelve) + "\n")
    (folder / "classes.tsv").write_text("\n".join(classes) + "\n")


def draw_outline(stream: Stream, height: int, width: int) -> list[float]:
    """In hundredths of a pixel, reaching a quarter of the image out of it."""
    polygon = []
    for _ in range(3 + stream.below(8)):
        polygon.append(stream.below(150 * width) / 100 - width / 4)
        polygon.append(stream.below(150 * height) / 100 - height / 4)
    return polygon


def make_masks(folder: pathlib.Path) -> None:
    lines = []
    for case in range(MASKS):
        stream = Stream(hash_keys(12, case))
        height, width = 1 + stream.below(60), 1 + stream.below(60)
        a, b = (masks.frPyObjects([draw_outline(stream, height, width)], height, width)[0] for _ in range(2))
        both = [masks.merge([a, b], intersect=intersect) for intersect in (False, True)]
        boxes = [[float(value) for value in masks.toBbox(mask)] for mask in (a, b)]
        overlaps = [masks.iou([a], [b], [crowd]).item() for crowd in (0, 1)]
        overlaps += [masks.iou(np.array([boxes[0]]), np.array([boxes[1]]), [crowd]).item() for crowd in (0, 1)]
        texts = [mask["counts"].decode() for mask in (a, b, *both)]
        numbers = [float(masks.area(a)), *boxes[0], *overlaps]
        lines.append("\t".join([str(case), str(height), str(width), *texts, *map(repr, numbers)]))
    (folder / "masks.tsv").write_text("\n".join(lines) + "\n")


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools says how far it is
        make_scores(folder)
        make_masks(folder)
    (folder / "tolerance.txt").write_text("1e-12 1e-12\n")


if __name__ == "__main__":
    main()
