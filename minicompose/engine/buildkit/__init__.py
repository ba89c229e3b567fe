"""Building images with the engine's BuildKit.

Two connections are taken over from the engine's HTTP, and speak gRPC from then on. On the one we ask for builds
(`solving`); on the other the engine asks us for files, secrets, logins and keys (`session`).
"""
