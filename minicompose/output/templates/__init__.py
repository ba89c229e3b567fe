"""Go templates, as people give them to `--format`: a text with `{{...}}` and a record, in; a text, out.

`syntax` are the parts of a template, `parsing` makes them of its text, `functions` are those it may call, and
`rendering` puts a record into them. What people do not use for one line of a list is not there: `define`,
`template`, `block`, `break` and `continue`, and functions that escape for web pages.
"""
