"""torchvision's detection operators: RoIAlign, non-maximum suppression, overlaps and box deltas.

detection.safetensors
  align.map, align.rois                          and for case i (bins, scale, samples a side):
  align.<i>.output, align.<i>.gradient           the regions, and the map's gradient of sum(output * align.<i>.upstream)
  nms.boxes, nms.scores, nms.groups, nms.<threshold>, nms.grouped.<threshold>
  coder.references, coder.targets, coder.overlaps, coder.<unit|scaled>.deltas, coder.<unit|scaled>.decoded
"""

import pathlib
import sys

import torch
from safetensors.torch import save_file
from torchvision.models.detection._utils import BoxCoder
from torchvision.ops import batched_nms, box_iou, nms, roi_align

ALIGN = ((7, 0.25, 0), (14, 0.25, 0), (3, 0.125, 2))
THRESHOLDS = (0.3, 0.5, 0.7)


def random_boxes(count: int, extent: float, side: float) -> torch.Tensor:
    corner = torch.rand(count, 2) * extent
    return torch.cat([corner, corner + 2 + torch.rand(count, 2) * side], 1)


def make_align(tensors: dict) -> None:
    tensors["align.map"] = torch.randn(2, 5, 13, 17)
    boxes = torch.cat([random_boxes(10, 40, 30), torch.tensor([[-20.0, -9.0, 80.0, 66.0], [60.0, 45.0, 90.0, 80.0]])])
    tensors["align.rois"] = torch.cat([(torch.arange(12) % 2).float().unsqueeze(1), boxes], 1)
    for i, (bins, scale, samples) in enumerate(ALIGN):
        leaf = tensors["align.map"].clone().requires_grad_(True)
        output = roi_align(leaf, tensors["align.rois"], bins, scale, samples, aligned=True)
        upstream = torch.randn_like(output)
        output.backward(upstream)
        tensors |= {f"align.{i}.output": output.detach(), f"align.{i}.upstream": upstream,
                    f"align.{i}.gradient": leaf.grad}


def make_nms(tensors: dict) -> None:
    boxes, scores = random_boxes(120, 60, 25), torch.rand(120)
    groups = torch.arange(120) * 7 % 4
    tensors |= {"nms.boxes": boxes, "nms.scores": scores, "nms.groups": groups}
    for threshold in THRESHOLDS:
        tensors[f"nms.{threshold}"] = nms(boxes, scores, threshold)
        tensors[f"nms.grouped.{threshold}"] = batched_nms(boxes, scores, groups, threshold)


def make_coder(tensors: dict) -> None:
    references, targets = random_boxes(30, 60, 40), random_boxes(30, 60, 40)
    deltas = torch.randn(30, 4) * torch.tensor([1.0, 1.0, 3.0, 3.0])  # some beyond the clamp
    tensors |= {"coder.references": references, "coder.targets": targets, "coder.deltas": deltas,
                "coder.overlaps": box_iou(references, targets)}
    for name, weights in (("unit", (1.0, 1.0, 1.0, 1.0)), ("scaled", (10.0, 10.0, 5.0, 5.0))):
        coder = BoxCoder(weights)
        # Our clamp is on both sides.
        largest = coder.bbox_xform_clip
        bounded = deltas.clone()
        for i in (2, 3):
            bounded[:, i] = bounded[:, i].clamp(min=-largest * weights[i])
        tensors |= {f"coder.{name}.deltas": coder.encode_single(targets, references),
                    f"coder.{name}.decoded": coder.decode_single(bounded, references)}


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    (folder / "tolerance.txt").write_text("1e-6 1e-6\n")
    torch.manual_seed(11)
    tensors: dict = {}
    make_align(tensors)
    make_nms(tensors)
    make_coder(tensors)
    save_file(tensors, folder / "detection.safetensors")


if __name__ == "__main__":
    main()
