"""Mortred's test client in single mode: one JSON text, posted five times without a Content-Type.

Usage: client.py URL_A URL_B URL_C URL_C_LENIENT PHOTO
"""
import base64
import hashlib
import json
import sys
import time

import cv2
import numpy as np
import requests

url_a, url_b, url_c, url_lenient, photo = sys.argv[1:6]
prefix = "/mortred_ai_server_v1"
height, width = cv2.imread(photo).shape[:2]
with open(photo, "rb") as file:
    encoded = base64.b64encode(file.read()).decode("utf8")
req_id = hashlib.md5((photo + str(time.time())).encode()).hexdigest()
text = json.dumps({"img_data": encoded, "req_id": req_id})


def picture(value):
    image = cv2.imdecode(np.frombuffer(base64.b64decode(value), np.uint8), cv2.IMREAD_UNCHANGED)
    assert image is not None
    return image


def single(url, loop_times=5):
    """As the predecessor's client does it; gives the data of the last reply."""
    for _ in range(loop_times):
        reply = requests.post(url, data=text)
        assert "Content-Type" not in reply.request.headers
        assert reply.status_code == 200, reply.text[:200]
        body = reply.json()
        assert (body["code"], body["msg"], body["req_id"]) == (0, "success", req_id), reply.text[:200]
    return body["data"], reply


for url in (url_a, url_b):
    data, reply = single(url + prefix + "/matting/modnet")
    alpha = picture(data["segment_result"])
    assert alpha.shape == (height, width) and alpha.dtype == np.uint8, alpha.shape
    assert alpha.max() > 250 and alpha.min() < 5
    assert {name.lower() for name in reply.headers} == {"content-length", "connection"}, reply.headers
    data, _ = single(url + prefix + "/scene_segmentation/pphuman_seg")
    classes = picture(data["segment_result"])
    assert classes.shape == (height, width) and set(np.unique(classes)) == {0, 1}
    data, _ = single(url + prefix + "/scene_segmentation/bisenetv2")
    assert picture(data["segment_result"]).ndim == 2

colors = picture(data["colorized_seg_mask"])
assert colors.ndim == 3 and colors.shape[2] == 3
classes = picture(data["segment_result"])
for index in np.unique(classes):
    assert len(np.unique(colors[classes == index], axis=0)) == 1

bad = requests.post(url_a + prefix + "/matting/modnet", data="")
assert bad.status_code == 200
assert bad.text == '{"req_id":"","code":3,"msg":"model input empty","data":{"segment_result":""}}', bad.text

data, _ = single(url_lenient + prefix + "/scene_segmentation/pphuman_seg")
assert set(data) == {"image", "colorized_mask"}
assert picture(data["colorized_mask"]).shape == (height, width, 3)
strict = requests.post(url_c + prefix + "/matting/modnet", data=text)
assert (strict.status_code, strict.json()["code"], strict.json()["data"]) == (415, 60, None)
typed = requests.post(url_c + prefix + "/matting/modnet", json=json.loads(text))
assert typed.status_code == 200 and typed.headers["X-Request-ID"] == req_id
print("ok")
