"""The same tests on Podman: which of them, and which of these cannot hold there, each with its reason.

With MINICOMPOSE_TEST_ENGINE=podman the tests that need an engine run on the Podman of `scripts/podman`. One that is
said to fail there and passes is an error, so that this list stays true.
"""

import pytest

ADDRESS = "unix:///run/minicompose-podman/podman.sock"

# What `make test` runs there: the contract, and the scenarios of every day.
EVERY_DAY = (
    "tests/engine/test_contract.py",
    "tests/scenarios/test_by_hand.py",
    "tests/scenarios/test_conditions.py",
    "tests/scenarios/test_cp.py",
    "tests/scenarios/test_down.py",
    "tests/scenarios/test_exit_codes.py",
    "tests/scenarios/test_hooks.py",
    "tests/scenarios/test_interrupts.py",
    "tests/scenarios/test_lifecycle.py",
    "tests/scenarios/test_networks.py",
    "tests/scenarios/test_order.py",
    "tests/scenarios/test_replacing.py",
    "tests/scenarios/test_run.py",
    "tests/scenarios/test_scale.py",
)
# What `make podman` runs besides: all but Docker's own builders, registries without TLS, the reading of logs of
# drivers that Podman does not have, and the hundred times that an `up` is killed.
BESIDES = (
    "tests/scenarios/test_apply.py",
    "tests/scenarios/test_building.py",
    "tests/scenarios/test_contents.py",
    "tests/scenarios/test_explain.py",
    "tests/scenarios/test_files_in_containers.py",
    "tests/scenarios/test_history.py",
    "tests/scenarios/test_interoperation.py",
    "tests/scenarios/test_looking.py",
    "tests/scenarios/test_lost_engine.py",
    "tests/scenarios/test_one_at_a_time.py",
    "tests/scenarios/test_refusals.py",
    "tests/scenarios/test_rolling.py",
    "tests/scenarios/test_terminal.py",
    "tests/scenarios/test_watch.py",
)

_NO_UPDATE = "Podman 4 has no call that changes a container's limits"
_NO_LINKS = "Podman has no links"
_PLAIN_REGISTRY = "Podman speaks plain HTTP only to registries that its registries.conf names"
_NO_DISTRIBUTION = "Podman does not ask a registry for an image's digest"
_NO_STOP_EVENT = "Podman tells of a command's end, and not of the stop"
_OWN_COLUMNS = "Podman's processes have how long they run, and not since when"
_KEPT = "Podman keeps a container that was to go at its end, when it could not be started with somebody attached"
_OWN_WORDS = "Podman has other words for it"
_NO_PORTS_WITHOUT_NETWORK = "Podman does not keep the ports of a container without a network"
_INPUT_ENDS = "On Podman a command's input ends with that of whoever is attached"
_STAYS = "Podman takes no variable away that a container has"
_HELD_NETWORK = "Podman removes no network that a container has, also when it is stopped"
_FIRST_START = "Podman fills a volume from the image at a container's first start, and only one that is empty"
_COPIED = "Podman 4 says that all went well when what was copied could not be written"
_NO_CHECKS = "nobody makes the checks of a container that is only looked at, where there is no systemd"
_NO_MEMORY_TOLD = "Podman tells of no end for want of memory on this kind of cgroups"
_TAKES_IT = "Podman has it, or lets it pass, where Docker refuses or warns"

# Name of a test, its parameters left out -> why it fails.
FAILING: dict[str, str] = {
    "test_a_stop_is_told_by_what_happens_to_the_command": _NO_STOP_EVENT,
    "test_limits_that_were_changed_by_hand_are_told": _NO_UPDATE,
    "test_a_command_that_cannot_be_run_has_the_shells_code_and_leaves_nothing": _KEPT,
    "test_a_link_on_the_engines_own_bridge_leads_to_the_successor_of_what_it_names": _NO_LINKS,
    "test_a_link_on_the_engines_own_bridge_wants_a_container_that_is_there": _NO_LINKS,
    "test_a_pulled_image_is_named_at_that_time": _PLAIN_REGISTRY,
    "test_a_registry_takes_a_login_and_refuses_another": _PLAIN_REGISTRY,
    "test_a_registry_tells_an_images_digest_and_nothing_is_pulled": _NO_DISTRIBUTION,
    "test_the_processes_of_a_container_are_told_with_their_titles": _OWN_COLUMNS,
    "test_a_containers_limit_and_what_it_asks_of_the_host_are_inspected": _NO_PORTS_WITHOUT_NETWORK,
    "test_where_input_stays_open_for_others_the_end_of_ours_ends_the_session_after_the_answer": _INPUT_ENDS,
    "test_a_command_has_the_surroundings_that_are_asked_for_it": _STAYS,
    "test_a_network_that_was_removed_by_hand_is_made_again_for_those_that_were_stopped": _HELD_NETWORK,
    "test_a_step_that_fails_is_told_with_its_output_even_quietly": _OWN_WORDS,
    "test_an_image_that_cannot_be_had_is_told_with_its_registrys_answer": _NO_DISTRIBUTION,
    "test_doctor_finds_all_at_once_and_changes_nothing": _NO_DISTRIBUTION,
    "test_the_classic_builder_tells_of_a_step_that_fails_too": _OWN_WORDS,
    "test_what_an_image_is_the_same_without_is_a_warning_and_it_is_built": _TAKES_IT,
    "test_what_is_built_is_pushed_on_request": _PLAIN_REGISTRY,
    "test_what_is_waited_for_is_followed_down_to_the_failing_health_check": _NO_CHECKS,
    "test_what_ran_out_of_memory_is_told_against_its_limit": _NO_MEMORY_TOLD,
    "test_what_the_engine_warns_of_is_told_once": _TAKES_IT,
    "test_what_the_image_has_in_the_directory_stays": _FIRST_START,
    "test_what_this_engine_has_no_room_or_no_driver_for_is_refused_before_anything_is_made": _TAKES_IT,
}


# Name of a test -> why it is left out: it fails there at times, or waits for what does not come.
LEFT_OUT: dict[str, str] = {
    "test_a_directory_that_becomes_a_file_and_a_directory_again_is_followed": _COPIED,
    "test_what_cannot_be_written_is_told_and_watching_goes_on": _COPIED,
}


def adapt(items: list[pytest.Item]) -> None:
    """Mark the exceptions."""
    for item in items:
        name = getattr(item, "originalname", item.name)
        if name in FAILING and "fake" not in item.name:
            item.add_marker(pytest.mark.xfail(reason=FAILING[name], strict=True))
        if name in LEFT_OUT:
            item.add_marker(pytest.mark.skip(reason=LEFT_OUT[name]))
