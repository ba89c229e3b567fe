"""Pulling and pushing images: names, progress."""

from collections.abc import Iterator

import msgspec

from minicompose.engine.failures import failure
from minicompose.engine.progress import OnProgress, Progress
from minicompose.engine.transport import lines


class _Detail(msgspec.Struct):
    current: int | None = None
    total: int | None = None


class _Error(msgspec.Struct):
    message: str = ""
    code: int | None = None


class Report(msgspec.Struct):
    """One line of what the engine prints while it pulls, pushes or builds."""

    status: str = ""
    id: str = ""
    stream: str = ""
    error: str = ""
    detail: _Detail | None = msgspec.field(default=None, name="progressDetail")
    error_detail: _Error | None = msgspec.field(default=None, name="errorDetail")

    @property
    def progress(self) -> Progress:
        return Progress(
            layer=self.id,
            status=self.status,
            current=(self.detail.current or 0) if self.detail else 0,
            total=(self.detail.total or 0) if self.detail else 0,
            text=self.stream,
        )


_decoder = msgspec.json.Decoder(Report)


def reports(chunks: Iterator[bytes]) -> Iterator[Report]:
    """The lines of a pull, a push or a build."""
    return map(_decoder.decode, lines(chunks))


def follow_transfer(chunks: Iterator[bytes], on_progress: OnProgress) -> None:
    """Tell how a pull or a push goes on. Raises what its last words say, if they are of an error."""
    for report in reports(chunks):
        if report.error:
            code = report.error_detail.code if report.error_detail else None
            raise failure(code or 500, report.error)
        on_progress(report.progress)


def name_and_tag(image: str) -> tuple[str, str]:
    """ "redis:8" as ("redis", "8"); a digest counts as the tag; without either it is "latest"."""
    name, at, digest = image.partition("@")
    if at:
        path, colon, tag = name.rpartition(":")
        return (path if colon and "/" not in tag else name), digest
    path, colon, tag = image.rpartition(":")
    if colon and "/" not in tag:
        return path, tag
    return image, "latest"
