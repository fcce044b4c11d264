# Sourced by ./run and ./test: finds Python 3.11 or 3.12, in .venv first, and executes `python -m launcher`.

launch() {
    for python in "$root/.venv/bin/python" python3.12 python3.11 python3 python; do
        if "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; then
            # -P: modules in the current directory must not replace those of Python.
            PYTHONPATH=$root PYTHONUTF8=1 exec "$python" -P -m launcher "$@"
        fi
    done
    echo "Missing: Python 3.11 or 3.12 on the PATH (looked for python3.12, python3.11, python3). Nothing works without it." >&2
    exit 5
}
