"""Volumes as `volumes` tells of them: records with the fields that docker has."""

from minicompose.output.containers import labels_text
from minicompose.output.formats import Form, Record, label_of
from minicompose.planning.observed import ObservedVolume

FORM = Form(
    titles={
        "Name": "VOLUME NAME",
        "Driver": "DRIVER",
        "Scope": "SCOPE",
        "Availability": "AVAILABILITY",
        "Group": "GROUP",
        "Labels": "LABELS",
        "Links": "LINKS",
        "Mountpoint": "MOUNTPOINT",
        "Size": "SIZE",
        "Status": "STATUS",
    },
    columns=("Driver", "Name"),
    spare=("Driver",),
    tails=("Name",),
)
_UNKNOWN = "N/A"  # without measuring, or without a swarm


def volume_record(volume: ObservedVolume) -> Record:
    return {
        "Availability": _UNKNOWN,
        "Driver": volume.driver,
        "Group": _UNKNOWN,
        "Labels": labels_text(volume.labels),
        "Links": _UNKNOWN,
        "Mountpoint": volume.mountpoint,
        "Name": volume.name,
        "Scope": volume.scope,
        "Size": _UNKNOWN,
        "Status": _UNKNOWN,
        "Label": label_of(volume.labels),
    }
