#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fetches the newest PyTorch from PyPI into a virtual environment, to be timed by bench/compare_torch.py.
# Usage: bench/torch_venv.sh [DIR]      (default: build/torch-venv)
# PYTHON names another interpreter than python3. Needs python3-venv, and for torch.compile g++ and python3-dev:
# scripts/install_dependencies.sh build bench
#
# On x86 PyPI's torch depends on CUDA's libraries: 3.0 GB to fetch and 5.4 GB on disk in all (PyTorch 2.15), a fifth
# of which is torch. It does not import without them, so that pip's --no-deps is no way out. They do nothing here, as
# everything runs on the CPU.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
if [[ $# -gt 1 || ${1:-} == -* ]]; then
  sed -n '3,6s/^# //p' "$root/bench/torch_venv.sh" >&2
  exit 2
fi
venv=${1:-$root/build/torch-venv}

if [[ ! -x $venv/bin/pip ]]; then
  "${PYTHON:-python3}" -m venv "$venv"
fi
"$venv/bin/pip" install --quiet --disable-pip-version-check --upgrade torch numpy
version=$("$venv/bin/python" -c 'import torch; print(torch.__version__)')

echo "PyTorch $version is in $venv. Compare with it:"
echo "  $venv/bin/python $root/bench/compare_torch.py --csv"
