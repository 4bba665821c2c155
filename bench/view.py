#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the page costs a fit: iterations a second without it, with a page that follows as a browser does, and with
connections that mean no good, in turns; and how soon the page has its first picture.

  none      without --view
  page      the events, every picture that they name, and the curve once a second
  idle      the same, and 64 connections that say nothing, opened again when they are closed
  slow      the same, and one that sends a letter a second
  deaf      the same, and one that asks for the events and never reads

Prints a row for each of them: the median of all turns and, as the fits of one turn stand beside each other, the median of
the ratios to `none`.
Usage: bench/view.py PICTURE [--program build/dipper] [--turns 5] [--recipe inpaint-fast] [--iterations 40]
"""
import argparse
import json
import pathlib
import socket
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.request

KINDS = ["none", "page", "idle", "slow", "deaf"]


class Page:
    """Follows a run as the page in the browser does."""

    def __init__(self, url):
        self.base, token = url.split("/?token=")
        self.host = self.base.split("//")[1]
        self.port = int(self.base.rsplit(":", 1)[1])
        self.cookie = f"dipper-{self.port}={token}"
        self.began = None  # of the fit
        self.first_picture = None
        self.over = threading.Event()

    def request(self, path, body=None):
        headers = {"Cookie": self.cookie}
        if body is not None:
            headers["Origin"] = self.base
        return urllib.request.Request(self.base + path, data=body, headers=headers)

    def get(self, path):
        with urllib.request.urlopen(self.request(path), timeout=60) as answer:
            return answer.read()

    def quit(self):
        urllib.request.urlopen(self.request("/quit", b"{}"), timeout=60).close()

    def follow(self):
        shown, points, looked = 0, 0, 0
        with urllib.request.urlopen(self.request("/events"), timeout=600) as events:
            for line in events:
                if not line.startswith(b"data: "):
                    continue
                state = json.loads(line[6:])
                run = state["run"]
                if run is None:
                    continue
                if run["phase"] == "running" and self.began is None:
                    self.began = time.monotonic()
                if run["shown"] != shown:
                    shown = run["shown"]
                    self.get(f"/frames/{shown}?size=1600&run={run['number']}")
                    self.first_picture = self.first_picture or time.monotonic()
                if run["curve"] != points and time.monotonic() - looked > 1:
                    points, looked = run["curve"], time.monotonic()
                    self.get("/curve")
                if state["phase"] in ("done", "failed"):
                    break
        self.over.set()


def idle(page):
    def one():
        while not page.over.is_set():
            try:
                with socket.create_connection(("127.0.0.1", page.port)) as connection:
                    connection.settimeout(1)
                    while not page.over.is_set():
                        try:
                            if not connection.recv(100):
                                break
                        except TimeoutError:
                            pass
            except OSError:
                time.sleep(0.1)
    for _ in range(64):
        threading.Thread(target=one, daemon=True).start()


def slow(page):
    def one():
        while not page.over.is_set():
            try:
                with socket.create_connection(("127.0.0.1", page.port)) as connection:
                    for letter in b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 1000:
                        connection.send(bytes([letter]))
                        time.sleep(1)
            except OSError:
                time.sleep(0.1)
    threading.Thread(target=one, daemon=True).start()


def deaf(page):
    connection = socket.create_connection(("127.0.0.1", page.port))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.send(f"GET /events HTTP/1.1\r\nHost: {page.host}\r\nCookie: {page.cookie}\r\n\r\n".encode())
    return connection


def run(arguments, kind):
    """Iterations a second, and the seconds from the fit's begin to its first picture on the page."""
    with tempfile.TemporaryDirectory() as folder:
        command = [arguments.program, "inpaint", arguments.picture, "--drop", "0.5", "-o", f"{folder}/out.png", "--recipe",
                   arguments.recipe, "--iterations", str(arguments.iterations), "--set", "hold_out.patience=0", "--json",
                   "--progress", "none"]
        if kind == "none":
            return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["iterations_per_second"], None
        process = subprocess.Popen([*command, "--view", "--no-open"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        page = Page(process.stderr.readline().strip())
        kept = {"idle": idle, "slow": slow, "deaf": deaf}.get(kind, lambda page: None)(page)
        page.follow()
        page.quit()
        out, _ = process.communicate()
        del kept
        return json.loads(out)["iterations_per_second"], page.first_picture - page.began


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("picture")
    parser.add_argument("--program", default="build/dipper")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--recipe", default="inpaint-fast")
    parser.add_argument("--iterations", type=int, default=40)
    arguments = parser.parse_args()
    speeds = {kind: [] for kind in KINDS}
    first = []
    for turn in range(arguments.turns):
        for kind in KINDS if turn % 2 == 0 else KINDS[::-1]:
            speed, seconds = run(arguments, kind)
            speeds[kind].append(speed)
            if seconds is not None:
                first.append(seconds)
    print(f"{pathlib.Path(arguments.picture).name}, {arguments.recipe}, {arguments.iterations} iterations, {arguments.turns} turns")
    print("kind   it/s   of none")
    for kind in KINDS:
        ratios = [a / b for a, b in zip(speeds[kind], speeds["none"], strict=True)]
        print(f"{kind:5s}  {statistics.median(speeds[kind]):5.2f}   {100 * statistics.median(ratios):5.1f} %")
    print(f"first picture after {statistics.median(first):.2f} s, at most {max(first):.2f} s")


if __name__ == "__main__":
    main()
