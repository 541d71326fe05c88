"""Clients of Paddle Serving's pipeline mode: HTTP as its examples post it, gRPC with messages compiled from the proto.

Usage: client.py HTTP_URL GRPC_ADDRESS PHOTO PROTO_FOLDER
"""
import base64
import importlib
import json
import os
import sys
import tempfile

import cv2
import grpc
import numpy as np
import requests
from grpc_tools import protoc

url, address, photo, protos = sys.argv[1:5]
image = cv2.imread(photo)
with open(photo, "rb") as file:
    encoded = base64.b64encode(file.read()).decode("utf8")


def check_cutout(value):
    cutout = cv2.imdecode(np.frombuffer(base64.b64decode(value), np.uint8), cv2.IMREAD_UNCHANGED)
    assert cutout.shape == (*image.shape[:2], 4), cutout.shape
    # The photo is a JPEG: two decoders may differ by a little in a few pixels.
    difference = np.abs(cutout[:, :, :3].astype(int) - image.astype(int))
    assert difference.mean() < 1.5, difference.mean()
    assert cutout[:, :, 3].max() > 250 and cutout[:, :, 3].min() < 5
    return cutout


data = json.dumps({"key": ["image"], "value": [encoded]})
for _ in range(3):
    reply = requests.post(url=url + "/matting/prediction", data=data)  # without a content type
    result = reply.json()
    assert result["err_no"] == 0, result["err_msg"]
    over_http = check_cutout(result["value"][result["key"].index("alpha")])
assert requests.post(url + "/other/prediction", data=data).json()["err_no"] == 3002
assert requests.get(url + "/matting/prediction").status_code == 405

with tempfile.TemporaryDirectory() as folder:
    assert protoc.main(["", "-I" + protos, "--python_out=" + folder, os.path.join(protos, "paddle_pipeline.proto")]) == 0
    sys.path.insert(0, folder)
    messages = importlib.import_module("paddle_pipeline_pb2")
options = [("grpc.max_receive_message_length", 256 << 20), ("grpc.max_send_message_length", 256 << 20)]
with grpc.insecure_channel(address, options=options) as channel:
    infer = channel.unary_unary(
        "/baidu.paddle_serving.pipeline_serving.PipelineService/inference",
        request_serializer=messages.Request.SerializeToString,
        response_deserializer=messages.Response.FromString,
    )
    answer = infer(messages.Request(key=["image"], value=[encoded], logid=10000, clientip="127.0.0.1"), timeout=30)
assert answer.err_no == 0, answer.err_msg
assert np.array_equal(check_cutout(answer.value[0]), over_http)
print("ok")
