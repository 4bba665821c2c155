# SPDX-License-Identifier: Apache-2.0
"""Which command a recipe of recipes/ is for."""
from record import ROOT

OPTIONS = {
    "inpaint": ["--drop", "0.5"],
    "denoise": ["--sigma", "25"],
    "upscale": ["--scale", "4"],
    "dejpeg": [],
    "deblur": ["--gaussian", "1.6"],
    "flash": [],
}


def recipes():
    return sorted(path.stem for path in (ROOT / "recipes").glob("*.toml"))


def words(recipe, picture):
    """Task, pictures and options with which a recipe is tried on a picture; flash takes it twice."""
    task = "upscale" if "superres" in recipe else next((task for task in OPTIONS if task in recipe), "inpaint")
    return [task, picture, *([picture] if task == "flash" else []), *OPTIONS[task], "--recipe", recipe]
