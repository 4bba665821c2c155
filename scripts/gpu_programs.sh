# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# To be sourced at the root, by what runs on a machine with a GPU: find_program NAME says where that program of ours lies, in build-gpu
# (scripts/gpu_bundle.sh makes it where there are packages to build with; packed, build-gpu.tar.gz) or else in build-cuda. Ends with a
# sentence where there are neither, and where there is no GPU; names the GPUs otherwise.
[[ -d build-gpu || ! -e build-gpu.tar.gz ]] || tar xzf build-gpu.tar.gz
if [[ -d build-gpu ]]; then
  export LD_LIBRARY_PATH=$PWD/build-gpu/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  find_program() { echo "build-gpu/$1"; }
else
  find_program() { find build-cuda -type f -executable -name "$1" | head -n 1; }
fi
if [[ ! -d build-gpu && -z $(find_program dipper 2>/dev/null) ]]; then
  echo "there are no programs to run: bring build-gpu.tar.gz here, which scripts/gpu_bundle.sh makes, or build with" \
    "cmake --preset cuda && cmake --build --preset cuda" >&2
  exit 2
fi
if ! gpus=$(nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>/dev/null); then
  echo "this machine has no NVIDIA GPU, or no driver for it: nvidia-smi names none" >&2
  exit 2
fi
echo "$gpus"
