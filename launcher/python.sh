# Read by ./run and ./test: finds a Python 3.11 or 3.12, the project's own first, and becomes `python -m launcher`.

launch() {
    for python in "$root/.venv/bin/python" python3.12 python3.11 python3 python; do
        if "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; then
            # -P: a module that lies in the caller's directory must not stand before Python's own.
            PYTHONPATH=$root PYTHONUTF8=1 exec "$python" -P -m launcher "$@"
        fi
    done
    echo "Missing: Python 3.11 or 3.12 on the PATH (looked for python3.12, python3.11, python3). Nothing works without it." >&2
    exit 5
}
