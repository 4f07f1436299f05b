"""The routes of the provenance pages. A new page is one function of a request and one line in ROUTES.

Only GET; every input is bounded before it is looked at; nothing that is answered runs a script or loads anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dagster_project.corpus.model.errors import FlorilegiumError, MissingObject, PartitionError
from dagster_project.corpus.model.escaping import encoded
from dagster_project.corpus.publishing.provenance import served
from dagster_project.corpus.storage.refs import load_manifest
from dagster_project.corpus.storage.stores import Store
from dagster_project.quality.auditor import GreatExpectationsAuditor
from dagster_project.serving.answers import Answers
from dagster_project.serving.headers import Headers

LOOPBACK = ("127.0.0.1", "localhost", "::1")
MOST_QUERY_BYTES = 60_000
IDENTIFIER = re.compile("[0-9a-f]{16,64}")  # the first digits are enough where they mean one version
HTML, JSON = "text/html; charset=utf-8", "application/json"

Page = Callable[[Answers, Request], Response]


def application(store: Store, host: str = LOOPBACK[0], expectations: Path | None = None) -> Starlette:
    """The pages of one store, and of a directory of suites if one is named. On a loopback address requests for other
    hosts are refused, so that no other site's page can read them through a name of its own."""
    answers = Answers(store, GreatExpectationsAuditor(expectations))
    hosts = ["127.0.0.1", "localhost", "[::1]"] if host in LOOPBACK else ["*"]
    return Starlette(
        routes=[Route(path, _answering(answers, page), methods=["GET"]) for path, page in ROUTES.items()],
        middleware=[Middleware(Headers), Middleware(TrustedHostMiddleware, allowed_hosts=hosts)],
        exception_handlers={404: _missing, 405: _only_get},
    )


def mixes(answers: Answers, request: Request) -> Response:
    """Every version of every mix."""
    return Response(served.mixes_page(answers.mixes()), media_type=HTML)


def mix(answers: Answers, request: Request) -> Response:
    """The provenance of a mix, the newest version or the one whose id begins so."""
    return Response(answers.provenance(request.path_params["key"], request.path_params.get("version")), media_type=HTML)


def document(answers: Answers, request: Request) -> Response:
    """All about one document of a version of a mix."""
    path = request.path_params
    return Response(served.document_page(answers.traced(path["key"], path["version"], path["doc"])), media_type=HTML)


def search(answers: Answers, request: Request) -> Response:
    """The mixes that hold an address, a host, a license, a source, a text or a document."""
    return Response(served.found_page(answers.found(request.query_params.multi_items())), media_type=HTML)


def search_json(answers: Answers, request: Request) -> Response:
    """The same for programs."""
    return Response(encoded(answers.found(request.query_params.multi_items())), media_type=JSON)


def text(answers: Answers, request: Request) -> Response:
    """Which spans of a text a mix seems to hold."""
    return Response(served.text_page(answers.spans(request.query_params.multi_items())), media_type=HTML)


def manifest(answers: Answers, request: Request) -> Response:
    """A manifest with links to its inputs."""
    found = load_manifest(answers.store, _identifier(answers.store, request))
    return Response(served.manifest_page(found), media_type=HTML)


def manifest_json(answers: Answers, request: Request) -> Response:
    """A manifest as the store has it."""
    return Response(load_manifest(answers.store, _identifier(answers.store, request)).encoded(), media_type=JSON)


def checks(answers: Answers, request: Request) -> Response:
    """How the newest version of every partition was judged."""
    return Response(answers.checks(), media_type=HTML)


def check(answers: Answers, request: Request) -> Response:
    """How the newest version of a partition was judged."""
    return Response(answers.checked(request.path_params["partition"]), media_type=HTML)


def check_json(answers: Answers, request: Request) -> Response:
    """The same as Great Expectations has it."""
    return Response(encoded(answers.judgement(request.path_params["partition"])), media_type=JSON)


ROUTES: Mapping[str, Page] = MappingProxyType(
    {
        "/": mixes,
        "/mixes/{key}": mix,
        "/mixes/{key}/{version}": mix,
        "/mixes/{key}/{version}/documents/{doc}": document,
        "/search": search,
        "/search.json": search_json,
        "/manifests/{id}.json": manifest_json,
        "/manifests/{id}": manifest,
        "/text": text,
        "/checks": checks,
        "/checks/{partition:path}/result.json": check_json,
        "/checks/{partition:path}": check,
    }
)


def _answering(answers: Answers, page: Page) -> Callable[[Request], Response]:
    """A page, or one sentence that says why there is none; it runs in a thread of the server's pool."""

    def answer(request: Request) -> Response:
        if len(request.scope["query_string"]) > MOST_QUERY_BYTES:
            return _sentence("This question is too long for an address: ask `florilegium impact --text-file`.", 414)
        try:
            return page(answers, request)
        except (MissingObject, PartitionError) as refused:
            return _sentence(str(refused), 404)
        except FlorilegiumError as refused:
            return _sentence(str(refused), 400)

    return answer


def _identifier(store: Store, request: Request) -> str:
    found: str = request.path_params["id"]
    if not IDENTIFIER.fullmatch(found):
        raise PartitionError("a version id has 64 hexadecimal digits: take it, or its first 16, from a page of a mix")
    if len(found) == 64:
        return found
    meant = [PurePosixPath(entry.path).stem for entry in islice(store.list(f"manifests/{found}"), 2)]
    if len(meant) != 1:
        raise PartitionError(f"{found} is the beginning of {'several versions' if meant else 'no version'}")
    return meant[0]


async def _missing(request: Request, error: Exception) -> Response:
    return _sentence("There is no such page.", 404)


async def _only_get(request: Request, error: Exception) -> Response:
    return _sentence("These pages are only read.", 405)


def _sentence(text: str, status: int) -> Response:
    return Response(served.sentence_page(text), status_code=status, media_type=HTML)
