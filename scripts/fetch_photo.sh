#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: scripts/fetch_photo.sh NAME TARGET
# Copies a photo out of Debian's package python3-imageio without installing it (or Python): astronaut.png (NASA, public
# domain) or chelsea.png (Stefan van der Walt, CC0).
set -euo pipefail

name=$1
mkdir -p "$(dirname "$2")"
target=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"

if ! command -v apt-get >/dev/null; then
  echo "This is no Debian system, so there is no package to take $name from: give a picture of your own." >&2
  exit 1
fi
# As root, apt-get would warn that its own user cannot write here.
download() { apt-get -qq -o APT::Sandbox::User="$(id -un)" download python3-imageio; }
if ! download 2>/dev/null; then
  if ((EUID == 0)); then apt-get -qq update; else sudo apt-get -qq update; fi
  download
fi
dpkg-deb --extract python3-imageio_*.deb .
photo=$(find usr -name "$name" -print -quit)
if [[ -z $photo ]]; then
  echo "Debian's package python3-imageio holds no $name: give a picture of your own." >&2
  exit 1
fi
mv "$photo" "$target"
