"""Event files of scalars as TensorBoard's users write them.

torch.events    torch.utils.tensorboard.SummaryWriter (simple_value), 40 points of `loss` and `lr`
resumed.events  its continuation with purge_step=30: points 30 to 49
tensors.events  the form of TensorFlow 2, scalars as tensors: float32, float64, int32, int64 in both encodings
other.events    a histogram, an image, a text and a tensor with dimensions among two scalars

Point k of `loss` is 1 / (k + 1), of `lr` k / 4; its wall time is 1.7e9 + k / 8.
"""

import glob
import pathlib
import sys
import tempfile
import time

import numpy as np

# The time of the writers' own events, so that the files are the same each time.
WALL = 1.7e9
time.time = lambda: WALL

from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, types_pb2  # noqa: E402
from tensorboard.summary.writer.record_writer import RecordWriter  # noqa: E402
from tensorboard.util import tensor_util  # noqa: E402
from torch.utils.tensorboard import SummaryWriter  # noqa: E402


def wall(step: int) -> float:
    return WALL + step / 8


def add_points(writer: SummaryWriter, first: int, last: int) -> None:
    for step in range(first, last):
        writer.add_scalar("loss", 1 / (step + 1), step, wall(step))
        writer.add_scalar("lr", step / 4, step, wall(step))


def write_by_torch(path: pathlib.Path, first: int, last: int, **options) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with SummaryWriter(folder, **options) as writer:
            add_points(writer, first, last)
        (written,) = glob.glob(folder + "/events.out.tfevents.*")
        path.write_bytes(pathlib.Path(written).read_bytes())


def records(path: pathlib.Path, events: list) -> None:
    with open(path, "wb") as file:
        writer = RecordWriter(file)
        for event in events:
            writer.write(event.SerializeToString(deterministic=True))


def event_of(step: int, *values) -> event_pb2.Event:
    return event_pb2.Event(wall_time=wall(step), step=step, summary=summary_pb2.Summary(value=values))


def tensor_value(tag: str, tensor: tensor_pb2.TensorProto, plugin: str = "scalars") -> summary_pb2.Summary.Value:
    metadata = summary_pb2.SummaryMetadata(plugin_data=summary_pb2.SummaryMetadata.PluginData(plugin_name=plugin))
    return summary_pb2.Summary.Value(tag=tag, tensor=tensor, metadata=metadata)


def listed(dtype: int, **values) -> tensor_pb2.TensorProto:
    """The value in the repeated field of its type rather than as raw bytes."""
    return tensor_pb2.TensorProto(dtype=dtype, **values)


def write_tensors(path: pathlib.Path) -> None:
    events = [event_pb2.Event(wall_time=WALL, file_version="brain.Event:2")]
    for step in range(4):
        whole = {"int32": (np.int32, types_pb2.DT_INT32, "int_val"), "int64": (np.int64, types_pb2.DT_INT64, "int64_val")}
        real = {"float32": (np.float32, types_pb2.DT_FLOAT, "float_val"),
                "float64": (np.float64, types_pb2.DT_DOUBLE, "double_val")}
        for kinds, value in ((whole, 1000 * step - 1), (real, 1 / (step + 1))):
            for name, (dtype, number, field) in kinds.items():
                raw = tensor_pb2.TensorProto(dtype=number, tensor_content=np.array(value, dtype).tobytes())
                events.append(event_of(step, tensor_value(name + "/raw", raw)))
                events.append(event_of(step, tensor_value(name + "/listed", listed(number, **{field: [value]}))))
    records(path, events)


def write_others(path: pathlib.Path) -> None:
    image = summary_pb2.Summary.Image(height=1, width=1, colorspace=1, encoded_image_string=b"none")
    histogram = summary_pb2.HistogramProto(min=0, max=1, num=2, bucket_limit=[1, 2], bucket=[1, 1])
    records(path, [
        event_pb2.Event(wall_time=WALL, file_version="brain.Event:2"),
        event_of(1, summary_pb2.Summary.Value(tag="loss", simple_value=0.5)),
        event_of(1, summary_pb2.Summary.Value(tag="picture", image=image),
                 summary_pb2.Summary.Value(tag="weights", histo=histogram),
                 tensor_value("words", tensor_util.make_tensor_proto(["a text"]), "text"),
                 tensor_value("curve", tensor_util.make_tensor_proto(np.zeros((2, 3), np.float32)), "pr_curves")),
        event_of(2, summary_pb2.Summary.Value(tag="loss", simple_value=0.25)),
    ])


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    write_by_torch(folder / "torch.events", 0, 40)
    write_by_torch(folder / "resumed.events", 30, 50, purge_step=30)
    write_tensors(folder / "tensors.events")
    write_others(folder / "other.events")


if __name__ == "__main__":
    main()
