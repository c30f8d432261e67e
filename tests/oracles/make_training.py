"""What a training is made of, by torch (in double precision where it has no state of its own): norms with their
gradients, the label-smoothed loss, ten steps of AdamW; and timm's cosine schedule and averaged weights.
"""

import pathlib
import sys

import torch
from safetensors.torch import save_file
from timm.scheduler.cosine_lr import CosineLRScheduler
from timm.utils import ModelEmaV2


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float32)


def double_leaf(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.double().requires_grad_(True)


def norms() -> dict[str, torch.Tensor]:
    tensors = {}
    for name, shape in (("small", (2, 5, 3)), ("wide", (3, 4, 33)), ("one_token", (6, 1, 8))):
        channels = shape[-1]
        x, dy = noise(*shape) * 3 + 1, noise(*shape)
        weight, bias = noise(channels) + 1, noise(channels)
        alpha = noise(1) + 1
        inputs = {"x": x, "dy": dy, "weight": weight, "bias": bias, "alpha": alpha}

        wide = {key: double_leaf(value) for key, value in inputs.items()}
        y = torch.nn.functional.layer_norm(wide["x"], (channels,), wide["weight"], wide["bias"], 1e-5)
        y.backward(wide["dy"].detach())
        outputs = {"layer_norm.y": y} | {f"layer_norm.d{key}": wide[key].grad for key in ("x", "weight", "bias")}

        wide = {key: double_leaf(value) for key, value in inputs.items()}
        norm = torch.nn.BatchNorm1d(channels).double()
        flat = wide["x"].reshape(-1, channels)
        mean, var = torch.zeros(channels).double(), torch.ones(channels).double()
        y = torch.nn.functional.batch_norm(flat, mean, var, wide["weight"], wide["bias"], True, 0.1, norm.eps)
        y = (y + wide["alpha"] * flat).reshape(shape)
        y.backward(wide["dy"].detach())
        outputs |= {"rep_bn.y": y, "rep_bn.mean": mean, "rep_bn.var": var}
        outputs |= {f"rep_bn.d{key}": wide[key].grad for key in ("x", "weight", "bias", "alpha")}
        tensors |= {f"{name}.{key}": value.detach().clone() for key, value in (inputs | outputs).items()}
    return tensors


def loss() -> dict[str, torch.Tensor]:
    logits, labels = noise(6, 9) * 4, torch.tensor([0, 8, 3, 3, 5, 1])
    tensors = {"logits": logits, "labels": labels}
    for smoothing in (0.0, 0.1, 0.3):
        leaf = double_leaf(logits)
        value = torch.nn.functional.cross_entropy(leaf, labels, label_smoothing=smoothing)
        value.backward()
        tensors |= {f"{smoothing}.loss": value.detach(), f"{smoothing}.dlogits": leaf.grad}
    return tensors


def adamw() -> dict[str, torch.Tensor]:
    weight, bias = torch.nn.Parameter(noise(4, 3)), torch.nn.Parameter(noise(3))
    tensors = {"0.weight": weight.detach().clone(), "0.bias": bias.detach().clone()}
    groups = [{"params": [weight], "weight_decay": 0.05}, {"params": [bias], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1.0, betas=(0.9, 0.99), eps=1e-8)
    for step in range(1, 11):
        for name, parameter in (("weight", weight), ("bias", bias)):
            # The bias has no gradient in some steps: it must rest then, and its own count with it.
            rests = name == "bias" and step in (2, 3, 7)
            parameter.grad = None if rests else noise(*parameter.shape)
            if not rests:
                tensors[f"{step}.grad.{name}"] = parameter.grad.clone()
        for group in optimizer.param_groups:
            group["lr"] = 0.02 / step
        optimizer.step()
        tensors |= {f"{step}.weight": weight.detach().clone(), f"{step}.bias": bias.detach().clone()}
    for name, parameter in (("weight", weight), ("bias", bias)):
        tensors |= {f"state.{name}.{key}": value.clone() for key, value in optimizer.state[parameter].items()}
    return tensors


def ema() -> dict[str, torch.Tensor]:
    """A BatchNorm whose weights and statistics move, and its average after each of eight steps."""
    norm = torch.nn.BatchNorm1d(16)
    average = ModelEmaV2(norm, decay=0.9)
    tensors = {}
    for step in range(1, 9):
        with torch.no_grad():
            for parameter in norm.parameters():
                parameter.add_(0.3 * noise(16))
        norm(noise(5, 16) * 2 + 1)
        average.update(norm)
        tensors |= {f"{step}.{key}": value.clone() for key, value in norm.state_dict().items()}
        tensors |= {f"{step}.ema.{key}": value.clone() for key, value in average.module.state_dict().items()
                    if value.is_floating_point()}
    return tensors


def schedule(folder: pathlib.Path) -> None:
    """Rates as the reference's loop uses them: timm sets the rate after each step, for the next one."""
    lines = ["base\tstart\tminimum\twarmup\tsteps\tk\trate"]
    for base, start, minimum, warmup, steps in ((1e-3, 1e-6, 1e-5, 20, 100), (5e-4, 0.0, 0.0, 5, 40),
                                                (2e-3, 0.0, 1e-4, 0, 30)):
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=base)
        scheduler = CosineLRScheduler(optimizer, t_initial=steps, t_mul=1.0, lr_min=minimum, warmup_lr_init=start,
                                      warmup_t=warmup, cycle_limit=1, t_in_epochs=False)
        for k in range(steps + 5):
            rate = optimizer.param_groups[0]["lr"]
            lines.append(f"{base!r}\t{start!r}\t{minimum!r}\t{warmup}\t{steps}\t{k}\t{rate!r}")
            scheduler.step_update(k)
    (folder / "schedule.tsv").write_text("\n".join(lines) + "\n")


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    torch.manual_seed(20261123)
    torch.set_num_threads(1)
    save_file(norms(), folder / "norms.safetensors")
    save_file(loss(), folder / "loss.safetensors")
    save_file(adamw(), folder / "adamw.safetensors")
    schedule(folder)
    save_file(ema(), folder / "ema.safetensors")
    # Another processor adds in another order, and AdamW runs in single precision.
    (folder / "tolerance.txt").write_text("1e-6 1e-9\n")


if __name__ == "__main__":
    main()
