#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds what scripts/gpu_check.sh and scripts/gpu_race.sh need and puts it, with the libraries it is linked to, into build-gpu and build-gpu.tar.gz: to be carried to
# a machine that has a GPU and its driver, but not the packages to build with.
# Usage: [ARCHITECTURES=90a-real] [SANITIZER=FOLDER] scripts/gpu_bundle.sh [PICTURE...]      pictures to be restored there, too
# SANITIZER: a folder that has compute-sanitizer and its libraries, of the toolkit or of the Python package nvidia-cuda-sanitizer-api.
set -euo pipefail
cd "$(dirname "$0")/.."

bundle=build-gpu
export PATH=$PATH:/usr/local/cuda/bin
options=()
[[ -z ${ARCHITECTURES-} ]] || options+=("-DCMAKE_CUDA_ARCHITECTURES=$ARCHITECTURES")
cmake --preset cuda "${options[@]}" >/dev/null
cmake --build --preset cuda --target dipper_cli test_kernels test_fit bench_iteration bench_pictures
rm -rf "$bundle"
mkdir -p "$bundle/lib" "$bundle/pictures"
programs=()
for name in dipper test_kernels test_fit bench_iteration bench_pictures; do
  programs+=("$(find build-cuda -type f -executable -name $name)")
done
for program in "${programs[@]}"; do
  strip -o "$bundle/$(basename "$program")" "$program"
done
# Everything but the C library itself, which every system has.
ldd "${programs[@]}" | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' | sort -u |
  grep -vE '/(libc|libm|libdl|librt|libpthread|libresolv)\.so' | xargs -I{} cp -L {} "$bundle/lib/"
if [[ -n ${SANITIZER-} ]]; then
  mkdir "$bundle/sanitizer"
  find -L "$SANITIZER" -type f \( -name compute-sanitizer -o -name 'lib*.so*' \) -exec cp {} "$bundle/sanitizer/" \;
  chmod +x "$bundle/sanitizer/compute-sanitizer"
fi
for picture in "$@"; do cp "$picture" "$bundle/pictures/"; done
git rev-parse --short HEAD >"$bundle/commit"
tar czf "$bundle.tar.gz" "$bundle"
du -h "$bundle.tar.gz"
