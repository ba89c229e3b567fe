"""Making a container: one call for most of it, and others for what that one cannot say."""

from minicompose import labels
from minicompose.engine.api import Api
from minicompose.engine.http_images import HttpImages, Image
from minicompose.engine.inspected import ANONYMOUS, mounted_volumes
from minicompose.engine.networking import bound_links, connected_later, endpoint_body, links_of
from minicompose.engine.progress import OnProgress, Progress
from minicompose.engine.removing import remove
from minicompose.engine.translate import container_body
from minicompose.planning.plan import ContainerSpec


def create_container(
    api: Api, images: HttpImages, name: str, spec: ContainerSpec, keep_volumes_of: str | None, on_progress: OnProgress
) -> str:
    """Make it, whole or not at all; returns its id."""
    image = images.known(spec.image)
    kept = _kept_volumes(api, keep_volumes_of, spec, image) if keep_volumes_of else {}
    body = container_body(spec, api.version, kept)
    body["Labels"][labels.IMAGE] = image.id
    if links := bound_links(spec):
        body["HostConfig"]["Links"] = [_bound(api, link) for link in links]
    platform = spec.service.platform
    query = {"name": name, **({"platform": platform} if platform else {})}
    told = api.post("/containers/create", body, query)
    id = str(told["Id"])
    for warning in told.get("Warnings") or ():
        on_progress(Progress(warning=warning))
    try:
        _complete(api, id, spec)
    except BaseException:
        remove(api, id, volumes=True, force=True)
        raise
    return id


def _kept_volumes(api: Api, container: str, spec: ContainerSpec, image: Image) -> dict[str, str]:
    """Target -> volume, for those anonymous ones of `container` that the new one has a place for and no name."""
    declared = {mount.target: mount.source for mount in spec.service.volumes or ()}
    return {
        target: volume
        for target, volume in mounted_volumes(api.get(f"/containers/{container}/json")).items()
        if ANONYMOUS.fullmatch(volume)
        and target not in spec.file_volumes
        and ((target in image.volumes and target not in declared) or (target in declared and not declared[target]))
    }


def _bound(api: Api, link: str) -> str:
    """The link by the container's id: the engine keeps it as it is written, and a successor is renamed."""
    name, colon, alias = link.partition(":")
    return f"{api.get(f'/containers/{name}/json')['Id']}{colon}{alias}"


def _complete(api: Api, id: str, spec: ContainerSpec) -> None:
    """What one call to create could not say."""
    for endpoint in connected_later(spec, api.version):
        config = endpoint_body(endpoint, links_of(spec.service), api.version)
        api.post(f"/networks/{endpoint.network}/connect", {"Container": id, "EndpointConfig": config})
    if spec.injected:
        from minicompose.engine.archive import archives  # tarfile costs 15 ms

        headers = {"Content-Type": "application/x-tar"}
        for place, content in archives(spec):
            api.open("PUT", f"/containers/{id}/archive", {"path": place}, content, headers).read()
