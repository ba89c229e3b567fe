"""What of a stack cannot be carried out, or not by the engine at hand: known before anything is created.

`everywhere` has what no engine does, `version` what the engine's API does not know, `host` and `drivers` what is
not there on its host, `podman` what that engine has nothing for, `limits`, `rights` and `namespaces` what the engine
refuses of their kind, and `builds` what an image is to be built from and is not there.
"""
