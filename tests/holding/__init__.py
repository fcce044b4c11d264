"""A worker of which one step holds the whole process: C code that keeps the interpreter for itself."""
