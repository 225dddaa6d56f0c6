#!/bin/sh
# Makes .venv with the locked packages and decai itself, and fetches the data sets.
# Safe to interrupt and to run again.
set -eu
cd "$(dirname "$0")/.."

die() {
    echo "setup: $1" >&2
    exit 2
}

is_recent() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        if is_recent "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

makes_environments() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null
}

install_debian() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    echo "setup: installing $*"
    export DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes
    apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

make_environment() {
    if [ -n "${PYTHON:-}" ]; then
        python=$PYTHON
        is_recent "$python" || die "PYTHON=$python is not a Python 3.11 or newer"
    else
        python=$(find_python) || { install_debian python3 python3-venv ca-certificates && python=$(find_python); } ||
            die "needs Python 3.11 or newer; install it, or name one: make setup PYTHON=/path/to/python3"
    fi
    # Debian's python3 comes without what makes environments.
    makes_environments "$python" ||
        { install_debian python3-venv ca-certificates && makes_environments "$python"; } ||
        die "$python cannot make environments; on Debian and Ubuntu: apt-get install python3-venv"
    rm -rf .venv
    mkdir .venv
    touch .venv/.unfinished
    "$python" -m venv .venv
}

pip_install() {
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "$@"
}

# uv takes ten seconds where pip takes a minute; pip takes over where it alone knows the way to an index.
install() {
    UV_SYSTEM_CERTS=1 .venv/bin/uv pip install --quiet --python .venv/bin/python "$@" || {
        echo "setup: uv failed, trying pip"
        pip_install "$@"
    }
}

# An install that was cut short is not trusted, nor one whose Python has gone.
if [ -e .venv/.unfinished ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    make_environment
fi

echo "setup: installing the locked packages"
touch .venv/.unfinished
sed -n '/^uv==/,/[^\\]$/p' requirements.lock | pip_install --require-hashes -r /dev/stdin
install --require-hashes -r requirements.lock
install --no-deps --no-build-isolation --editable .
rm .venv/.unfinished

.venv/bin/decai dataset fetch --all
.venv/bin/decai encoder fetch "MobileNetV1 0.25"
.venv/bin/decai contract install-compiler
.venv/bin/decai node install
