"""Clients of `rembg s` as its documentation shows them, with requests in the place of curl."""

import io
import sys

import numpy as np
import requests
from PIL import Image

url, photo = sys.argv[1:3]
remove = f'{url}/api/remove'
original = Image.open(photo).convert('RGB')


def post(address=remove, params=None, **fields):
    with open(photo, 'rb') as file:
        reply = requests.post(address, files={'file': file}, data=fields, params=params, timeout=60)
    assert reply.status_code == 200, (reply.status_code, reply.text)
    assert reply.headers['content-type'] == 'image/png', reply.headers
    picture = Image.open(io.BytesIO(reply.content))
    assert picture.format == 'PNG' and picture.size == original.size, (picture.format, picture.size)
    return picture


# curl -F file=@photo.jpg /api/remove
cutout = post()
assert cutout.mode == 'RGBA', cutout.mode
alpha = np.asarray(cutout)[..., 3]
assert alpha.min() == 0 and alpha.max() == 255, (alpha.min(), alpha.max())

# Only the mask.
mask = post(om='true')
assert mask.mode == 'L', mask.mode
assert (np.asarray(mask) == alpha).all()
assert set(np.unique(np.asarray(post(om=True, ppm=True)))) == {0, 255}

# Every parameter at once, as forms on web pages send them.
full = {'model': 'isnet-general-use', 'a': 'true', 'af': '240', 'ab': '10', 'ae': '40', 'om': '', 'ppm': 'true'}
assert post(**full, dc='true', vm='false').mode == 'RGBA'

# A colour behind it stands in the address.
red = np.asarray(post(params={'bgc': '255,0,0,255'}).convert('RGBA'))
assert (red[alpha == 0] == (255, 0, 0, 255)).all()
veiled = post(params={'bgc': '255,0,0,100'})
assert veiled.mode == 'RGBA' and np.asarray(veiled)[..., 3].min() == 100

# The address of release 2.0.28.
assert post(f'{url}/').mode == 'RGBA'

# What goes wrong has the shapes of FastAPI.
reply = requests.post(remove, timeout=60)
assert reply.status_code == 422, reply.status_code
assert reply.json()['detail'][0]['loc'] == ['body', 'file'], reply.json()
with open(photo, 'rb') as file:
    reply = requests.post(remove, files={'file': file}, data={'model': 'none', 'af': 256}, timeout=60)
assert [issue['type'] for issue in reply.json()['detail']] == ['string_pattern_mismatch', 'less_than_equal']
reply = requests.post(remove, files={'file': b'no picture'}, timeout=60)
assert reply.status_code == 500 and reply.text.startswith('Internal Server Error'), reply.text
reply = requests.get(remove, params={'url': 'https://example.org/photo.jpg'}, timeout=60)
assert reply.status_code == 403 and isinstance(reply.json()['detail'], str), reply.text
reply = requests.options(remove, headers={'Origin': 'https://a.b', 'Access-Control-Request-Method': 'POST'}, timeout=60)
assert reply.status_code == 200 and reply.headers['access-control-allow-origin'] == '*'
assert requests.get(f'{url}/openapi.json', timeout=60).json()['openapi'] == '3.1.0'
print('all well')
