"""What a schema cannot see: whether the parts of a stack fit together and mean what they say."""

from collections.abc import Callable

from minicompose.diagnostic import Diagnostic
from minicompose.model import Node, Stack
from minicompose.stackfile.checks.addresses import check_addresses
from minicompose.stackfile.checks.conflicts import check_conflicts
from minicompose.stackfile.checks.cycles import check_cycles
from minicompose.stackfile.checks.findings import Findings
from minicompose.stackfile.checks.mounts import check_mounts
from minicompose.stackfile.checks.one_engine import check_one_engine
from minicompose.stackfile.checks.ports import check_ports
from minicompose.stackfile.checks.pulls import check_pulls
from minicompose.stackfile.checks.references import check_references
from minicompose.stackfile.checks.requests import check_requests
from minicompose.stackfile.checks.resources import check_resources
from minicompose.stackfile.checks.signals import check_signals


def check(stack: Stack, report: Callable[[Diagnostic], None], *, consistency: bool = True) -> None:
    """Report every problem of the enabled services and of the resources, each where it is written.

    Without `consistency` only values are looked at, each alone, and not whether they fit together.
    """
    assert stack.root is not None
    findings = Findings(stack.root, report)
    if consistency:
        check_references(stack, findings)
        check_cycles(stack, findings)
        check_conflicts(stack, findings)
        check_mounts(stack, findings)
        check_ports(stack, findings)
    check_signals(stack, findings)
    check_addresses(stack, findings)
    check_pulls(stack, findings)
    check_one_engine(stack, findings)
    _check_attributes(stack.root, findings)
    if findings.has("version"):
        findings.warning("version", says="`version` means nothing any more: remove it", at_key=True)


def check_outline(root: Node, report: Callable[[Diagnostic], None]) -> None:
    """Report what is wrong with a merged tree whatever its hidden expressions come to."""
    _check_attributes(root, Findings(root, report))


def _check_attributes(root: Node, findings: Findings) -> None:
    check_resources(root, findings)
    check_requests(root, findings)
