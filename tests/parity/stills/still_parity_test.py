"""Compares our stills with Pillow's: decoding, turning, colour profiles, resizing.

usage: still_parity_test.py DRIVER
"""

import io
import pathlib
import random
import subprocess
import sys
import tempfile

import icc
import numpy
from PIL import Image, ImageCms, ImageOps

SIZES = [(1, 1), (7, 5), (8, 8), (17, 33), (64, 48), (101, 67)]
ORIENTATION = 0x0112


class Driver:
    def __init__(self, program: str, folder: pathlib.Path):
        self.folder = folder
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, command: str, still: bytes, *arguments: object) -> tuple[numpy.ndarray, str]:
        """The pixels and the notes. Fails on an error."""
        (self.folder / "still").write_bytes(still)
        words = [command, self.folder / "still", self.folder / "out", *arguments]
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        verdict, *answer = self.process.stdout.readline().split(" ", 3)
        assert verdict == "ok", " ".join(answer)
        width, height = int(answer[0]), int(answer[1])
        pixels = numpy.fromfile(self.folder / "out", numpy.uint8).reshape(height, width, 3)
        return pixels, answer[2] if len(answer) > 2 else ""


def noise(mode: str, size: tuple[int, int], smooth: bool = False) -> Image.Image:
    """Random pixels, or for lossy formats a small random picture enlarged."""
    channels = len(Image.new(mode, (1, 1)).getbands())
    shape = (3, 4) if smooth else (size[1], size[0])
    pixels = numpy.array([random.randrange(256) for _ in range(shape[0] * shape[1] * channels)], numpy.uint8)
    image = Image.fromarray(pixels.reshape(*shape, channels).squeeze(-1) if channels == 1 else
                            pixels.reshape(*shape, channels), mode)  # fmt: skip
    return image.resize(size, Image.Resampling.BICUBIC) if smooth else image


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def over_black(image: Image.Image) -> numpy.ndarray:
    """In RGB; what is transparent over black."""
    if image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info:
        image = image.convert("RGBA")
        black = Image.new("RGB", image.size)
        black.paste(image, mask=image.getchannel("A"))
        return numpy.asarray(black)
    return numpy.asarray(image.convert("RGB"))


def pillow(still: bytes) -> numpy.ndarray:
    return over_black(ImageOps.exif_transpose(Image.open(io.BytesIO(still))))


def worst(ours: numpy.ndarray, theirs: numpy.ndarray) -> int:
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    return int(numpy.abs(ours.astype(int) - theirs.astype(int)).max())


class Tally:
    """The largest difference in each group of stills, against what is allowed."""

    def __init__(self) -> None:
        self.groups: dict[str, list[int]] = {}

    def add(self, group: str, difference: int, allowed: int, what: object) -> None:
        assert difference <= allowed, f"{group} {what}: off by {difference} (at most {allowed})"
        self.groups.setdefault(group, []).append(difference)

    def tell(self) -> None:
        for group, differences in self.groups.items():
            print(f"{group}: {len(differences)} stills, off by at most {max(differences)}")


def sixteen_bits(size: tuple[int, int]) -> Image.Image:
    pixels = numpy.array([random.randrange(65536) for _ in range(size[0] * size[1])], numpy.uint16)
    return Image.fromarray(pixels.reshape(size[1], size[0]))


def check_png(driver: Driver, tally: Tally) -> None:
    for size in SIZES:
        for mode in ["1", "L", "LA", "P", "RGB", "RGBA"]:
            source = noise("RGB" if mode == "P" else "L" if mode == "1" else mode, size)
            image = source.quantize(13) if mode == "P" else source.convert(mode)
            still = saved(image, "PNG", optimize=bool(size[0] % 2))
            ours, notes = driver.ask("read", still)
            tally.add("PNG", worst(ours, pillow(still)), 0, (mode, size))
            assert ("transparent" in notes) == ("A" in mode and size != (1, 1)) or size == (1, 1), notes
        for transparency in [b"\x00\x40\xff", 2]:
            still = saved(noise("RGB", size).quantize(9), "PNG", transparency=transparency)
            tally.add("PNG with a transparent palette", worst(driver.ask("read", still)[0], pillow(still)), 0, size)
        still = saved(sixteen_bits(size), "PNG")
        upper = (numpy.asarray(Image.open(io.BytesIO(still))) >> 8).astype(numpy.uint8)
        ours, _ = driver.ask("read", still)
        tally.add("PNG of 16 bits", worst(ours, numpy.stack([upper] * 3, 2)), 0, size)


def check_jpeg(driver: Driver, tally: Tally) -> None:
    for size in SIZES:
        for mode in ["L", "RGB"]:
            for quality, sampling, progressive in [(95, 0, 0), (75, 1, 1), (60, 2, 0), (30, 2, 1), (100, 1, 0)]:
                options = {"quality": quality, "progressive": bool(progressive)}
                if mode == "RGB":
                    options["subsampling"] = sampling
                still = saved(noise(mode, size, smooth=quality != 60), "JPEG", **options)
                tally.add("JPEG", worst(driver.ask("read", still)[0], pillow(still)), 2, (mode, size, options))


def check_webp(driver: Driver, tally: Tally) -> None:
    for size in SIZES:
        for mode in ["RGB", "RGBA"]:
            image = noise(mode, size)
            still = saved(image, "WEBP", lossless=True, exact=True)
            tally.add("WebP, lossless", worst(driver.ask("read", still)[0], over_black(image)), 0, (mode, size))
            still = saved(noise(mode, size, smooth=True), "WEBP", quality=60)
            tally.add("WebP, lossy", worst(driver.ask("read", still)[0], pillow(still)), 0, (mode, size))
    frames = [noise("RGB", (32, 24)) for _ in range(3)]
    still = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    ours, notes = driver.ask("read", still)
    tally.add("WebP, animated", worst(ours, numpy.asarray(frames[0])), 0, "")
    assert "animated" in notes, notes


def check_orientation(driver: Driver, tally: Tally) -> None:
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        for kind, mode in [("PNG", "RGB"), ("PNG", "RGBA"), ("JPEG", "RGB"), ("WEBP", "RGB"), ("WEBP", "RGBA")]:
            options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
            still = saved(noise(mode, (31, 18), smooth=True), kind, exif=exif, **options)
            difference = worst(driver.ask("read", still)[0], pillow(still))
            tally.add("turned " + kind, difference, 2 if kind == "JPEG" else 0, (mode, orientation))


def in_srgb(image: Image.Image, profile: bytes) -> numpy.ndarray:
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    return numpy.asarray(ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"))


def check_profiles(driver: Driver, tally: Tally) -> None:
    for name, profile in [("P3", icc.rgb(icc.DISPLAY_P3, 2.2)), ("Adobe RGB", icc.rgb(icc.ADOBE_RGB, 563 / 256))]:
        for kind, options in [("PNG", {}), ("JPEG", {"quality": 95}), ("WEBP", {"lossless": True})]:
            still = saved(noise("RGB", (64, 48), smooth=True), kind, icc_profile=profile, **options)
            ours, notes = driver.ask("read", still)
            theirs = in_srgb(Image.open(io.BytesIO(still)), profile)
            assert worst(ours, numpy.asarray(Image.open(io.BytesIO(still)))) > 4, "the profile was not applied"
            assert not notes, notes
            tally.add(f"profile {name}", worst(ours, theirs), 2, kind)
    for kind in ["PNG", "JPEG"]:
        still = saved(noise("L", (64, 48), smooth=True), kind, icc_profile=icc.grey(1.5))
        theirs = in_srgb(Image.open(io.BytesIO(still)), icc.grey(1.5))
        tally.add("profile grey", worst(driver.ask("read", still)[0], theirs), 2, kind)
    still = saved(noise("CMYK", (64, 48), smooth=True), "JPEG", quality=95, icc_profile=icc.cmyk())
    theirs = in_srgb(Image.open(io.BytesIO(still)), icc.cmyk())
    tally.add("profile CMYK", worst(driver.ask("read", still)[0], theirs), 2, "")
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = noise("RGB", (64, 48))
    still = saved(image, "PNG", icc_profile=srgb)
    tally.add("profile sRGB", worst(driver.ask("read", still)[0], numpy.asarray(image)), 0, "")


def check_resize(driver: Driver, tally: Tally) -> None:
    for _ in range(40):
        image = noise("RGB", (random.randint(1, 200), random.randint(1, 200)))
        still = saved(image, "PNG")
        size = (random.randint(1, 200), random.randint(1, 200))
        for name, method in [("lanczos", Image.Resampling.LANCZOS), ("bicubic", Image.Resampling.BICUBIC)]:
            theirs = numpy.asarray(image.resize(size, method))
            tally.add("resize", worst(driver.ask("resize", still, *size, name)[0], theirs), 0, (image.size, size, name))
        method = Image.Resampling.LANCZOS
        theirs = numpy.asarray(ImageOps.fit(image, size, method))
        tally.add("fit: crop", worst(driver.ask("fit", still, *size, "crop")[0], theirs), 0, (image.size, size))
        if min(ImageOps.contain(image, size, method).size) == 0:
            continue  # Pillow loses a picture that comes out less than half a pixel wide
        theirs = numpy.asarray(ImageOps.pad(image, size, method))
        tally.add("fit: pad", worst(driver.ask("fit", still, *size, "pad")[0], theirs), 0, (image.size, size))


def main() -> None:
    random.seed(0)
    tally = Tally()
    with tempfile.TemporaryDirectory() as name:
        driver = Driver(sys.argv[1], pathlib.Path(name))
        for check in [check_png, check_jpeg, check_webp, check_orientation, check_profiles, check_resize]:
            check(driver, tally)
        driver.process.stdin.close()
        assert driver.process.wait() == 0
    tally.tell()


if __name__ == "__main__":
    main()
