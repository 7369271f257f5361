"""The page on which one picks a sandbox person and lets an app in."""

from collections.abc import Iterable, Mapping

from jinja2 import Environment
from starlette.responses import HTMLResponse

from mia_bot.sandbox.records import Person

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in to the sandbox</title>
<link rel="icon" href="/page/static/icon.svg">
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem }
  fieldset { border: 1px solid #8888; border-radius: .75rem; margin: 1rem 0 }
  label { display: block; padding: .25rem 0 }
  button { font: inherit; padding: .5rem 1.25rem; border-radius: 2rem; cursor: pointer }
</style>
</head>
<body>
<main>
<h1>{{ heading }}</h1>
{% if people %}
<p>This is the sandbox, not X: nobody real signs in here. <strong>{{ client_id }}</strong> asks for:</p>
<ul>{% for scope in scopes %}<li>{{ scope }}</li>{% endfor %}</ul>
<form method="post">
{% for name, value in asked.items() %}<input type="hidden" name="{{ name }}" value="{{ value }}">
{% endfor %}
<fieldset><legend>Who are you?</legend>
{% for person in people %}
<label><input type="radio" name="person_id" value="{{ person.id }}" required{% if loop.first %} checked{% endif %}>
{{ person.name }} (@{{ person.username }})</label>
{% endfor %}
</fieldset>
<button name="decision" value="allow">Allow</button>
<button name="decision" value="deny" formnovalidate>Cancel</button>
</form>
{% else %}
<p>{{ message }}</p>
{% endif %}
</main>
</body>
</html>
"""
_TEMPLATE = Environment(autoescape=True).from_string(_PAGE)


def consent_page(
    client_id: str, scopes: Iterable[str], asked: Mapping[str, str], people: Iterable[Person]
) -> HTMLResponse:
    """The form; `asked` is the authorization request, which comes back with the answer."""
    return HTMLResponse(
        _TEMPLATE.render(
            heading="Let this app in?",
            client_id=client_id,
            scopes=sorted(scopes),
            asked=asked,
            people=list(people),
        )
    )


def refusal_page(message: str) -> HTMLResponse:
    """What a person sees when the app asked wrongly; the browser is not sent back, as the address is in doubt."""
    page = _TEMPLATE.render(heading="Something went wrong", message=message, people=[])
    return HTMLResponse(page, status_code=400)
