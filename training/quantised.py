"""An int8 twin of an exported network: static, QDQ, one scale for each channel of the weights, calibrated on pictures."""
from pathlib import Path

import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process


class Feeds(CalibrationDataReader):
    """Hands out inputs one by one."""

    def __init__(self, feeds):
        self.left = iter(feeds)

    def get_next(self):
        return next(self.left, None)


def quantise(source, out, feeds):
    """feeds: inputs of training pictures, as {name: array}."""
    out = Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    ready = out.with_suffix(".ready.onnx")
    quant_pre_process(str(source), str(ready), skip_symbolic_shape=True)  # the number of pictures is open
    quantize_static(
        str(ready), str(out), Feeds(feeds), quant_format=QuantFormat.QDQ, per_channel=True,
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, calibrate_method=CalibrationMethod.MinMax,
        reduce_range=True,  # weights in 7 bits: on processors without VNNI sums of 8-bit products would saturate
    )
    ready.unlink()
    print(f"{Path(source).stat().st_size} -> {out.stat().st_size} bytes", flush=True)


def open_session(path, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
