"""The labels by which a project's containers, networks and volumes are known on the engine."""

PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"
NUMBER = "com.docker.compose.container-number"
ONEOFF = "com.docker.compose.oneoff"
SLUG = "com.docker.compose.slug"
IMAGE = "com.docker.compose.image"
NETWORK = "com.docker.compose.network"
VOLUME = "com.docker.compose.volume"
CONFIG_HASH = "com.docker.compose.config-hash"
DEPENDS_ON = "com.docker.compose.depends_on"
CONFIG_FILES = "com.docker.compose.project.config_files"
WORKING_DIR = "com.docker.compose.project.working_dir"
VERSION = "com.docker.compose.version"

# Our own. SPEC holds the record of what the object was made from (see planning/record.py);
# REPLACES, on a successor that is being put in place, the id of the container it succeeds;
# FILES the directories, with colons between, that have a volume for the config and secret files in them.
SPEC = "minicompose.spec"
REPLACES = "minicompose.replaces"
FILES = "minicompose.files"
