"""The images of an engine, over its HTTP API: pulls, pushes and builds, and what it tells of them."""

import contextlib
import threading
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from minicompose.engine.api import Api
from minicompose.engine.builders import Builder, builder_of
from minicompose.engine.credentials import Credentials
from minicompose.engine.inspected import moment
from minicompose.engine.progress import OnProgress, Progress
from minicompose.engine.protocol import CommitSpec, ImageDetails, Login
from minicompose.engine.registry import follow_transfer, name_and_tag
from minicompose.engine.retrying import retried
from minicompose.engine.transport import Query
from minicompose.engine.underway import EndBy, Underway
from minicompose.errors import CalledOff, EngineError, NotFound
from minicompose.planning.plan import BuildImage

# From here on an image can be inspected for one of its platforms.
_PLATFORM_OF_SEVERAL = (1, 49)


class Image(msgspec.Struct, frozen=True):
    """An image's id, the places for which it declares volumes, when it was named, as the engine writes it, and for
    which platform it is."""

    id: str
    volumes: frozenset[str]
    named: str
    platform: str


class _Descriptor(msgspec.Struct, frozen=True):
    digest: str


class _Distribution(msgspec.Struct, frozen=True):
    """What a registry tells of an image's name."""

    descriptor: _Descriptor = msgspec.field(name="Descriptor")


class HttpImages:
    """Each method is the engine's verb of that name (see protocol.py); `underway` is told of what takes long."""

    def __init__(self, api: Api, environment: Mapping[str, str], underway: Underway) -> None:
        self._api = api
        self._environment = environment
        self._credentials = Credentials(environment)
        self._underway = underway
        self._images: dict[str, Image] = {}

    def pull(self, image: str, platform: str | None, on_progress: OnProgress) -> None:
        name, tag = name_and_tag(image)
        query = {"fromImage": name, "tag": tag, **({"platform": platform} if platform else {})}
        headers = self._credentials.pull_headers(image)
        try:
            self._transfer("/images/create", query, headers, on_progress)
        finally:
            self._images.clear()
        self._note_time(image)

    def log_in(self, login: Login) -> Login:
        body = {"username": login.username, "password": login.password, "serveraddress": login.server}
        told = self._api.post("/auth", {**body, **({"identitytoken": login.token} if login.token else {})})
        token = (told or {}).get("IdentityToken") or login.token
        return msgspec.structs.replace(login, token=token, password="" if token else login.password)

    def push(self, image: str, on_progress: OnProgress) -> None:
        name, tag = name_and_tag(image)
        headers = self._credentials.push_headers(image)
        self._transfer(f"/images/{name}/push", {"tag": tag}, headers, on_progress)

    def _transfer(self, path: str, query: Query, headers: dict[str, str], on_progress: OnProgress) -> None:
        called_off = threading.Event()
        with self._underway.holding(called_off.set) as end_by:

            def attempt() -> None:
                answer = self._api.open("POST", path, query, headers=headers)
                with contextlib.closing(answer):
                    end_by(answer.close)
                    follow_transfer(answer.chunks(), on_progress)

            def pause(seconds: float) -> None:
                end_by(called_off.set)
                if called_off.wait(seconds):
                    raise CalledOff("it was called off")

            retried(attempt, on_progress, pause)

    def build(self, build: BuildImage, builder: Builder, on_progress: OnProgress) -> None:
        called_off = threading.Event()
        try:
            with self._underway.holding(called_off.set) as end_by:  # also while it is being prepared
                match builder_of(build.build, builder, self._api.version, memory=build.memory):
                    case "buildkit":
                        from minicompose.engine.buildkit.building import build_image  # h2 costs 50 ms

                        build_image(self._api, build, on_progress, self._credentials.of, self._environment, end_by)
                    case "classic":
                        self._build_classically(build, on_progress, end_by)
        finally:
            self._images.clear()

    def _build_classically(self, build: BuildImage, on_progress: OnProgress, end_by: EndBy) -> None:
        from minicompose.engine import builds  # only those who build pay for it

        headers = {"Content-Type": "application/x-tar", **self._credentials.build_headers(warn_by(on_progress))}
        with builds.build_context(build.build) as (dockerfile, archive):
            query = builds.build_query(build, dockerfile)
            answer = self._api.open("POST", "/build", query, archive, headers)
            with contextlib.closing(answer):
                end_by(answer.close)
                builds.follow_build(answer.chunks(), on_progress)

    def id(self, image: str) -> str | None:
        try:
            return self.known(image).id
        except NotFound:
            return None

    def named_at(self, image: str) -> float | None:
        try:
            named = self.known(image).named
        except NotFound:
            return None
        if not named or named.startswith("0001-"):  # the year 1 is how the engine says that it does not know
            return None
        from datetime import datetime  # only images that are pulled from time to time need it

        return datetime.fromisoformat(named).timestamp()

    def platform(self, image: str, asked: str) -> str | None:
        try:
            if self._api.version >= _PLATFORM_OF_SEVERAL:
                with contextlib.suppress(NotFound):
                    told = self._api.get(f"/images/{image}/json", {"platform": _platform_query(asked)})
                    return _platform_of(told)
            return self.known(image).platform
        except NotFound:
            return None

    def details(self, image: str) -> ImageDetails | None:
        try:
            told = self._api.get(f"/images/{image}/json")
        except NotFound:
            return None
        named = (told.get("Metadata") or {}).get("LastTagTime") or ""
        return ImageDetails(
            id=told["Id"],
            platform=_platform_of(told),
            size=told.get("Size", 0),
            named_at=moment(named),
            names=tuple(told.get("RepoTags") or ()),
        )

    def digest(self, image: str) -> str:
        headers = self._credentials.pull_headers(image)
        answer = self._api.open("GET", f"/distribution/{image}/json", headers=headers)
        return msgspec.json.decode(answer.read(), type=_Distribution).descriptor.digest

    def remove(self, image: str) -> None:
        self._images.clear()
        self._api.delete(f"/images/{image}")

    def known(self, image: str) -> Image:
        """Asked for once. Raises NotFound."""
        known = self._images.get(image)
        if known is None:
            told = self._api.get(f"/images/{image}/json")
            volumes = (told.get("Config") or {}).get("Volumes") or {}
            named = (told.get("Metadata") or {}).get("LastTagTime") or ""
            known = self._images[image] = Image(told["Id"], frozenset(volumes), named, _platform_of(told))
        return known

    def _note_time(self, image: str) -> None:
        """The engine's own store notes when an image is built or tagged, and not when it is pulled: so it is
        given once more the name that it has."""
        if "@" in image:
            return
        name, tag = name_and_tag(image)
        with contextlib.suppress(EngineError):  # the image is there; it counts as old, and that is all
            self._api.post(f"/images/{image}/tag", query={"repo": name, "tag": tag})

    def configuration(self, on_progress: OnProgress) -> bytes:
        """What a container that is given the engine's socket is given of our logins."""
        return self._credentials.configuration(warn_by(on_progress))

    def commit(self, container: str, spec: CommitSpec) -> str:
        name, tag = name_and_tag(spec.reference) if spec.reference else ("", "")
        told = {"repo": name, "tag": tag, "author": spec.author, "comment": spec.message}
        query = {"container": container, **{key: value for key, value in told.items() if value}}
        query["pause"] = "1" if spec.pause else "0"
        if spec.changes:
            query["changes"] = "\n".join(spec.changes)
        self._images.clear()
        return str(self._api.post("/commit", {}, query)["Id"])


def _platform_of(image: Any) -> str:
    """Of an inspected image."""
    return "/".join(word for name in ("Os", "Architecture", "Variant") if (word := image.get(name)))


def _platform_query(platform: str) -> str:
    """A platform as later engines read it in a query."""
    words = dict(zip(("os", "architecture", "variant"), platform.split("/"), strict=False))
    return msgspec.json.encode(words).decode()


def warn_by(on_progress: OnProgress) -> Callable[[str], None]:
    return lambda text: on_progress(Progress(warning=text))
