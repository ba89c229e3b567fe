"""A plan as text: what changes, why, in which steps, and what a failure puts back."""

import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, assert_never

import msgspec

from minicompose.diagnostic import Diagnostic
from minicompose.output.reasons import reason_lines
from minicompose.output.step_words import seconds
from minicompose.planning.hooks import told_command
from minicompose.planning.plan import (
    Action,
    BuildImage,
    Checkpoint,
    ConnectNetwork,
    CreateContainer,
    CreateNetwork,
    CreateVolume,
    Delay,
    DisconnectNetwork,
    KillContainer,
    PauseContainer,
    Plan,
    PullImage,
    PushImage,
    RemoveContainer,
    RemoveImage,
    RemoveNetwork,
    RemoveVolume,
    RenameContainer,
    RestartContainer,
    RunHook,
    StartContainer,
    Step,
    StopContainer,
    Subject,
    UnpauseContainer,
    WaitUntil,
)

Kind = Literal[
    "create",
    "replace",
    "maybe",
    "start",
    "restart",
    "connect",
    "stop",
    "kill",
    "pause",
    "pull",
    "build",
    "push",
    "rename",
    "remove",
    "wait",
]

# How each kind of change is counted, and its sign and colour.
_KINDS: dict[Kind, tuple[str, str, str]] = {
    "create": ("to create", "+", "32"),
    "replace": ("to replace", "~", "33"),
    "maybe": ("to replace if the image changes", "?", "33"),
    "start": ("to start", ">", "32"),
    "restart": ("to restart", ">", "33"),
    "connect": ("to connect to its networks", "~", "33"),
    "pull": ("to pull", "^", "36"),
    "build": ("to build", "^", "36"),
    "push": ("to push", "^", "36"),
    "rename": ("to rename", "~", "33"),
    "stop": ("to stop", "-", "31"),
    "kill": ("to send a signal", "-", "31"),
    "pause": ("to pause", "-", "33"),
    "remove": ("to remove", "-", "31"),
    "wait": ("to wait for", ".", "36"),
}
_TYPES = ("network", "volume", "image", "container", "service", "stack")
# Nothing that works is taken away by these: in a long plan they come below all others.
_PLAIN: frozenset[Kind] = frozenset({"create", "start", "pull", "build", "push", "wait"})
_LONG = 40  # more changes make a plan a long one, and the steps of each are told in short
_WIDTH = 110
_MOST_RUNS = 6
_MOST_OF_COMMAND = 60
_VERB_WIDTH = 36

# Turns an ANSI code and a text into what is printed.
Paint = Callable[[str, str], str]


class _Change(msgspec.Struct, frozen=True, kw_only=True):
    """All steps about one subject."""

    kind: Kind
    subject: Subject
    steps: tuple[Step, ...]
    way_back: tuple[Step, ...]
    hangs_on_all: bool


def plan_text(plan: Plan, color: bool = False) -> str:
    """The whole plan, ending in a line end; the same plan always gives the same text."""
    paint = _painted if color else _plain
    changes = _changes(plan)
    is_long = len(changes) > _LONG
    lines = [f"{paint('1', f'stack {plan.project}')}: {_counts(changes, plan)}"]
    names = [change.subject.name for change in changes]
    width = min(max((len(name) for name in names), default=0), 48)
    if changes:
        lines.append("")
    told: dict[tuple[str, ...], str] = {}  # of one service: what has been said of which container
    for before, change in zip((None, *changes), changes, strict=False):
        if before is None or before.subject.service != change.subject.service:
            told.clear()
        reasons = tuple(_reasons(change))
        same = told.setdefault((change.kind, *reasons), change.subject.name)
        if same != change.subject.name and len(reasons) > 1:
            reasons = (f"as {same}",)
        lines.extend(_change_lines(change, reasons, width, paint, in_short=is_long))
    if plan.unchanged:
        lines.append("")
        lines.extend(_unchanged_lines(plan.unchanged, paint))
    if plan.notes:
        lines.append("")
        lines.extend(_note_text(note, paint) for note in plan.notes)
    return "\n".join(lines) + "\n"


def _plain(_code: str, text: str) -> str:
    return text


def _painted(code: str, text: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m"


# ---- what changes ----


def _changes(plan: Plan) -> list[_Change]:
    way_back = _by_subject(plan.way_back)
    checkpoints = {step.id for step in plan.steps if isinstance(step.action, Checkpoint)}
    changes = [
        _Change(
            kind=_kind(found),
            subject=found[0].subject,
            steps=tuple(found),
            way_back=tuple(way_back.get(subject, ())),
            hangs_on_all=any(checkpoints.intersection(step.unless) for step in way_back.get(subject, ())),
        )
        for subject, found in _by_subject(plan.steps).items()
    ]
    # What containers need is told before them, and after them when it goes.
    types = _TYPES[::-1] if all(change.kind in ("remove", "stop") for change in changes) else _TYPES
    ranks = _ranks(changes)
    return sorted(
        changes,
        key=lambda change: (types.index(change.subject.type), ranks[_group(change.subject)], change.steps[0].id),
    )


def _group(subject: Subject) -> tuple[str, str]:
    """What belongs together: the containers of a service."""
    is_of_service = subject.type == "container" and subject.service
    return (subject.type, (subject.service if is_of_service else None) or subject.name)


def _ranks(changes: Sequence[_Change]) -> dict[tuple[str, str], tuple[bool, int]]:
    """The order of the groups: by their first steps; in a long plan what only adds comes last."""
    ranks: dict[tuple[str, str], tuple[bool, int]] = {}
    for change in changes:
        group = _group(change.subject)
        rank = (len(changes) > _LONG and change.kind in _PLAIN, change.steps[0].id)
        ranks[group] = min(ranks.get(group, rank), rank)
    return ranks


def _by_subject(steps: Iterable[Step]) -> dict[tuple[str, str], list[Step]]:
    found: dict[tuple[str, str], list[Step]] = {}
    for step in steps:
        found.setdefault((step.subject.type, step.subject.name), []).append(step)
    return found


def _kind(steps: Sequence[Step]) -> Kind:
    actions = [step.action for step in steps]
    creates = any(isinstance(action, CreateContainer | CreateNetwork | CreateVolume) for action in actions)
    removes = any(
        isinstance(action, RemoveContainer | RemoveNetwork | RemoveVolume | RemoveImage) for action in actions
    )
    if creates and removes:
        conditional = any(step.when for step in steps) and all(step.when for step in steps if step.group)
        return "maybe" if conditional else "replace"
    if creates:
        return "create"
    if removes:
        return "replace" if any(isinstance(action, RenameContainer) for action in actions) else "remove"
    for kind, verbs in (
        ("restart", RestartContainer),
        ("start", StartContainer | UnpauseContainer),
        ("connect", ConnectNetwork | DisconnectNetwork),
        ("stop", StopContainer),
        ("kill", KillContainer),
        ("pause", PauseContainer),
        ("pull", PullImage),
        ("build", BuildImage),
        ("push", PushImage),
        ("rename", RenameContainer),
    ):
        if any(isinstance(action, verbs) for action in actions):
            return kind  # type: ignore[return-value]
    return "wait"


def _counts(changes: Sequence[_Change], plan: Plan) -> str:
    counted = [
        f"{number} {words}"
        for kind, (words, _, _) in _KINDS.items()
        if kind != "wait" and (number := sum(change.kind == kind for change in changes))
    ]
    if not changes:
        errors = sum(note.severity == "error" for note in plan.notes)
        counted = [f"cannot be planned, {errors} {'error' if errors == 1 else 'errors'}" if errors else "nothing to do"]
    if plan.unchanged:
        counted.append(f"{len(plan.unchanged)} unchanged")
    return ", ".join(counted) or "only to wait"


def _change_lines(
    change: _Change, reasons: Sequence[str], width: int, paint: Paint, *, in_short: bool = False
) -> list[str]:
    _, sign, colour = _KINDS[change.kind]
    subject = change.subject
    title = f"  {paint(colour, sign)} {subject.type:<9}  {subject.name:<{width}}  "
    margin = " " * (len("  ~ ") + 9 + 2 + width + 2)
    first, *others = reasons or [""]
    lines = [title + first, *(margin + reason for reason in others)]
    if len(change.steps) == 1:
        lines[0] += "   " + paint("2", _single(change.steps[0]))
    elif in_short:
        steps = _all_steps(change.steps)
        if len(margin) + len(first) + 3 + len(steps) <= _WIDTH and not others:
            lines[0] += "   " + paint("2", steps)
        else:
            lines.extend(paint("2", line) for line in _wrapped("    ", steps))
    else:
        lines.extend(_step_line(step, change, paint) for step in change.steps)
    lines.extend(_way_back_lines(change, paint))
    return [line.rstrip() for line in lines]


def _all_steps(steps: Sequence[Step]) -> str:
    """Several steps in one line, with what of others comes before any of them. Changes of names go without saying."""
    own = {step.id for step in steps}
    others = {other for step in steps for other in (*step.after, *step.wants)} - own
    telling = [step for step in steps if not isinstance(step.action, RenameContainer)] or steps
    verbs = ", ".join(map(_verb, telling))
    after = f", after {_numbers(sorted(others), 4)}" if others else ""
    return f"steps {_numbers([step.id for step in steps], 4)}: {verbs}{after}"


def _reasons(change: _Change) -> list[str]:
    """What is said once for all steps: the reasons of the steps, without repeats."""
    lines: dict[str, None] = {}
    for step in change.steps:
        if _waits_for_others(step, change.kind):
            continue  # that is no reason for what happens to it
        if isinstance(step.action, Checkpoint | Delay):
            continue  # it says what it is
        lines.update(dict.fromkeys(reason_lines(step.because)))
    return list(lines)


def _waits_for_others(step: Step, kind: Kind) -> bool:
    return isinstance(step.action, WaitUntil) and not step.group and kind != "wait"


# ---- steps ----


def _single(step: Step) -> str:
    after = _after(step)
    return f"step {step.id}: {_verb(step)}" + (f", {after}" if after else "")


def _step_line(step: Step, change: _Change, paint: Paint) -> str:
    number = paint("2", f"{step.id:>4}")
    after, verb = _after(step), _verb(step)
    if _waits_for_others(step, change.kind):
        after = ": ".join(filter(None, (after, ", ".join(reason_lines(step.because)))))
    if not after:
        return f"    {number} {verb}"
    gap = ", " if len(verb) > _VERB_WIDTH else " "
    return f"    {number} {verb:<{_VERB_WIDTH}}{gap}{paint('2', after)}"


def _after(step: Step) -> str:
    parts = []
    if step.after:
        parts.append(f"after {_numbers(step.after)}")
    if step.wants:
        parts.append(f"when {_numbers(step.wants)} {'has' if len(step.wants) == 1 else 'have'} ended")
    return ", ".join(parts)


def _numbers(ids: Sequence[int], most: int = _MOST_RUNS) -> str:
    """1, 3-5: runs of numbers as ranges, at most so many."""
    runs: list[list[int]] = []
    for number in sorted(ids):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    shown = [f"{run[0]}-{run[-1]}" if len(run) > 2 else ", ".join(str(number) for number in run) for run in runs]
    if len(shown) > most:
        shown = [*shown[: most - 2], "…", shown[-1]]
    return ", ".join(shown)


def _verb(step: Step) -> str:
    return action_text(step.action, step.subject, step.group)


def action_text(action: Action, subject: Subject, group: str = "") -> str:
    """What an action does, in words; which container is meant is said where `group` is a replacement."""
    match action:
        case CreateNetwork() | CreateVolume():
            return "create"
        case CreateContainer(name=name):
            return "create" if name == subject.name else f"create {name}"
        case RemoveNetwork() | RemoveVolume() | RemoveImage():
            return "remove"
        case RemoveContainer(container=container):
            return f"remove {_which(container, subject, group)}".rstrip()
        case PullImage():
            return "pull"
        case PushImage():
            return "push"
        case BuildImage():
            return "build"
        case StartContainer(container=container):
            return f"start {_which(container, subject, group)}".rstrip()
        case RestartContainer(container=container):
            return f"restart {_which(container, subject, group)}".rstrip()
        case StopContainer(container=container):
            return f"stop {_which(container, subject, group)}".rstrip()
        case KillContainer(container=container, signal=signal):
            return f"send {signal} {_which(container, subject, group)}".rstrip()
        case PauseContainer(container=container):
            return f"pause {_which(container, subject, group)}".rstrip()
        case UnpauseContainer(container=container):
            return f"unpause {_which(container, subject, group)}".rstrip()
        case RenameContainer(container=container, name=name):
            return f"rename {_which(container, subject, group) or 'to ' + name}"
        case ConnectNetwork(container=container, endpoint=endpoint):
            which = _which(container, subject, group)
            return f"connect {which}{' ' if which else ''}to {endpoint.network}"
        case DisconnectNetwork(container=container):
            return f"disconnect {_which(container, subject, group)}".rstrip()
        case Checkpoint(of=of, tolerated=tolerated):
            return f"stop unless at most {tolerated} of {_numbers(of)} failed" if of else "all of this works"
        case Delay(seconds=span):
            return f"pause for {seconds(span)}"
        case RunHook(container=container, moment=moment):
            which = _which(container, subject, group)
            return f"run {moment}{' in ' if which else ''}{which}: {_short(told_command(action))}"
        case WaitUntil(container=container, condition=condition):
            return f"wait until {_which(container, subject, group) or 'it'} {_CONDITIONS[condition]}"
        case _:
            assert_never(action)


_CONDITIONS = {
    "started": "has started",
    "running": "runs",
    "healthy": "is healthy",
    "completed": "has completed",
    "settled": "has settled",
}


def _short(command: str) -> str:
    """A command in one line that fits."""
    line = " ".join(command.split())
    return line if len(line) <= _MOST_OF_COMMAND else line[: _MOST_OF_COMMAND - 1] + "…"


def _which(container: str, subject: Subject, group: str) -> str:
    """A container in words: in a replacement there are two of them. Ids say nothing to a reader."""
    if not group.startswith("replace "):
        return ""
    return "the new one" if container == f"{subject.name}.next" else "the old one"


def _way_back_lines(change: _Change, paint: Paint) -> list[str]:
    """What puts back what was; that two containers change their names says nothing to a reader."""
    actions = [step for step in change.way_back if not isinstance(step.action, RenameContainer)]
    if not actions:
        return []
    words = ", ".join(dict.fromkeys(_back_text(step) for step in actions))
    words = words.replace("stop the new one, remove the new one", "stop and remove the new one")
    what = "anything" if change.hangs_on_all else "that"
    begin = f"         if {what} fails: "
    return [paint("2", line) for line in _wrapped(begin, words)]


def _wrapped(begin: str, text: str) -> list[str]:
    """`begin` and a text that goes on below its own beginning."""
    margin = " " * len(begin)
    return textwrap.wrap(text, _WIDTH, initial_indent=begin, subsequent_indent=margin, break_on_hyphens=False)


def _back_text(step: Step) -> str:
    if isinstance(step.action, RunHook):
        return f"run its {step.action.moment} hooks"
    words = action_text(step.action, step.subject, step.group)
    return f"{words} again" if isinstance(step.action, StartContainer | ConnectNetwork | CreateNetwork) else words


# ---- the rest ----


def _unchanged_lines(unchanged: Sequence[Subject], paint: Paint) -> list[str]:
    lines: list[str] = []
    for kind in _TYPES:
        names = [subject.name for subject in unchanged if subject.type == kind]
        if names:
            title = f"  = {kind:<9}  "
            margin = " " * len(title)
            text = textwrap.fill(
                "  ".join(names),
                width=_WIDTH,
                initial_indent=title,
                subsequent_indent=margin,
                break_long_words=False,
                break_on_hyphens=False,
            )
            lines.extend(paint("2", line) for line in text.splitlines())
    return lines


def _note_text(note: Diagnostic, paint: Paint) -> str:
    place = f"{note.pos}: " if note.pos else ""
    path = f"{note.path}: " if note.path else ""
    hint = f" ({note.hint})" if note.hint else ""
    severity = paint("31" if note.severity == "error" else "33", note.severity)
    return f"{severity}: {place}{path}{note.summary}{hint}"
