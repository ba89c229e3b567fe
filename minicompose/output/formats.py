"""`--format`: a list of records as a table, as JSON, or by a Go template."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import msgspec

from minicompose.errors import UsageError
from minicompose.output.tables import fitted, table

# docker's narrowest column, without the gap to the next one.
_LEAST = 7


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """The fields that a verb's records have, with the titles of their columns.

    `columns` are those of the plain table. A terminal that is too narrow for all goes without `spare`, the first ones
    first, and keeps the ends of the names `tails`. `extra` are fields that a template may name and JSON does not have.
    """

    titles: Mapping[str, str]
    columns: tuple[str, ...]
    spare: tuple[str, ...] = ()
    tails: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()


Record = Mapping[str, object]


def check_format(format: str) -> None:
    """Raise UsageError for a format that no record can be printed in, before any is asked for."""
    template = _template_in(format)
    if template is None:
        return
    if "{{" not in template:
        raise UsageError(
            f'--format is table, json or a Go template, not "{format}"', "as in '{{.Name}}' or 'table {{.Name}}'"
        )
    from minicompose.output.templates.parsing import parse  # most tables need none

    parse(template)


def formatted(
    format: str, form: Form, records: Iterable[Record], *, width: int | None = None, columns: Sequence[str] = ()
) -> list[str]:
    """The records in that format, as lines; `width` is that of the terminal, `columns` are other ones than the form's.

    Records may have functions among their fields, which only templates see.
    """
    if format == "json":
        return [_json(form, record) for record in records]
    template = _template_in(format)
    if template is None:
        names = columns or form.columns
        rows = [[str(record[name]) for name in names] for record in records]
        spare, tails = ([names.index(name) for name in each if name in names] for each in (form.spare, form.tails))
        titles = [form.titles[name] for name in names]
        return fitted(titles, rows, width=width, least=_LEAST, spare=spare, tails=tails).split("\n")
    from minicompose.output.templates.rendering import Template  # as above

    filled = Template(template)
    lines = [filled.filled(record) for record in records]
    if not is_table(format):
        return lines
    return _template_table([filled.header({"Label": title_of_label, **form.titles}), *lines], width)


def is_table(format: str) -> bool:
    return format.split(maxsplit=1)[:1] == ["table"]


def _template_in(format: str) -> str | None:
    """What a record is put into; None for the plain table and for JSON. `\\t` and `\\n` are also taken as written."""
    format = format.strip()
    if format in ("table", "json"):
        return None
    template = format.removeprefix("table").lstrip() if is_table(format) else format
    return template.replace("\\t", "\t").replace("\\n", "\n")


def _json(form: Form, record: Record) -> str:
    names = sorted(name for name, value in record.items() if not callable(value) and name not in form.extra)
    return msgspec.json.encode({name: record[name] for name in names}).decode()


def _template_table(texts: Iterable[str], width: int | None) -> list[str]:
    rows = [line.split("\t") for text in texts for line in text.split("\n")]
    most = max(len(row) for row in rows)
    header, *others = [row + [""] * (most - len(row)) for row in rows]
    return table(header, others, width=width, least=_LEAST).split("\n")


def label_of(labels: Mapping[str, str]) -> Callable[[str], str]:
    """The field `.Label`, which a template calls with a label's name."""
    return partial(_label, labels)


def _label(labels: Mapping[str, str], name: str) -> str:
    return labels.get(name, "")


def title_of_label(name: str) -> str:
    """What is over a label's column: the last part of its name."""
    return name.rsplit(".", 1)[-1].replace("-", " ").replace("_", " ")
