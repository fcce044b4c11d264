"""`./run` and `./test`: set-up, start, supervision and stop of the processes, and the client of `./run resume`.

Uses the standard library only, because it runs before packages are installed. Only `prepare` runs in the virtual
environment and uses Django.
"""
