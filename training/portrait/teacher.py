"""Asks the teacher, MediaPipe's selfie segmentation (Apache-2.0), for its answer."""
import numpy as np
import onnxruntime


class Teacher:
    def __init__(self, path, threads=1):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.name = self.session.get_inputs()[0].name

    def __call__(self, picture):
        """256x256 RGB bytes in, probability 0..1 out."""
        x = picture[None].astype(np.float32) / 255
        return self.session.run(None, {self.name: x})[0].reshape(picture.shape[:2])
