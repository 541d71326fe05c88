"""huggingface_hub against segserve: client.py <url> <url of a server with token> <token> <photo>."""

import asyncio
import io
import sys
from pathlib import Path

from huggingface_hub import AsyncInferenceClient, InferenceClient
from huggingface_hub.errors import HfHubHTTPError
from PIL import Image

url, guarded, token, photo = sys.argv[1:]
size = Image.open(photo).size


def check(segments, expected_size=size):
    assert [segment.label for segment in segments] == ["person"], segments
    (person,) = segments
    assert 0.5 < person.score <= 1, person.score
    assert (person.mask.mode, person.mask.size) == ("L", expected_size), person.mask
    counts = person.mask.histogram()
    assert counts[0] > 0 and counts[255] > 0 and counts[0] + counts[255] == sum(counts), "black and white alone"
    return counts[255]


def refused(status, says, ask):
    try:
        ask()
    except HfHubHTTPError as error:
        assert error.response.status_code == status, error
        assert says in error.response.json()["error"], error.response.text
        return error
    raise AssertionError(f"expected {status} {says}")


# The address of an endpoint, or that of a model, in the client or in the call.
check(InferenceClient(model=url).image_segmentation(photo))
client = InferenceClient(base_url=url)
check(client.image_segmentation(Path(photo)))
for path in ["/models/briaai/RMBG-1.4", "/models/segserve/portrait", "/hf-inference/models/briaai/RMBG-1.4"]:
    check(InferenceClient().image_segmentation(photo, model=url + path))

# A path, or bytes of any format; open files and Pillow images are refused by the client itself.
content = Path(photo).read_bytes()
whole = check(client.image_segmentation(content))
png = io.BytesIO()
Image.open(photo).resize((120, 80)).save(png, "PNG")
check(client.image_segmentation(png.getvalue()), (120, 80))

# With parameters it sends JSON.
assert check(client.image_segmentation(content, subtask="semantic")) == whole
assert check(client.image_segmentation(content, mask_threshold=0.05)) > whole
assert check(client.image_segmentation(content, mask_threshold=0.95)) < whole
check(client.image_segmentation(content, threshold=0.3, overlap_mask_area_threshold=0.5))
assert client.image_segmentation(content, threshold=1) == []
refused(400, "subtask", lambda: client.image_segmentation(content, subtask="panoptic"))
refused(400, "from 0 to 1", lambda: client.image_segmentation(content, threshold=7))
refused(400, "received plain text", lambda: client.image_segmentation(b"no picture"))
refused(404, "no/body", lambda: client.image_segmentation(content, model=url + "/models/no/body"))



def is_healthy(address):
    return InferenceClient(model=address, provider="hf-inference").health_check()


assert is_healthy(url)
assert is_healthy(url + "/models/briaai/RMBG-1.4")
assert not is_healthy(url + "/models/no/body")


async def later():
    async with AsyncInferenceClient(model=url, token="hf_ignored") as asynchronous:
        check(await asynchronous.image_segmentation(content))
        check(await asynchronous.image_segmentation(content, threshold=0.1))


asyncio.run(later())

check(InferenceClient(model=guarded, token=token).image_segmentation(content))
for wrong in ["hf_wrong", None]:
    stranger = InferenceClient(model=guarded, token=wrong)
    refused(401, "Authorization", lambda: stranger.image_segmentation(content))
print("done")
