"""Write a few entries through the API: minicompose up seed."""

import json
import os
from urllib.request import Request, urlopen

ENTRIES = [
    ("Ada", "The database keeps me: take everything down, start it again, and I am still here."),
    ("Grace", "Reload the page: the list now comes from Redis, until somebody writes."),
    ("Linus", "Four services, one file, one command."),
]

for name, message in ENTRIES:
    body = json.dumps({"name": name, "message": message}).encode()
    request = Request(f"{os.environ['API_URL']}/entries", body, {"Content-Type": "application/json"})
    with urlopen(request, timeout=10) as answer:
        print(f"added entry {json.load(answer)['id']} by {name}")
