"""The plans of `build`, `pull` and `push`."""

from minicompose.planning.image_verbs import PullOptions, PushOptions, plan_pull, plan_push
from minicompose.planning.observed import Observed
from minicompose.planning.plan import Plan, PullImage, PushImage
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
