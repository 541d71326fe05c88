"""Asks the teacher, MediaPipe's selfie segmentation (Apache-2.0), for its answer."""
import cv2
import numpy as np
import onnxruntime

ASKED = 256


class Teacher:
    def __init__(self, path, threads=1):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.name = self.session.get_inputs()[0].name

    def __call__(self, picture):
        """RGB bytes of any size in, probability 0..1 of that size out; the teacher itself works at 256x256."""
        x = picture
        if x.shape[:2] != (ASKED, ASKED):
            x = cv2.resize(x, (ASKED, ASKED), interpolation=cv2.INTER_AREA)
        answer = self.session.run(None, {self.name: x[None].astype(np.float32) / 255})[0].reshape(ASKED, ASKED)
        if picture.shape[:2] != answer.shape:
            answer = cv2.resize(answer, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        return answer
