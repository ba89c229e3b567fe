"""Templates filled with records; what is expected is what docker compose v2.40.3 prints of the same record."""

import pytest

from minicompose.errors import UsageError
from minicompose.output.templates.rendering import Template

RECORD = {
    "Name": "shop-web-1",
    "Service": "web",
    "ID": "a91eb4da0116",
    "ExitCode": 0,
    "Health": "",
    "Labels": "a=1,b=2",
    "Publishers": [
        {"URL": "0.0.0.0", "TargetPort": 80, "PublishedPort": 8080, "Protocol": "tcp"},
        {"URL": "::", "TargetPort": 80, "PublishedPort": 8080, "Protocol": "tcp"},
    ],
    "Label": lambda name: {"a": "1", "b": "2"}.get(name, ""),
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("plain", "plain"),
        ("{{.Name}}", "shop-web-1"),
        ("{{ .Name }} {{.ID}}", "shop-web-1 a91eb4da0116"),
        ("{{upper .Name}} {{lower .Name}} {{title .Service}}", "SHOP-WEB-1 shop-web-1 Web"),
        ('{{.Name | upper | printf "%q"}}', '"SHOP-WEB-1"'),
        ("{{len .Name}} {{truncate .Name 4}}|{{pad .Name 2 3}}|", "10 shop|  shop-web-1   |"),
        ('{{split .Name "-"}}', "[shop web 1]"),
        ('{{join (split .Name "-") "+"}}', "shop+web+1"),
        ('{{index (split .Name "-") 0}}', "shop"),
        ("{{println .ID}}|", "a91eb4da0116\n|"),
        ("{{print 1 2}} {{print 1 `a` 2}}", "1 2 1a2"),
        ('{{printf "%-12s|%3d|%s" .Name .ExitCode `x`}}', "shop-web-1  |  0|x"),
        ('{{printf "%d%%" 5}}', "5%"),
        ("{{range .Publishers}}{{.URL}}:{{.PublishedPort}} {{end}}", "0.0.0.0:8080 :::8080 "),
        (
            "{{range $i, $p := .Publishers}}{{$i}}={{$p.URL}} {{$.Name}};{{end}}",
            "0=0.0.0.0 shop-web-1;1=:: shop-web-1;",
        ),
        ("{{(index .Publishers 1).URL}}", "::"),
        ('{{if eq .Service "web"}}yes{{else}}no{{end}}', "yes"),
        ('{{if eq .Service "db" "web"}}yes{{end}}', "yes"),
        ('{{if eq .Service "db"}}a{{else if .Health}}b{{else}}c{{end}}', "c"),
        ("{{if and .Name (not .Health)}}well{{end}}", "well"),
        ('{{or .Health "none"}}', "none"),
        ("{{if gt (len .Publishers) 1}}many{{end}}", "many"),
        ("{{with .Health}}{{.}}{{else}}no check{{end}}", "no check"),
        ("{{with .Name}}{{.}}{{end}}", "shop-web-1"),
        ("{{$n := .Name}}{{$n}}", "shop-web-1"),
        ("{{/* nothing */}}{{.Name}}", "shop-web-1"),
        ("a  {{- .ID -}}  b", "aa91eb4da0116b"),
        ('{{.Label "a"}}{{.Label "none"}}', "1"),
        ("{{json .Name}} {{json .ExitCode}}", '"shop-web-1" 0'),
        ('{{"}}"}}', "}}"),
        ("{{true}} {{.ExitCode}}", "true 0"),
        ("{{.Publishers}}", "[{0.0.0.0 80 8080 tcp} {:: 80 8080 tcp}]"),
    ],
)
def test_a_template_is_filled(template: str, text: str) -> None:
    assert Template(template).filled(RECORD) == text


def test_the_whole_record_as_json_has_its_keys_in_order_and_no_functions() -> None:
    assert Template("{{json .}}").filled({"B": "x", "A": 1, "Label": print}) == '{"A":1,"B":"x"}'


@pytest.mark.parametrize(
    ("template", "message", "hint"),
    [
        ("{{.Nam}}", "there is no field .Nam", "did you mean .Name?"),
        ("{{.Name", "is not closed", "{{.Name"),
        ("{{.Name}} {{.ID", "is not closed", "{{.ID"),
        ("{{uper .Name}}", "there is no function uper", "did you mean upper?"),
        ("{{urlquery .Name}}", "there is no function urlquery", "there are: and"),
        ("{{if .Name}}", "{{end}} is missing", ""),
        ("{{end}}", "{{end}} has no beginning", ""),
        ('{{template "x"}}', "does not know {{template}}", ""),
        ("{{$x}}", "there is no variable $x", ""),
        ("{{.Name.First}}", "has no field .First", ""),
        ("{{upper .ExitCode}}", "upper cannot work with '0'", ""),
        ("{{join .Name `,`}}", "join joins the entries of a list", ""),
        ("{{index .Publishers 7}}", "index finds nothing at 7", ""),
        ("{{range .Name}}{{end}}", "nothing to range over", ""),
        ('{{eq .ExitCode "0"}}', "cannot compare a text with a number", ""),
        ("{{.Name |}}", "a value is missing", ""),
        ("{{(.Name}}", "a ( is not closed", ""),
        ("{{.Name ?}}", '"?" is not understood', ""),
        ("{{.Label}}", ".Label takes a name", ""),
        ("{{printf `%d` .Name}}", 'cannot print "shop-web-1" as %d', ""),
        ('{{"\\xZZ"}}', "is not understood", ""),
    ],
)
def test_what_is_wrong_with_a_template_is_told(template: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        Template(template).filled(RECORD)

    assert message in caught.value.message
    assert hint in caught.value.hint


def test_a_line_break_in_quotes_is_one() -> None:
    assert Template('{{.Service}}{{"\n"}}{{print "a" "\\t"}}').filled(RECORD) == "web\na\t"


def test_titles_stay_as_they_are_in_a_header() -> None:
    template = Template('{{lower .Name}}\t{{.Label "com.example.a-b"}}\t{{range .Publishers}}{{.URL}}{{end}}')

    assert template.header({"Name": "NAME", "Publishers": "PORTS", "Label": lambda name: name[-3:]}) == "NAME\ta-b\t"
