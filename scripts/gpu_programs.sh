# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# To be sourced at the root, by what runs on a machine with a GPU: find_program NAME says where that program of ours lies, in build-gpu
# (scripts/gpu_bundle.sh makes it where there are packages to build with; packed, build-gpu.tar.gz) or else in build-cuda.
[[ -d build-gpu || ! -e build-gpu.tar.gz ]] || tar xzf build-gpu.tar.gz
if [[ -d build-gpu ]]; then
  export LD_LIBRARY_PATH=$PWD/build-gpu/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  find_program() { echo "build-gpu/$1"; }
else
  find_program() { find build-cuda -type f -executable -name "$1" | head -n 1; }
fi
