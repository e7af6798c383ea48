#!/usr/bin/env bash
# Install the Debian packages that the tests use, where that is possible; otherwise name what is missing.
# Tests that need a missing one are skipped, by name.
set -u

declare -A provides=(
  [arm-linux-gnueabihf-gcc]=gcc-arm-linux-gnueabihf
  [qemu-system-arm]=qemu-system-arm
  [qemu-system-aarch64]=qemu-system-arm
  [dtc]=device-tree-compiler
  [flex]=flex
  [bison]=bison
  [bc]=bc
  [cpio]=cpio
  [gdb-multiarch]=gdb-multiarch
)

missing=()
for program in "${!provides[@]}"; do
  command -v "$program" >/dev/null || missing+=("${provides[$program]}")
done
[ "${#missing[@]}" -eq 0 ] && exit 0

if command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; then
  echo "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null && exit 0
fi
echo "not installed, tests that need them are skipped: ${missing[*]}" >&2
