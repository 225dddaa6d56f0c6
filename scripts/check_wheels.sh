#!/bin/sh
# Finds out whether clients (decai[cli]) can be installed without a compiler: whether there are wheels
# of everything, for each Python and system. Others may be named: check_wheels.sh "3.14" "windows"
set -eu
cd "$(dirname "$0")/.."

pythons=${1:-"3.11 3.12 3.13 3.14"}
systems=${2:-"x86_64-manylinux_2_28 aarch64-manylinux_2_28 x86_64-apple-darwin aarch64-apple-darwin"}
failed=0
reasons=$(mktemp)
trap 'rm -f "$reasons"' EXIT

for python in $pythons; do
    for system in $systems; do
        if UV_SYSTEM_CERTS=1 .venv/bin/uv pip compile --quiet --only-binary :all: --no-sources \
            --python-version "$python" --python-platform "$system" --extra cli pyproject.toml \
            >/dev/null 2>"$reasons"; then
            echo "$python $system: wheels of everything"
        else
            failed=1
            echo "$python $system: NOT without a compiler"
            sed 's/^/    /' "$reasons"
        fi
    done
done
exit $failed
