"""What `./run` and `./test` do: set up, start, supervise, stop; and the client that makes one résumé.

Standard library only, since it runs before anything is installed; `prepare` alone is run inside the virtual
environment and knows Django.
"""
