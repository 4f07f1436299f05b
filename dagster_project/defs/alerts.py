"""Alerts: who is told when a run failed or a source is late. Always the log; a web address, when the settings name one.

What is posted is one JSON object with `text`, which Slack, Mattermost and Teams show, and the same in fields. The
address may hold a key: it is never logged, nor is a redirect followed with it.
"""

from __future__ import annotations

import logging
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from html import escape
from http.client import HTTPException
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

import dagster as dg
from dagster._core.storage.tags import PARTITION_NAME_TAG, WILL_RETRY_TAG

from dagster_project.corpus.model.errors import FlorilegiumError
from dagster_project.corpus.model.escaping import encoded, visible
from dagster_project.opening import recipes_of
from dagster_project.settings import Settings

TRIES, WAIT_SECONDS, ANSWER_SECONDS = 3, 1.0, 5.0
MOST_SECONDS = 20.0  # for all tries: a tick of a sensor has 60
MOST_CHARACTERS = 2000
Alert = Mapping[str, str]


class Unmoved(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the address was given to one server."""

    def redirect_request(self, *_: object) -> None:
        return None


def sensor(settings: Settings) -> dg.SensorDefinition:
    """The one sensor of failed runs."""

    # on from the start: without an address it only logs
    @dg.run_failure_sensor(
        name="alerts",
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells of every run that failed for good: in the log, and at FLORILEGIUM_ALERTS.",
    )
    def alerts(context: dg.RunFailureSensorContext) -> None:
        """Tells of every run that failed for good; one that is begun again by itself is not told of."""
        if context.dagster_run.tags.get(WILL_RETRY_TAG) != "true":
            send(settings.alerts, of_run(context.dagster_run, reasons(context)), context.log)

    return alerts


def recipes_sensor(settings: Settings) -> dg.SensorDefinition:
    """The one sensor of recipes that cannot be read."""

    # on from the start: it only reads, and schedules are made of recipes that can be read, or not at all
    @dg.sensor(
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells when recipes cannot be read: until they can, no schedule of theirs is loaded.",
    )
    def read_recipes(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        """Alerts once for each complaint about the recipes; starts no run."""
        try:
            recipes_of(settings)
        except FlorilegiumError as error:
            said = visible(str(error), MOST_CHARACTERS)
            if context.cursor != said:
                send(settings.alerts, {"event": "recipes_unreadable", "text": said}, context.log)
            context.update_cursor(said)
            return dg.SkipReason("the recipes cannot be read")
        context.update_cursor("")
        return dg.SkipReason("the recipes can be read")

    return read_recipes


def sensors(settings: Settings) -> list[dg.SensorDefinition]:
    return [sensor(settings), recipes_sensor(settings)]


def reasons(context: dg.RunFailureSensorContext) -> list[str]:
    """Why the steps of a run failed, in one sentence each; of a run that no step ended, why the run did."""
    found = []
    for event in context.get_step_failure_events():
        data = event.step_failure_data
        said = data.user_failure_data and data.user_failure_data.description
        found.append(said or (data.error.message if data.error else "") or event.message or "")
    return [reason.strip() for reason in found if reason] or [context.failure_event.message or "unknown"]


def of_run(run: dg.DagsterRun, because: Sequence[str]) -> Alert:
    """A failed run as an alert."""
    partition = visible(run.tags.get(PARTITION_NAME_TAG, ""), 200)
    reason = visible(" ".join(because), MOST_CHARACTERS)
    about = f"{run.job_name} of {partition}" if partition else run.job_name
    return {
        "event": "run_failed",
        "text": f"{about} failed: {reason}",
        "job": run.job_name,
        "partition": partition,
        "run": run.run_id,
        "reason": reason,
    }


def send(address: str | None, alert: Alert, log: logging.Logger) -> bool:
    """Log an alert, and post it. An address that does not answer is tried again; it never fails who sends, nor holds
    them up: whoever answers a byte at a time is left after MOST_SECONDS."""
    log.error(alert["text"])
    if not address:
        return False
    answer: SimpleQueue[str] = SimpleQueue()
    threading.Thread(target=lambda: answer.put(_sent(address, alert)), daemon=True).start()
    try:
        why = answer.get(timeout=MOST_SECONDS)
    except Empty:
        why = f"no whole answer within {MOST_SECONDS:g} s"
    if why:
        log.error(f"the alert did not reach {visible(urlsplit(address).hostname or 'its address', 200)}: {why}")
    return not why


def _sent(address: str, alert: Alert) -> str:
    """Nothing, or why it was not, after the last try."""
    why = ""
    for tried in range(TRIES):
        try:
            _post(address, alert)
            return ""
        except urllib.error.HTTPError as error:
            why, passes = f"it answered {error.code}", error.code >= 500 or error.code == 429
            error.close()
        except (OSError, HTTPException, ValueError) as error:
            why, passes = type(error).__name__, True
        if not passes:
            break
        time.sleep(WAIT_SECONDS * 2**tried if tried + 1 < TRIES else 0)
    return why


def _post(address: str, alert: Alert) -> None:
    body = encoded({**alert, "text": escape(alert["text"], quote=False)})  # else Slack reads <!channel> as markup
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    with urllib.request.build_opener(Unmoved).open(request, timeout=ANSWER_SECONDS) as answer:
        answer.read(1024)
