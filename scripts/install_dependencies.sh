#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that are missing and does nothing, quickly, when none is.
# Usage: scripts/install_dependencies.sh [build] [test] [browser] [lint] [fuzz] [bench]      (default: build)
set -euo pipefail

build=(
  g++ cmake ninja-build pkg-config python3
  libpng-dev libjpeg62-turbo-dev libwebp-dev libtiff-dev libgif-dev libsixel-dev liblcms2-dev
  libfreetype-dev fonts-dejavu-core libjs-dygraphs
  libhwy-dev libqhull-dev libssl-dev libboost1.81-dev libcli11-dev libfmt-dev nlohmann-json3-dev libtomlplusplus-dev
)
# Fibers, for the threads of an emulated GPU.
test=(libgtest-dev libboost-context1.81-dev)
# What the page is driven by; its tests are skipped without.
browser=(chromium chromium-driver python3-selenium)
lint=(clang-format-14 clang-tidy-14 shellcheck python3)
# The compiler of the fuzzers and of all sanitizers, what makes the files that they begin with, and PngSuite.
fuzz=(clang-14 libclang-rt-14-dev python3 python3-pil libsixel-examples)
# What dipper is measured against, and what bench/torch_venv.sh and torch.compile need.
bench=(libbenchmark-dev libdnnl-dev python3-torch python3-venv python3-dev)

packages=()
for group in "${@:-build}"; do
  case $group in
    build) packages+=("${build[@]}") ;;
    test) packages+=("${test[@]}") ;;
    browser) packages+=("${browser[@]}") ;;
    lint) packages+=("${lint[@]}") ;;
    fuzz) packages+=("${fuzz[@]}") ;;
    bench) packages+=("${bench[@]}") ;;
    *)
      echo "unknown group '$group': give build, test, browser, lint, fuzz or bench" >&2
      exit 2
      ;;
  esac
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "This is no Debian system, so nothing is installed. dipper needs what these packages hold:" >&2
  echo "  ${packages[*]}" >&2
  exit 0
fi

installed=$(dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null || true)
missing=()
for package in "${packages[@]}"; do
  grep -qxF "$package installed" <<<"$installed" || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  exit 0
fi

root=()
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null; then
    echo "These packages are missing, and there is no sudo. Install them as root:" >&2
    echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  root=(sudo)
fi

apt() {
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq "$@"
}
install_missing() {
  apt install --yes --no-install-recommends "${missing[@]}" >/dev/null
}

echo "Installing with apt-get: ${missing[*]}"
if compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null && install_missing; then
  exit 0
fi
echo "Fetching Debian's package lists first"
apt update
install_missing
