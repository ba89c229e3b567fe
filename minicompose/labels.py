"""The labels by which a project's containers, networks and volumes are known on the engine."""

PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"
NUMBER = "com.docker.compose.container-number"
ONEOFF = "com.docker.compose.oneoff"
IMAGE = "com.docker.compose.image"
