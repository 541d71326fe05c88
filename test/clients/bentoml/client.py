"""What a client of a BentoML 0.13 bundle asks with `requests`, and what it must get. Usage: client.py URL PHOTO"""

import json
import struct
import sys
import zlib

import requests

url, photo = sys.argv[1:3]
session = requests.Session()


def png(width, height, colour=(200, 30, 90)):
    """A picture of one colour, without any library for pictures."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes(colour) * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def post(path, **options):
    return session.post(url + path, timeout=60, **options)


def equal(received, expected):
    assert received == expected, f"expected {expected!r} but received {received!r}"


image = png(10, 10)

# An image, raw and as a part.
equal(post("/predict_image", data=image, headers={"Content-Type": "image/png"}).text, "[10, 10, 3]")
equal(post("/predict_image", files={"image": ("test.png", image)}).text, "[10, 10, 3]")

# A file, raw and as a part.
data = b"\x810\x899"
equal(post("/predict_file", data=data).text, '{"b64": "gTCJOQ=="}')
equal(post("/predict_file", files={"file": data}).text, '{"b64": "gTCJOQ=="}')

# Two pictures under their names.
pair = {"original": ("a.png", image), "compared": ("b.png", image)}
equal(post("/predict_multi_images", files=pair).text, "true")

# JSON, also many at once over one connection.
for index in range(20):
    equal(post("/predict_json", json={"in": index}).json(), {"in": index})
for value in ["你好", {"name": "测试"}, [1, 2.5, None, True], "\N{GRINNING FACE}"]:
    said = json.dumps(value, ensure_ascii=False)
    reply = post("/echo_json", data=said.encode(), headers={"Content-Type": "application/json"})
    equal(reply.content.decode(), said)
equal(post("/predict_strict_json", json={"in": 1}).status_code, 200)
equal(post("/predict_strict_json", data=b'{"in": 1}').status_code, 400)

# The server's own addresses.
for path in ["/", "/healthz", "/docs.json"]:
    equal(session.get(url + path, timeout=60).status_code, 200)
metrics = session.get(url + "/metrics", timeout=60).text
for name in ["_mb_request_duration_seconds_count", "_mb_request_total", "_request_duration_seconds_bucket"]:
    assert name in metrics, name

# Pages of other origins.
reply = post("/echo_json", json="x", headers={"Origin": "http://page.example"})
assert reply.headers["Access-Control-Allow-Origin"] in ("*", "http://page.example")
assert "Content-Length" in reply.headers["Access-Control-Expose-Headers"]

# A photo as a class map.
with open(photo, "rb") as file:
    reply = post("/predict", files={"file": file})
equal(reply.status_code, 200)
equal(reply.headers["Content-Type"], "application/json")
rows = reply.json()
assert {len(row) for row in rows} == {512} and len(rows) == 512, (len(rows), len(rows[0]))
assert {value for row in rows for value in row} == {0, 1}
equal((rows[300][250], rows[5][5]), (1, 0))

# Bodies that are no pictures.
equal(post("/predict", data=b"").status_code, 400)
equal(post("/predict", data=b"nothing").status_code, 500)
equal(post("/predict_image", data=b"nothing").status_code, 400)

print("ok")
