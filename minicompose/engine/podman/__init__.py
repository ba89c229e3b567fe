"""Where Podman's API for Docker's clients is not Docker's: what is asked, answered and refused otherwise.

Podman 4 and later answer on the paths that Docker has. `transport` stands between `Api` and the connection, so that
whoever calls `Api` need not know which engine it is: `requests` has what must be asked in other words, `answers` makes
Docker's shapes of what comes back, `events`, `late` and `log_frames` those of streams, `refusals` tells what a refusal
means, and `checks` makes the health checks where nobody else does. What Podman has nothing for is found before
anything is created, by `engine/lacks/podman.py`.
"""
