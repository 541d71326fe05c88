"""Has our region answers judged by the tools they are made for, and records what those tools say.

    python3 -m venv v && v/bin/pip install pycocotools==2.0.11 label-studio-converter==0.0.59 shapely==2.2.0 pandas
    node test/reference/regionAnswers.ts > answers.json
    v/bin/python test/reference/regions.py answers.json > test/reference/regions.json

Stops at the first disagreement. test/regions.test.ts compares what is recorded with what we answer now.
"""
import base64
import io
import json
import sys
import tempfile
from contextlib import redirect_stdout
from importlib.metadata import version

import numpy as np
from label_studio_converter import brush
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from shapely.geometry import Polygon, shape


def components(data):
    """Each class's pixels joined by their sides, as masks, largest first, else by their first pixel in reading order."""
    height, width = data.shape
    seen = np.zeros(data.shape, bool)
    found = []
    for y in range(height):
        for x in range(width):
            if seen[y, x] or data[y, x] == 0:
                continue
            mask = np.zeros(data.shape, np.uint8)
            todo = [(y, x)]
            seen[y, x] = True
            while todo:
                a, b = todo.pop()
                mask[a, b] = 1
                for c, d in ((a - 1, b), (a + 1, b), (a, b - 1), (a, b + 1)):
                    inside = 0 <= c < height and 0 <= d < width
                    if inside and not seen[c, d] and data[c, d] == data[y, x]:
                        seen[c, d] = True
                        todo.append((c, d))
            found.append((int(data[y, x]), mask))
    return sorted(found, key=lambda one: -int(one[1].sum()))


def load(text):
    with tempfile.NamedTemporaryFile('w', suffix='.json') as file, redirect_stdout(io.StringIO()):
        file.write(text)
        file.flush()
        coco = COCO(file.name)
    annotations = sorted(coco.anns.values(), key=lambda one: one['id'])
    return coco, annotations


def same_rings(polygon):
    """The right-hand rule in x right, y down."""
    return polygon.exterior.is_ccw and all(not hole.is_ccw for hole in polygon.interiors)


def judged(answer):
    name, width, height = answer['name'], answer['width'], answer['height']
    data = np.frombuffer(base64.b64decode(answer['data']), np.uint8).reshape(height, width)
    regions = components(data)
    recorded = []
    for form in ('polygon', 'rle', 'counts', 'simplified'):
        coco, annotations = load(answer[form])
        assert len(annotations) == len(regions), (name, form)
        for annotation, (value, mask) in zip(annotations, regions):
            assert annotation['category_id'] == value, (name, form)
            assert annotation['area'] == mask.sum(), (name, form)
            assert coco.loadCats(value)[0]['name'] == ['nothing', 'one', 'two', 'three', 'four', 'five'][value]
            encoded = coco_mask.encode(np.asfortranarray(mask))
            assert annotation['bbox'] == list(coco_mask.toBbox(encoded)), (name, form)
            decoded = coco.annToMask(annotation)
            if form == 'simplified':
                # One pixel of tolerance, and pycocotools' own rounding of slopes.
                continue
            assert (decoded == mask).all(), (name, form)
            if form == 'rle':
                assert annotation['segmentation']['counts'] == encoded['counts'].decode(), name
                recorded.append(
                    {'class': value, 'counts': encoded['counts'].decode(), 'area': int(mask.sum()), 'bbox': annotation['bbox']}
                )
    for form in ('geojson', 'geojsonSimplified'):
        features = json.loads(answer[form])['features']
        assert len(features) == len(regions)
        shapes = [shape(feature['geometry']) for feature in features]
        for polygon, (value, mask) in zip(shapes, regions):
            assert polygon.is_valid and same_rings(polygon), (name, form)
            if form == 'geojson':
                assert polygon.area == mask.sum(), name
        for at, one in enumerate(shapes[:60]):
            for other in shapes[at + 1 : 60]:
                assert one.intersection(other).area == 0, (name, form)
    for line, (value, mask) in zip(answer['yolo'].splitlines(), regions):
        number, *shares = line.split()
        points = np.array(shares, float).reshape(-1, 2) * (width, height)
        assert int(number) == value and abs(Polygon(points).area - mask.sum()) < 0.01, (name, 'yolo')
    brushes = {}
    for result in json.loads(answer['labelstudio'])[0]['predictions'][0]['result']:
        [label] = result['value']['brushlabels']
        value = ['nothing', 'one', 'two', 'three', 'four', 'five'].index(label)
        decoded = brush.decode_rle(result['value']['rle']).reshape(result['original_height'], result['original_width'], 4)
        for channel in range(4):
            assert (decoded[:, :, channel] == np.where(data == value, 255, 0)).all(), (name, 'labelstudio')
        brushes[value] = brush.mask2rle(np.where(data == value, 255, 0).astype(np.uint8))
    assert sorted(brushes) == sorted(set(np.unique(data)) - {0}), name
    return {'name': name, 'annotations': recorded, 'brushes': brushes, 'polygon': json.loads(answer['polygon'])['annotations']}


if __name__ == '__main__':
    with open(sys.argv[1]) as file:
        answers = json.load(file)
    tools = {tool: version(tool) for tool in ('pycocotools', 'label-studio-converter', 'shapely')}
    print(json.dumps({'tools': tools, 'masks': [judged(answer) for answer in answers]}, separators=(',', ':')))
