#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Drives the page of `dipper view` in Chromium as a person would: a photo is dropped, a mask painted, a fit started, watched,
paused, stopped and downloaded; and asks the server for what nobody may have.

Exits with 77, which ctest calls skipped, where there is no Chromium, no chromedriver, or no Selenium.
Usage: page_test.py PROGRAM [--keep FOLDER]     (screenshots of each step)
"""
import argparse
import base64
import http.client
import json
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

SKIPPED = 77
try:
    from selenium import webdriver
    from selenium.common.exceptions import StaleElementReferenceException
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait
except ImportError:
    print("skipped: there is no Selenium; scripts/install_dependencies.sh browser")
    sys.exit(SKIPPED)

PATIENCE = 60  # seconds for anything that happens on the page
SIDE = 128


def png(pixel):
    """A picture of SIDE x SIDE; pixel(x, y) gives red, green and blue."""
    rows = b"".join(b"\0" + b"".join(bytes(pixel(x, y)) for x in range(SIDE)) for y in range(SIDE))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def photo(x, y):
    """Soft waves, with an edge."""
    wave = (x * x // 40 + y * 2) % 256
    soft = min(wave, 255 - wave) * 2
    return (soft, 60 + y, 200) if x + 2 * y < 190 else (220 - y, soft // 2 + 60, 40 + x)


def scratched(x, y):
    return (255, 255, 255) if abs(x - 64) < 3 and 20 < y < 108 else photo(x, y)


class Page(unittest.TestCase):
    program = ""
    keep = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dipper-browser-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "photo.png").write_bytes(png(photo))
        (self.folder / "scratched.png").write_bytes(png(scratched))
        self.process = subprocess.Popen([self.program, "view", "--no-open"], stdout=subprocess.PIPE, text=True, cwd=self.folder)
        self.addCleanup(self.end)
        self.url = self.process.stdout.readline().strip()
        self.base = self.url.split("/?")[0]

    def end(self):
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()

    def open(self, *more):
        options = webdriver.ChromeOptions()
        for argument in ("--headless=new", "--no-sandbox", "--window-size=1280,900", "--disable-dev-shm-usage", "--disable-gpu", *more):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        options.add_experimental_option("prefs", {"download.default_directory": str(self.folder / "downloads")})
        browser = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
        self.addCleanup(browser.quit)
        browser.get(self.url)
        self.browser = browser
        return browser

    def wait_for(self, condition, what):
        # What was just found may be replaced by what is newer.
        wait = WebDriverWait(self.browser, PATIENCE, 0.1, [StaleElementReferenceException])
        return wait.until(lambda _: condition(), f"waited in vain for {what}")

    def find(self, selector, text=""):
        """The visible element of this selector with this text, or None."""
        for element in self.browser.find_elements(By.CSS_SELECTOR, selector):
            if element.is_displayed() and text in element.text:
                return element
        return None

    def wait_and_find(self, selector, text=""):
        return self.wait_for(lambda: self.find(selector, text), f"{selector} {text}")

    def click(self, selector, text=""):
        def clicked():
            element = self.find(selector, text)
            if element:
                element.click()
            return element
        self.wait_for(clicked, f"{selector} {text}")

    def state(self):
        return self.browser.execute_async_script("const done = arguments[0]; fetch('/state').then(r => r.json()).then(done)")

    def shoot(self, name):
        if self.keep:
            self.browser.save_screenshot(str(self.keep / f"{name}.png"))

    def drop(self, name):
        """As if the file had been dragged onto the page."""
        data = base64.b64encode((self.folder / name).read_bytes()).decode()
        self.browser.execute_script(
            """const bytes = Uint8Array.from(atob(arguments[0]), (letter) => letter.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], arguments[1], { type: "image/png" }));
            const options = { dataTransfer: transfer, bubbles: true, cancelable: true };
            document.querySelector(".zone").dispatchEvent(new DragEvent("dragover", options));
            document.querySelector(".zone").dispatchEvent(new DragEvent("drop", options));""", data, name)
        self.wait_and_find("#name", name)

    def choose(self, name, value):
        """A radio button, by what a person clicks on."""
        button = self.browser.find_element(By.CSS_SELECTOR, f"input[name='{name}'][value='{value}']")
        label = button.find_element(By.XPATH, "..")
        self.browser.execute_script("arguments[0].scrollIntoView({ block: 'center' })", label)
        label.click()
        self.assertTrue(button.is_selected())

    def paint(self, left, top, right, bottom):
        """A stroke with the brush, from and to a place in the picture's own pixels."""
        box = "const box = arguments[0].getBoundingClientRect(); return [box.x, box.y, box.width, box.height]"
        viewer = self.browser.find_element(By.CSS_SELECTOR, "#viewer")
        x0, y0, width, _ = self.browser.execute_script(box, self.browser.find_element(By.CSS_SELECTOR, "#viewer .stage"))
        viewer_x, viewer_y, viewer_width, viewer_height = self.browser.execute_script(box, viewer)
        middle = (viewer_x + viewer_width / 2, viewer_y + viewer_height / 2)
        move = ActionChains(self.browser, duration=50)

        def at(x, y):
            return round(x0 + x * width / SIDE - middle[0]), round(y0 + y * width / SIDE - middle[1])

        move.move_to_element_with_offset(viewer, *at(left, top)).click_and_hold()
        for step in range(1, 9):
            x, y = left + (right - left) * step / 8, top + (bottom - top) * step / 8
            move.move_to_element_with_offset(viewer, *at(x, y))
        move.release().perform()

    def start(self):
        button = self.find("button.start")
        self.assertEqual(button.text, "Start")
        button.click()

    def downloaded(self, pattern):
        def found():
            files = list((self.folder / "downloads").glob(pattern)) if (self.folder / "downloads").exists() else []
            return files[0] if files else None
        return self.wait_for(found, f"the download of {pattern}")

    def check_console(self):
        self.assertEqual([entry for entry in self.browser.get_log("browser") if entry["level"] == "SEVERE"], [])

    def test_a_person_removes_scratches(self):
        self.open()
        self.wait_and_find(".zone h2", "Drop a damaged picture here")
        self.assertNotIn("token", self.browser.current_url)
        self.shoot("1-empty")
        self.drop("scratched.png")
        self.choose("task", "inpaint")
        self.assertEqual(self.find("button.start").text, "Paint over what to repair")
        for x in (61, 64, 67):
            self.paint(x, 16, x, 112)
        self.choose("quality", "balanced")  # which does not end before it is stopped
        more = self.find("summary", "More")
        self.browser.execute_script("arguments[0].scrollIntoView({ block: 'center' })", more)
        more.click()
        truth = self.browser.find_element(By.XPATH, "//*[contains(text(), 'Undamaged picture')]/ancestor::*[.//input[@type='file']][1]"
                                                    "//input[@type='file']")
        truth.send_keys(str(self.folder / "photo.png"))
        self.shoot("2-painted")
        self.wait_for(lambda: self.find("button.start").text == "Start", "Start")
        self.start()
        self.wait_and_find("#run h2", "Restoring")
        self.watch()
        self.click("#run button", "Stop here")
        self.wait_for(lambda: self.state()["phase"] == "done", "the end")
        self.shoot("4-done")
        self.compare()
        self.look_back()
        self.check_console()

    def watch(self):
        """The picture changes, the curve grows, and both wait while it is paused."""
        def shown():
            image = self.find(".viewer img.after")
            return image.get_attribute("src") if image else ""

        def drawn():
            return self.browser.execute_script("return document.querySelector('.curve canvas')?.toDataURL() ?? ''")
        first = self.wait_for(shown, "a picture")
        self.wait_for(lambda: shown() != first, "another picture")
        line = self.wait_for(drawn, "the curve")
        self.wait_for(lambda: drawn() != line, "more of the curve")
        self.assertGreater(len(self.state()["run"]["frames"]), 1)
        self.click("#run button", "Pause")
        self.wait_and_find("#run h2", "Paused")
        self.shoot("3-paused")
        time.sleep(0.5)
        iteration = self.state()["run"]["iteration"]
        time.sleep(0.5)
        self.assertEqual(self.state()["run"]["iteration"], iteration)
        self.click("#run button", "Resume")
        self.wait_for(lambda: self.state()["run"]["iteration"] > iteration, "it to go on")

    def compare(self):
        """What is downloaded is as good as the page says."""
        def figure():
            pair = self.find("#run .figures div", "PSNR")
            return pair and pair.find_element(By.CSS_SELECTOR, "dd").text
        shown = self.wait_for(figure, "the PSNR")
        self.click("#run a", "Download")
        file = self.downloaded("scratched_restored.png")
        measured = subprocess.run([self.program, "compare", str(file), "photo.png", "--json"], cwd=self.folder, check=True,
                                  capture_output=True, text=True)
        psnr = json.loads(measured.stdout)["psnr"]
        before = json.loads(subprocess.run([self.program, "compare", "scratched.png", "photo.png", "--json"], cwd=self.folder,
                                           check=True, capture_output=True, text=True).stdout)["psnr"]
        self.assertEqual(shown.split()[0], f"{psnr:.1f}")
        self.assertGreater(psnr, before + 3)

    def look_back(self):
        """An earlier frame becomes the result, and the last one again."""
        scrubber = self.wait_and_find("#below input[type=range]")
        self.browser.execute_script(
            "arguments[0].value = arguments[0].min; arguments[0].dispatchEvent(new Event('input', { bubbles: true }))", scrubber)
        self.click("#below button", "Use this frame")
        self.wait_for(lambda: self.state()["run"]["used"] == 1, "the first frame to be used")
        self.click("#below button", "Use the final picture again")
        self.wait_for(lambda: self.state()["run"]["used"] == 0, "the last frame to be used")

    def test_on_a_phone(self):
        self.open("--window-size=500,800")
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                     {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True})
        self.drop("scratched.png")
        self.choose("task", "denoise")
        self.shoot("5-phone")
        wide = self.browser.execute_script("return document.documentElement.scrollWidth")
        self.assertLessEqual(wide, 360)
        self.check_console()

    def ask(self, method, path, headers, body=None):
        connection = http.client.HTTPConnection(self.base.split("//")[1], timeout=20)
        self.addCleanup(connection.close)
        connection.request(method, path, body=body, headers=headers)
        return connection.getresponse().status

    def test_nobody_else_is_let_in(self):
        token = self.url.split("token=")[1]
        port = self.base.rsplit(":", 1)[1]
        cookie = {"Cookie": f"dipper-{port}={token}"}
        own = {**cookie, "Origin": self.base}
        self.assertEqual(self.ask("GET", "/state", cookie), 200)
        self.assertEqual(self.ask("GET", "/state", {}), 403)
        self.assertEqual(self.ask("GET", "/state", {"Cookie": f"dipper-{port}={token[::-1]}"}), 403)
        self.assertEqual(self.ask("GET", "/state", {**cookie, "Host": "evil.example"}), 403)
        self.assertEqual(self.ask("POST", "/runs", {**cookie, "Origin": "http://evil.example"}, b"{}"), 403)
        self.assertEqual(self.ask("POST", "/runs", cookie, b"{}"), 403)
        self.assertEqual(self.ask("OPTIONS", "/runs", own), 405)
        for path in ("/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/pictures/../../etc/passwd", "//etc/passwd", "/frames/..%2f"):
            self.assertEqual(self.ask("GET", path, cookie), 400, path)
        self.assertEqual(self.ask("GET", "/photo.png", cookie), 404)
        self.assertEqual(self.ask("POST", "/runs", own, b"x" * 100_000), 413)
        self.assertEqual(self.ask("POST", "/pictures?name=a.png", {**own, "Content-Length": str(1 << 40)}), 413)
        self.assertEqual(self.ask("POST", "/pictures?name=a.png", own, b"no picture"), 400)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--keep", type=pathlib.Path, metavar="FOLDER")
    arguments, rest = parser.parse_known_args()
    for needed in ("chromium", "chromedriver"):
        if not shutil.which(needed):
            print(f"skipped: there is no {needed}; scripts/install_dependencies.sh browser")
            return SKIPPED
    Page.program = str(arguments.program.resolve())
    Page.keep = arguments.keep
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)
    return 0 if unittest.main(argv=[sys.argv[0], *rest], exit=False, verbosity=2).result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
