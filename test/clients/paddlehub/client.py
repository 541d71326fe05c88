"""A client of PaddleHub Serving as its documentation shows one: requests, OpenCV, and base64 both ways."""

import base64
import json
import sys

import cv2
import numpy as np
import requests

url, photo = sys.argv[1:3]


def as_base64(picture):
    _, encoded = cv2.imencode('.jpg', picture)
    return base64.b64encode(encoded.tobytes()).decode('utf8')


def of_base64(text, flags=cv2.IMREAD_COLOR):
    return cv2.imdecode(np.frombuffer(base64.b64decode(text.encode('utf8')), np.uint8), flags)


def ask(module, **arguments):
    headers = {'Content-type': 'application/json'}
    reply = requests.post(f'{url}/predict/{module}', headers=headers, data=json.dumps(arguments), timeout=60)
    assert reply.status_code == 200, reply.status_code
    return reply.json()


original = cv2.imread(photo)
small = cv2.resize(original, (300, 200))

# One picture: the opacity becomes the fourth channel.
answer = ask('humanseg_server', images=[as_base64(original)])
assert (answer['status'], answer['msg']) == ('000', ''), answer
mask = cv2.cvtColor(of_base64(answer['results'][0]['data']), cv2.COLOR_BGR2GRAY)
rgba = np.concatenate((original, np.expand_dims(mask, axis=2)), axis=2)
assert rgba.shape == (*original.shape[:2], 4), rgba.shape
assert mask.min() < 20 and mask.max() > 235, (mask.min(), mask.max())

# The JPEG has one channel, and several pictures keep their order and their sizes.
answer = ask('humanseg_lite', images=[as_base64(original), as_base64(small)], batch_size=2)
masks = [of_base64(item['data'], cv2.IMREAD_UNCHANGED) for item in answer['results']]
assert [one.shape for one in masks] == [original.shape[:2], (200, 300)], [one.shape for one in masks]
assert list(answer) == ['msg', 'results', 'status']

# A matting module: one object whose list holds PNGs.
answer = ask('modnet_mobilenetv2_matting', images=[as_base64(small)])
alpha = of_base64(answer['results']['data'][0], cv2.IMREAD_UNCHANGED)
assert (alpha.shape, alpha.dtype) == ((200, 300), np.uint8)

# What goes wrong is told in a reply of status 200.
assert ask('nobody')['status'] == '111'
assert ask('humanseg_server')['status'] == '101'
assert ask('humanseg_server', images=['abc'])['msg'] == 'Incorrect padding'
out_of_date = requests.post(f'{url}/predict/humanseg_server', data={'images': 'x'}, timeout=60).json()
assert out_of_date['status'] == '112', out_of_date

# Release 1.8: a form with a file; the results are the text of a Python list.
with open(photo, 'rb') as file:
    form = requests.post(f'{url}/predict/image/deeplabv3p_xception65_humanseg', files=[('image', file)], timeout=60)
items = eval(form.json()['results'])  # noqa: S307: as clients of that release read it
cutout = of_base64(items[0]['base64'].split(',')[-1], cv2.IMREAD_UNCHANGED)
assert cutout.shape == rgba.shape, cutout.shape
print('all well')
