"""Has GDAL write GeoTIFFs for us to read, and read the GeoTIFFs that we answer.

    python3 -m venv v && v/bin/pip install rasterio==1.4.4
    v/bin/python test/reference/geotiff.py sources > test/reference/geotiffSources.json
    node test/reference/geotiffAnswers.ts > answers.json
    v/bin/python test/reference/geotiff.py judge answers.json > test/reference/geotiff.json

Stops at the first disagreement. test/geotiff.test.ts compares what is recorded with what we answer now, and where rasterio is there
(SEGSERVE_PYTHON names a Python that has it) has it judge again.

The model of the test gives each pixel the strongest of red, green and blue, so that the class map is known here too.
"""
import base64
import hashlib
import json
import sys

import numpy as np
import rasterio
from affine import Affine
from rasterio.control import GroundControlPoint
from rasterio.features import rasterize
from rasterio.io import MemoryFile
from rasterio.windows import Window
from rasterio.windows import transform as window_transform

WIDTH, HEIGHT = 45, 32
# That of the class map in geotiffAnswers.ts.
PALETTE = [tuple(at * 37 % 256 for at in range(first, first + 3)) for first in (0, 3, 6)]

GCPS = [
    GroundControlPoint(row=0, col=0, x=11.0, y=48.3),
    GroundControlPoint(row=0, col=WIDTH, x=11.4, y=48.32),
    GroundControlPoint(row=HEIGHT, col=0, x=10.98, y=48.1),
    GroundControlPoint(row=HEIGHT, col=WIDTH, x=11.38, y=48.11),
]

SOURCES = {
    'utm33': {'crs': 'EPSG:32633', 'transform': Affine(0.2, 0, 391_000.4, 0, -0.2, 5_820_000.6)},
    'wgs84': {'crs': 'EPSG:4326', 'transform': Affine(1 / 3600, 0, 13.377, 0, -1 / 3600, 52.5163)},
    'rotated': {
        'crs': 'EPSG:32633',
        'transform': Affine.translation(391_000, 5_820_000) * Affine.rotation(-31) * Affine.scale(0.5, -0.25),
    },
    'points': {'crs': 'EPSG:32633', 'transform': Affine(2, 0, 391_000, 0, -2, 5_820_000), 'point': True},
    'rotated points': {
        'crs': 'EPSG:32633',
        'transform': Affine.translation(391_000, 5_820_000) * Affine.rotation(20) * Affine.scale(1.25, -0.75),
        'point': True,
    },
    'bigtiff': {'crs': 'EPSG:3857', 'transform': Affine(1.5, 0, -20_037_508, 0, -1.5, 20_037_508), 'options': {'BIGTIFF': 'YES'}},
    'tiled lzw': {
        'crs': 'EPSG:25832',
        'transform': Affine(10, 0, 600_000, 0, -10, 5_700_000),
        'options': {'compress': 'lzw', 'predictor': 2, 'tiled': True, 'blockxsize': 16, 'blockysize': 16},
    },
    'south up': {'crs': 'EPSG:32633', 'transform': Affine(1, 0, 391_000, 0, 1, 5_820_000)},
    'no code': {
        'crs': '+proj=laea +lat_0=10 +lon_0=-81 +ellps=WGS84 +units=m +no_defs',
        'transform': Affine(30, 0, 1000, 0, -30, 2000),
    },
    'control points': {'crs': 'EPSG:4326', 'gcps': GCPS},
}


def picture():
    """Blobs of colour, the same in every run; no two channels are ever equally strong."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    waves = [np.sin(x * a + y * b + c) for a, b, c in [(0.21, 0.13, 0), (0.17, -0.24, 2), (-0.11, 0.29, 4)]]
    rgb = np.stack([128 + 90 * wave for wave in waves]).astype(np.uint8)
    return (rgb // 3) * 3 + np.array([0, 1, 2], np.uint8)[:, None, None]


def sources():
    made = []
    for name, source in SOURCES.items():
        options = {'compress': 'deflate', **source.get('options', {})}
        placed = {'gcps': source['gcps']} if 'gcps' in source else {'transform': source['transform']}
        with MemoryFile() as file:
            with file.open(driver='GTiff', width=WIDTH, height=HEIGHT, count=3, dtype='uint8', photometric='rgb',
                           crs=source['crs'], **placed, **options) as out:
                if source.get('point'):
                    out.update_tags(AREA_OR_POINT='Point')
                out.write(picture())
            data = file.read()
        made.append({'name': name, 'tiff': base64.b64encode(data).decode()})
    return {'tools': tools(), 'sources': made}


def tools():
    return {'rasterio': rasterio.__version__, 'gdal': rasterio.__gdal_version__}


def code(crs):
    """Of our own numbers alone: GDAL would guess one for a system that names none."""
    return None if crs is None or not crs.to_string().startswith('EPSG:') else crs.to_epsg()


def close(one, other):
    return np.allclose(np.array(one[:6]), np.array(other[:6]), rtol=0, atol=1e-7 * max(1, abs(other[0]) + abs(other[1])))


def grid_of(source, case):
    """Where the answer has to lie, by rasterio's own arithmetic, and which pixels of the source it shows."""
    x, y, width, height = case.get('region', [0, 0, WIDTH, HEIGHT])
    across, down = case.get('size', [width, height])
    window = Window(x, y, width, height)
    grid = window_transform(window, source.transform) * Affine.scale(width / across, height / down)
    columns = x + np.floor((np.arange(across) + 0.5) * width / across).astype(int)
    rows = y + np.floor((np.arange(down) + 0.5) * height / down).astype(int)
    return grid, rows, columns


def judged(answer, files):
    name, case = answer['source'], answer['case']
    with files[name].open() as source, MemoryFile(base64.b64decode(answer['labels'])) as file, file.open() as ours:
        grid, rows, columns = grid_of(source, case)
        truth = np.argmax(source.read(), axis=0)[np.ix_(rows, columns)].astype(np.uint8)
        whole = 'region' not in case and 'size' not in case
        assert ours.count == 1 and ours.dtypes == ('uint8',) and ours.shape == truth.shape, (name, case)
        assert (ours.read(1) == truth).all(), (name, case, 'pixels')
        located = whole or not source.gcps[0]
        if located:
            assert close(ours.transform, grid), (name, case, ours.transform, grid)
            if source.gcps[0]:
                assert [str(p) for p in ours.gcps[0]] == [str(p) for p in source.gcps[0]] or same_points(ours, source)
                assert ours.gcps[1] == source.gcps[1], name
            else:
                assert ours.crs == source.crs, (name, case, ours.crs, source.crs)
        else:
            assert ours.crs is None and ours.transform == Affine.identity(), (name, case)
        record = {
            'source': name, 'case': case, 'width': ours.width, 'height': ours.height,
            'epsg': code(ours.crs or ours.gcps[1]), 'located': located,
            'transform': [float(value) for value in ours.transform[:6]] if located and not ours.gcps[0] else None,
            'pixels': hashlib.sha256(truth.tobytes()).hexdigest()[:24],
        }
    with MemoryFile(base64.b64decode(answer['color'])) as file, file.open() as ours:
        shown = np.array(PALETTE, np.uint8)[truth].transpose(2, 0, 1)
        if ours.count == 1:
            table = ours.colormap(1)
            assert [table[index][:3] for index in range(3)] == PALETTE, (name, case)
            assert (ours.read(1) == truth).all(), (name, case, 'color')
        else:
            assert (ours.read() == shown).all(), (name, case, 'color')
        record['colorBands'] = ours.count
    if answer.get('geojson') is not None:
        check_geojson(json.loads(answer['geojson']), record, truth, grid)
    return record


def same_points(ours, source):
    facts = lambda set_: [(p.row, p.col, p.x, p.y) for p in set_.gcps[0]]
    return np.allclose(facts(ours), facts(source))


def check_geojson(collection, record, truth, grid):
    """Burnt into the answer's own grid, the outlines give the class map back."""
    name = collection.get('crs', {}).get('properties', {}).get('name')
    assert name == (None if record['epsg'] is None else f"urn:ogc:def:crs:EPSG::{record['epsg']}"), name
    shapes = [(feature['geometry'], feature['properties']['class'] + 1) for feature in collection['features']]
    burnt = rasterize(shapes, out_shape=truth.shape, transform=grid, fill=0, dtype='uint8')
    assert (burnt == truth + 1).all(), (record['source'], record['case'], 'geojson')
    record['features'] = len(shapes)


def judge(path):
    with open(path) as file:
        answers = json.load(file)
    files = {one['name']: MemoryFile(base64.b64decode(one['tiff'])) for one in answers['sources']}
    return {'tools': tools(), 'answers': [judged(answer, files) for answer in answers['answers']]}


if __name__ == '__main__':
    print(json.dumps(sources() if sys.argv[1] == 'sources' else judge(sys.argv[2]), separators=(',', ':')))
