"""What of a stack cannot be carried out, or not by the engine at hand: known before anything is created.

`everywhere` has what no engine does, `version` what the engine's API does not know, `host` what its host has
not, `namespaces` what the engine refuses beside a shared network.
"""
