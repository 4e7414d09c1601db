# Sourced by `run`: installs what is missing, once. POSIX sh; sourcing it has no side effect.

CACHE=.cache

say() { printf 'run: %s\n' "$*" >&2; }

fail() {
    say "$*"
    exit 2
}

# quietly WHAT COMMAND ...: print what is done; show the command's output only if it fails.
quietly() {
    what=$1
    shift
    say "$what"
    mkdir -p "$CACHE"
    log=$CACHE/log.$$
    if "$@" >"$log" 2>&1 </dev/null; then
        rm -f "$log"
    else
        code=$?
        cat "$log" >&2
        rm -f "$log"
        say "failed ($code): $what"
        exit "$code"
    fi
}

# ---- system packages

# missing PACKAGE:PROOF ...: print the packages whose proof (a command, or a path) does not exist.
missing() {
    for pair in "$@"; do
        proof=${pair#*:}
        case $proof in
            /*) [ -e "$proof" ] || printf '%s ' "${pair%%:*}" ;;
            *) command -v "$proof" >/dev/null || printf '%s ' "${pair%%:*}" ;;
        esac
    done
}

# need PACKAGE:PROOF ...: install what is missing, or stop and name it.
need() {
    packages=$(missing "$@")
    [ -n "$packages" ] || return 0
    if ! command -v apt-get >/dev/null; then
        fail "missing on this machine (names of Debian's packages): $packages"
    fi
    if [ "$(id -u)" -ne 0 ]; then
        fail "missing on this machine, and only root can install: apt-get install $packages"
    fi
    apt_install "$packages" || fail "apt could not install: $packages"
}

# want PACKAGE:PROOF ...: install what is missing if possible; go on without it if not.
want() {
    packages=$(missing "$@")
    [ -n "$packages" ] || return 0
    refused=$CACHE/not-installable
    # A package that could not be installed is not tried again for a day.
    if [ -n "$(find "$refused" -mtime -1 2>/dev/null)" ] && grep -qxF "$packages" "$refused"; then
        return 0
    fi
    if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
        say "going on without: $packages(only root can install it, with apt)"
        return 0
    fi
    if ! apt_install "$packages"; then
        mkdir -p "$CACHE"
        printf '%s\n' "$packages" >>"$refused"
        say "going on without: $packages"
    fi
}

apt_install() {
    say "apt-get install $1"
    mkdir -p "$CACHE"
    log=$CACHE/apt.log
    # Services that come with a package stay off: we start our own, on ports of our own.
    policy=/usr/sbin/policy-rc.d
    if [ -e "$policy" ]; then
        policy=
    else
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
        trap 'exit 130' INT TERM HUP
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    code=0
    # shellcheck disable=SC2086  # a list of packages
    apt_quiet install $1 || { apt_quiet update && apt_quiet install $1; } || code=$?
    if [ -n "$policy" ]; then
        rm -f "$policy"
        trap - EXIT INT TERM HUP
    fi
    if [ "$code" -ne 0 ]; then
        tail -n 20 "$log" >&2
        return "$code"
    fi
    keep_services_off "$1"
}

apt_quiet() {
    DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends "$@" >"$log" 2>&1 </dev/null
}

keep_services_off() {
    command -v systemctl >/dev/null || return 0
    for package in $1; do
        case $package in
            prometheus*) systemctl --quiet disable "$package.service" 2>/dev/null || true ;;
        esac
    done
}

# ---- Python

python_version() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }

# Where the system's own interpreters are.
SYSTEM_BIN=/usr/bin

# choose_python: set $python to the interpreter for .venv: $PYTHON, or the version that python3 is.
choose_python() {
    python=${PYTHON:-python3}
    # Of that version the system's own build, which devices run, too: one that a version manager has
    # compiled without profiles takes half as much CPU again (2026-12).
    own=$SYSTEM_BIN/python$(python_version "$python" || true)
    if [ -z "${PYTHON:-}" ] && "$own" -c 'import ensurepip, venv' 2>/dev/null; then
        python=$own
    fi
    command -v "$python" >/dev/null || fail "there is no $python; install Python 3.11 or newer"
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "$python is too old: Python 3.11 or newer is needed (PYTHON=python3.13 ./run ... chooses one)"
}

# other_python: print a second supported Python beside that of .venv, or nothing.
other_python() {
    used=$(python_version .venv/bin/python)
    for version in 3.13 3.11; do
        [ "$version" != "$used" ] || continue
        for candidate in "/usr/bin/python$version" "python$version"; do
            # A name on PATH may be a broken shim of a version manager.
            if [ "$(python_version "$candidate")" = "$version" ]; then
                echo "$candidate"
                return 0
            fi
        done
    done
}

# environment LEVEL FOLDER [PYTHON]: make a virtual environment, or bring it up to date.
# LEVEL is `run` (what the demo needs) or `dev` (that, and what tests and lint need).
environment() {
    level=$1 folder=$2 python=${3:-}
    inputs=$(cat requirements/*.txt ./*/pyproject.toml kernel/src/thongsuot_kernel/* | sha256sum)
    inputs=${inputs%% *}
    if is_fresh; then return 0; fi
    if command -v flock >/dev/null; then
        # Two at once in one checkout take turns; the lock ends with the process.
        mkdir -p "$CACHE"
        exec 9>"$CACHE/install.lock"
        flock 9
        if is_fresh; then
            exec 9>&-
            return 0
        fi
    fi
    [ -x "$folder/bin/python" ] || make_venv
    pip_settings_for_uv
    fill_venv
    printf '%s %s\n' "$level" "$inputs" >"$folder/stamp"
    exec 9>&-
}

# Whether $folder holds all of $level. Packages installed for tests stay: the demo does not remove them.
is_fresh() {
    [ -x "$folder/bin/python" ] && [ -r "$folder/stamp" ] || return 1
    read -r had_level had_inputs <"$folder/stamp"
    [ "$had_level" != dev ] || level=dev
    [ "$had_level $had_inputs" = "$level $inputs" ]
}

make_venv() {
    [ -n "$python" ] || choose_python
    version=$(python_version "$python")
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
            fail "$python has no venv module; as root: apt-get install python$version-venv"
        fi
        apt_install "python$version-venv" || fail "apt could not install python$version-venv"
    fi
    quietly "making $folder with Python $version" "$python" -m venv --clear "$folder"
}

fill_venv() {
    if ! [ -x "$folder/bin/uv" ]; then
        quietly "fetching the installer (uv) into $folder" "$folder/bin/python" -m pip install -q \
            --disable-pip-version-check --only-binary :all: --require-hashes -r requirements/bootstrap.txt
    fi
    case $level in
        # Wheels only: a device or a fresh machine has no compiler.
        run) set -- --only-binary :all: requirements/bootstrap.txt requirements/agent.txt \
            requirements/collector.txt requirements/dashboards.txt requirements/lab.txt ;;
        # One test tool is published as plain Python source only; it is built with the tools that
        # bootstrap.txt pins.
        dev) set -- --no-build-isolation requirements/dev.txt ;;
    esac
    quietly "installing Python packages into $folder" \
        "$folder/bin/uv" pip sync -q --python "$folder/bin/python" --require-hashes "$@"
    quietly "installing our five packages into $folder" "$folder/bin/uv" pip install -q \
        --python "$folder/bin/python" --no-deps --no-build-isolation \
        -e schema -e agent -e collector -e dashboards -e lab
    compile_kernel
}

# The collector's inner loops in C. Without a compiler, the same loops run in Python, more slowly.
compile_kernel() {
    mkdir -p "$CACHE"
    include=$("$folder/bin/python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
    if ! command -v gcc >/dev/null || ! [ -r "$include/Python.h" ] || ! [ -r /usr/include/stdio.h ]; then
        say "going on without the compiled kernel in $folder, the collector takes more CPU" \
            "(Debian's gcc, libc6-dev and libpython3-dev would compile it)"
        return 0
    fi
    say "compiling the kernel into $folder"
    log=$CACHE/kernel.log
    "$folder/bin/uv" pip install -q --python "$folder/bin/python" --no-deps --no-build-isolation \
        ./kernel >"$log" 2>&1 </dev/null ||
        say "cannot compile the kernel ($log says why): going on without, the collector takes more CPU"
}

# pip's settings of this machine (a mirror, certificates), passed on to uv, which does not read them.
pip_settings_for_uv() {
    settings=$("$folder/bin/python" -m pip config list 2>/dev/null || true)
    from_pip UV_DEFAULT_INDEX index-url
    from_pip UV_INDEX extra-index-url
    from_pip UV_FIND_LINKS find-links
    from_pip SSL_CERT_FILE cert
}

# from_pip VARIABLE NAME: export pip's setting NAME, unless VARIABLE is set. The environment's come first.
from_pip() {
    eval "[ -z \"\${$1:-}\" ]" || return 0
    value=$(printf '%s\n' "$settings" | sed -n "s/^[a-z:]*\\.$2='\\(.*\\)'\$/\\1/p" | head -n 1)
    [ -z "$value" ] || export "$1=$value"
}
