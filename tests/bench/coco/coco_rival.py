"""Evaluates a file of results by pycocotools or faster-coco-eval: reads "<library> <bbox or segm>" a line, answers with
the seconds of reading, the seconds of the evaluation and COCO's first number. Folder: annotations.json, bbox.json,
segm.json."""

import contextlib
import io
import os
import sys
import time

import faster_coco_eval
import pycocotools.coco
import pycocotools.cocoeval
from importlib.metadata import version

LIBRARIES = {
    "pycocotools": (pycocotools.coco.COCO, pycocotools.cocoeval.COCOeval),
    "faster-coco-eval": (faster_coco_eval.COCO, faster_coco_eval.COCOeval_faster),
}


def run(library, kind, folder):
    read, judge = LIBRARIES[library]
    start = time.perf_counter()
    truth = read(os.path.join(folder, "annotations.json"))
    found = truth.loadRes(os.path.join(folder, kind + ".json"))
    middle = time.perf_counter()
    evaluation = judge(truth, found, kind)
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return middle - start, time.perf_counter() - middle, float(evaluation.stats[0])


def main():
    out = sys.stdout
    for line in sys.stdin:
        words = line.split()
        if words[0] == "version":
            answer = [version(library) for library in LIBRARIES]
        else:
            with contextlib.redirect_stdout(io.StringIO()):
                answer = run(*words, sys.argv[1])
        print(*answer, file=out, flush=True)


if __name__ == "__main__":
    main()
