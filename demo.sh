#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Restores a photo that has lost half of its pixels, and shows how that goes. Takes a few minutes the first time.
# Usage: ./demo.sh [PICTURE]      (default: a photo in the public domain, from Debian's package python3-imageio)
set -euo pipefail
picture=${1:+$(realpath "$1")}
cd "$(dirname "$0")"

out=out/demo
cache=build/demo

echo "1. Building dipper"
scripts/install_dependencies.sh build
if [[ ! -f build/build.ninja ]]; then
  # The tests are left out: they need packages that a demonstration does not.
  cmake --preset release -DDIPPER_TESTS=OFF -DDIPPER_BENCH=OFF >/dev/null
fi
cmake --build build --target dipper_cli

if [[ -z $picture ]]; then
  picture=$cache/astronaut.png
  if [[ ! -f $picture ]]; then
    echo "2. Fetching the photo"
    scripts/fetch_photo.sh astronaut.png "$picture"
  else
    echo "2. The photo is there already"
  fi
else
  echo "2. The photo is $picture"
fi

echo "3. Dropping half of its pixels and restoring it"
mkdir -p "$out"
build/dipper inpaint "$picture" --drop 0.5 --output "$out/restored.png" \
  --strip "$out/strip.png" --animation "$out/fit.gif" --frames "$out/frames" --report "$out/report.html" --json >"$out/result.json"

figure() { sed -n "s/.*\"$1\": *\([0-9.]*\).*/\1/p" "$out/result.json"; }
echo
printf 'Done: PSNR %.2f dB, SSIM %.3f, after %d iterations in %.0f seconds.\n' \
  "$(figure psnr)" "$(figure ssim)" "$(figure iterations)" "$(figure seconds)"
cat <<END
Look at
  $out/report.html            all of it on one page
  $out/strip.png              the photo, what was left of it, and what dipper made of that
  $out/restored.png           the restored photo
  $out/restored_damaged.png   what it was made from
  $out/fit.gif                how it came about
  $out/frames/                the same, one picture a step
END
