"""The plans of `build`, `pull` and `push`."""

import msgspec

from minicompose.model import Sealed
from minicompose.planning.encoding import plan_json
from minicompose.planning.image_verbs import BuildOptions, PullOptions, PushOptions, plan_build, plan_pull, plan_push
from minicompose.planning.observed import Observed
from minicompose.planning.plan import BuildImage, Plan, PullImage, PushImage
from minicompose.planning.up import UpOptions, plan_up
from tests.stack_of import stack_of

SHOP = stack_of("""
    services:
      web:    {image: r/web:1, build: {context: ., tags: [r/web:latest, r/web]}, depends_on: [api]}
      worker: {image: r/web:1, build: .}
      api:    {image: r/api, build: .}
      db:     {image: postgres}
      local:  {build: .}
""")


def pushed(plan: Plan) -> list[str]:
    return [step.action.image for step in plan.steps if isinstance(step.action, PushImage)]


def pulled(plan: Plan) -> list[str]:
    return [step.action.image for step in plan.steps if isinstance(step.action, PullImage)]


def test_what_is_built_and_has_a_name_is_pushed_with_its_tags_and_each_name_once() -> None:
    assert pushed(plan_push(SHOP, PushOptions())) == ["r/web:1", "r/web:latest", "r/api"]


def test_only_the_named_services_are_pushed_and_their_dependencies_on_request() -> None:
    assert pushed(plan_push(SHOP, PushOptions(services=("web",)))) == ["r/web:1", "r/web:latest"]
    both = plan_push(SHOP, PushOptions(services=("web",), include_dependencies=True))
    assert pushed(both) == ["r/web:1", "r/web:latest", "r/api"]


def test_an_image_is_pulled_once_for_all_services_that_have_it() -> None:
    assert pulled(plan_pull(SHOP, Observed(project="shop"), PullOptions())) == ["r/web:1", "r/api", "postgres"]


def test_what_can_be_built_is_left_out_on_request() -> None:
    plan = plan_pull(SHOP, Observed(project="shop"), PullOptions(ignore_buildable=True))

    assert pulled(plan) == ["postgres"]


def test_an_image_that_is_there_is_not_pulled_where_only_missing_ones_are_wanted() -> None:
    there = Observed(project="shop", images={"postgres:latest": "sha256:1"})
    plan = plan_pull(SHOP, there, PullOptions(services=("db", "api"), missing_only=True))

    assert pulled(plan) == ["r/api"]
    assert [subject.name for subject in plan.unchanged] == ["postgres"]


def order(plan: Plan) -> list[tuple[str, str, tuple[int, ...]]]:
    return [(type(step.action).__name__, step.subject.name, step.after) for step in plan.steps]


def test_a_build_comes_after_those_of_what_its_service_depends_on_and_no_others() -> None:
    stack = stack_of("""
        services:
          web:   {build: ./web, depends_on: [cache]}
          cache: {image: redis, depends_on: [base]}
          base:  {build: ./base}
          other: {build: ./other}
    """)

    up = plan_up(stack, Observed(project="shop", images={"redis:latest": "sha256:1"}), UpOptions())

    for plan in (plan_build(stack, BuildOptions()), up):
        names = {step.id: step.subject.name for step in plan.steps if isinstance(step.action, BuildImage)}
        after = {names[step.id]: [names[other] for other in step.after] for step in plan.steps if step.id in names}
        assert after == {"shop-base": [], "shop-other": [], "shop-web": ["shop-base"]}


def test_builds_of_one_image_do_not_wait_for_each_other_in_a_circle() -> None:
    stack = stack_of("""
        services:
          a: {image: one, build: ., depends_on: [b]}
          b: {image: two, build: ., depends_on: [c]}
          c: {image: one, build: .}
    """)

    assert [name for _, name, _ in order(plan_build(stack, BuildOptions()))] == ["two", "one"]


def test_what_is_built_is_pushed_after_that_on_request() -> None:
    plan = plan_build(SHOP, BuildOptions(services=("web",), push=True, with_dependencies=True))

    assert order(plan) == [
        ("BuildImage", "r/api", ()),
        ("BuildImage", "r/web:1", (1,)),
        ("PushImage", "r/web:1", (2,)),
        ("PushImage", "r/web:latest", (2,)),
        ("PushImage", "r/api", (1,)),
    ]


# ---- builds from the images of other services ----

BUILT_FROM = """
name: shop
services:
  web: {build: {context: ., additional_contexts: {base: "service:base", here: ./here}, secrets: [token]}}
  base: {image: "example.org/base", build: .., depends_on: [web]}
  other: {build: ./other}
secrets: {token: {file: /no/such}}
"""


def test_a_build_comes_after_those_that_it_is_built_from_whatever_they_depend_on() -> None:
    plan = plan_build(stack_of(BUILT_FROM), BuildOptions(services=("web",)))

    first, second = plan.steps
    assert isinstance(first.action, BuildImage) and isinstance(second.action, BuildImage)
    assert [first.action.image, second.action.image] == ["example.org/base", "shop-web"]
    assert (first.after, second.after) == ((), (first.id,))
    contexts = second.action.build.additional_contexts or {}
    assert contexts["base"] == "docker-image://example.org/base:latest"


def test_what_a_build_may_not_show_is_a_digest_in_the_plan() -> None:
    stack = stack_of(BUILT_FROM)
    token = msgspec.structs.replace(stack.secrets["token"], sealed=Sealed(b"sesame"))
    stack = msgspec.structs.replace(stack, secrets={"token": token})

    plan = plan_build(stack, BuildOptions())
    (step,) = (step for step in plan.steps if step.subject.service == "web")

    assert isinstance(step.action, BuildImage)
    assert step.action.secrets == {"token": Sealed(b"sesame")}
    assert "sesame" not in repr(plan) and "sesame" not in plan_json(plan).decode()
