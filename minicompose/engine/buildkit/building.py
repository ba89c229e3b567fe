"""One build with BuildKit, from the first call to the image."""

import contextlib
import secrets
import threading
from collections.abc import Iterator, Mapping

from minicompose.engine.api import Api
from minicompose.engine.buildkit.calls import CallFailed, ConnectionLost, Link
from minicompose.engine.buildkit.failing import build_failure
from minicompose.engine.buildkit.keys import agents
from minicompose.engine.buildkit.progress import Story, told
from minicompose.engine.buildkit.session import Logins, Session
from minicompose.engine.buildkit.solving import SOLVE, STATUS, solve_request, sources, status_request
from minicompose.engine.failures import unreachable
from minicompose.engine.progress import OnProgress
from minicompose.engine.underway import EndBy
from minicompose.planning.plan import BuildImage


def build_image(
    api: Api,
    asked: BuildImage,
    on_progress: OnProgress,
    logins: Logins,
    environment: Mapping[str, str],
    end_by: EndBy,
) -> None:
    """Raises EngineFault when a step fails, CalledOff when it was called off meanwhile, BadRequest where something
    here is missing, and what keeps a login from being told.
    """
    directories, attributes = sources(asked.build)
    with agents(asked.build.ssh or {}, environment) as keys:
        session = Session(directories, asked.secrets, keys, logins)
        story = Story(on_progress)
        try:
            with _connected(api, session) as control:
                _solve(control, asked, attributes, session, story, end_by)
        except ConnectionLost as error:
            raise unreachable(api.transport.address, error) from error
        except CallFailed as error:
            raise session.problem or build_failure(error, story, asked) from error


@contextlib.contextmanager
def _connected(api: Api, session: Session) -> Iterator[Link]:
    """What is asked of us is answered on one connection; the other is ours to ask on."""
    with contextlib.ExitStack() as stack:
        stack.callback(session.open(api).close)
        control = Link(api.open("POST", "/grpc", upgrade="h2c").hijack())
        stack.callback(control.close)
        yield control


def _solve(
    control: Link,
    asked: BuildImage,
    attributes: Mapping[str, str],
    session: Session,
    story: Story,
    end_by: EndBy,
) -> None:
    ref = secrets.token_hex(12)
    call = control.open_call(SOLVE)
    following = threading.Thread(target=_follow, args=(control, ref, story), name="build", daemon=True)
    following.start()
    try:
        end_by(call.cancel)  # before the engine hears of it, so that it can be called off at any time
        call.ask(solve_request(asked, attributes, ref=ref, session=session.id))
        for _ in call.messages():
            pass  # digests, which the image's name stands for here
    finally:
        following.join(_LAST_WORDS)


# How long the engine may take, when a build is over, to tell the rest of how it went.
_LAST_WORDS = 5.0


def _follow(control: Link, ref: str, story: Story) -> None:
    """How the build ends is the other call's to say."""
    with contextlib.suppress(ConnectionLost, CallFailed, ValueError):
        for message in control.call(STATUS, status_request(ref)).messages():
            story.hear(told(message))
