"""A client of PaddleSegServing, as its documentation tells the flow: JSON without a content type, and the mask stretched back.

The mask's rows are taken as width and its columns as height; resized to that, it has the photo's own shape.

Usage: client.py HTTP_URL PHOTO PROTO_FOLDER
"""
import base64
import importlib
import json
import sys
import tempfile

import cv2
import numpy as np
import requests
from grpc_tools import protoc

url, photo, protos = sys.argv[1:4]
address = url + "/ImageSegService/inference"


def instance(image):
    text = base64.b64encode(image).decode()
    return {"image_length": len(text), "image_binary": text}


def masks_of(images):
    reply = requests.post(address, data=json.dumps({"instances": [instance(image) for image in images]}), timeout=60)
    assert reply.status_code == 200, reply.text
    assert "Content-Type" not in reply.headers, reply.headers
    return [base64.b64decode(json.loads(item["info"])["mask"]) for item in json.loads(reply.text)["prediction"]]


def stretched_back(mask):
    image = cv2.imdecode(np.frombuffer(mask, np.uint8), cv2.IMREAD_COLOR)
    height_and_width_mixed_up = image.shape[:2]
    return cv2.resize(image, height_and_width_mixed_up, interpolation=cv2.INTER_LINEAR)


original = cv2.imread(photo)
for width, height in ((320, 200), (200, 320), (256, 256), (301, 77)):
    picture = cv2.resize(original, (width, height), interpolation=cv2.INTER_AREA)
    encoded = cv2.imencode(".jpg", picture)[1].tobytes()
    (mask,) = masks_of([encoded])
    plain = cv2.imdecode(np.frombuffer(mask, np.uint8), cv2.IMREAD_UNCHANGED)
    assert plain.shape == (width, height) and plain.dtype == np.uint8, plain.shape
    alpha = stretched_back(mask) / 255
    assert alpha.shape == picture.shape, (alpha.shape, picture.shape)
    # As the original's client renders: the person on white.
    composite = alpha * picture + (1 - alpha) * 255
    assert composite.shape == picture.shape
    assert alpha.max() > 0.9 and alpha.min() < 0.1, (alpha.min(), alpha.max())

# Several pictures in one request.
pictures = [cv2.imencode(".png", cv2.resize(original, size))[1].tobytes() for size in ((90, 60), (60, 90), (64, 64))]
shapes = [cv2.imdecode(np.frombuffer(mask, np.uint8), cv2.IMREAD_UNCHANGED).shape for mask in masks_of(pictures)]
assert shapes == [(90, 60), (60, 90), (64, 64)], shapes  # rows and columns: each its picture's width and height

# The same as protobuf.
folder = tempfile.mkdtemp()
assert protoc.main(["protoc", f"-I{protos}", f"--python_out={folder}", "image_seg.proto"]) == 0
sys.path.insert(0, folder)
image_seg = importlib.import_module("image_seg_pb2")
request = image_seg.Request()
for picture in pictures:
    request.instances.add(image_binary=picture, image_length=len(picture))
reply = requests.post(address, data=request.SerializeToString(), headers={"Content-Type": "application/proto"}, timeout=60)
assert reply.headers["Content-Type"] == "application/proto", reply.text
response = image_seg.Response.FromString(reply.content)
assert [base64.b64decode(json.loads(item.info)["mask"]) for item in response.prediction] == masks_of(pictures)

reply = requests.post(address, data=json.dumps({"instances": []}), timeout=60)
assert reply.status_code == 500 and "E-5100" in reply.text, reply.text
print("ok")
