#!/usr/bin/env bash
# Installs what the full test needs on Debian: a JDK and Maven (Kotlin), Chromium (software Vulkan, screenshots), Swift.
# Run by `make toolchains`, as root. Safe to run again: what is there is left alone.
#
#   install.sh PYTHON   the interpreter that deploykit is installed in; its converters' environments are made as well
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

missing=()
command -v java >/dev/null || missing+=(openjdk-17-jdk-headless)
command -v mvn >/dev/null || missing+=(maven)
command -v chromium >/dev/null || missing+=(chromium)

if ((${#missing[@]})); then
  if [[ $(id -u) != 0 ]]; then
    echo "error: run as root, or install these packages yourself: ${missing[*]}" >&2
    exit 1
  fi
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
fi
bash "$here/swift.sh" install
"$1" -c '
from deploykit.environments import ENVIRONMENTS
from deploykit.environments.make import ready
for environment in ENVIRONMENTS.values():
    print(f"toolchains: {environment.requirement} is in {ready(environment)}")
'
echo "toolchains: java, mvn, chromium and swift are there"
