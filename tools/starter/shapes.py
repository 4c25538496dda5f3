"""Outlines of the world's shapes as signed distances."""
import math

import numpy as np

# Half width and distance from centre to lowest point, untilted, in radii; the triangle's centre is its centroid.
HALF_WIDTH = {"ball": 1.0, "square": 0.84, "triangle": 1.0, "star": 1.06, "ring": 1.0, "heart": 0.96}
FOOT = {"ball": 1.0, "square": 0.84, "triangle": 0.58, "star": 0.9, "ring": 1.0, "heart": 0.95}


def signed_distance(shape: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Distance from a shape's outline, negative inside, at points given in radii from its centre (y down).

    It is exact near the outline for every shape, and a lower bound far from corners.
    Source of the star's and the heart's forms: Quilez, "2D distance functions".
    """
    return _DISTANCES[shape](x, y)


def _ball(x, y):
    return np.sqrt(x * x + y * y) - 1.0


def _ring(x, y):
    return np.abs(np.sqrt(x * x + y * y) - 0.74) - 0.26


def _square(x, y):
    return np.maximum(np.abs(x), np.abs(y)) - 0.84


def _triangle(x, y):
    slope = math.sqrt(3.0)
    return np.maximum((slope * np.abs(x) - y) * 0.5, y) - 0.58


def _star(x, y):
    # Folded into one of ten equal wedges; there the outline is the line from a tip to an inner corner.
    wedge = 2.0 * math.pi / 5.0
    angle = np.arctan2(x, -y)
    angle = np.abs((angle + wedge / 2) % wedge - wedge / 2)
    distance = np.sqrt(x * x + y * y)
    tip, inner_x, inner_y = 1.12, 0.5 * math.cos(wedge / 2), 0.5 * math.sin(wedge / 2)
    edge_x, edge_y = inner_x - tip, inner_y
    length = math.hypot(edge_x, edge_y)
    return ((distance * np.cos(angle) - tip) * edge_y - distance * np.sin(angle) * edge_x) / length


def _heart(x, y):
    scale = 1.66
    x, y = np.abs(x) / scale, 0.56 - y / scale
    lobe = np.sqrt((x - 0.25) ** 2 + (y - 0.75) ** 2) - math.sqrt(2.0) / 4.0
    along = 0.5 * np.maximum(x + y, 0.0)
    nearest = np.minimum(x * x + (y - 1.0) ** 2, (x - along) ** 2 + (y - along) ** 2)
    point = np.sqrt(np.maximum(nearest, 1e-9)) * np.sign(x - y)
    return np.where(x + y > 1.0, lobe, point) * scale


_DISTANCES = {"ball": _ball, "ring": _ring, "square": _square, "triangle": _triangle, "star": _star, "heart": _heart}
