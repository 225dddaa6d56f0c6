#!/bin/sh
# Makes .venv with the locked packages and decai itself, and fetches the data sets.
# Safe to interrupt and to run again.
set -eu
cd "$(dirname "$0")/.."

die() {
    echo "setup: $1" >&2
    exit 2
}

find_python() {
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

install_debian() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    echo "setup: installing $*"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

python=$(find_python) || { install_debian python3 && python=$(find_python); } ||
    die "needs Python 3.11 or newer; install it, or name one: make setup PYTHON=/path/to/python3"

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    rm -rf .venv
    # Debian's python3 comes without what makes environments.
    "$python" -c 'import ensurepip, venv' 2>/dev/null || install_debian python3-venv ||
        die "this Python cannot make environments; on Debian: apt-get install python3-venv"
    "$python" -m venv .venv
fi

echo "setup: installing the locked packages"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
.venv/bin/decai dataset fetch --all
