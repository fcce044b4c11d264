"""Parts of `bench.streams`: the provider, the clients and whoever looks on, each a process of its own."""
