"""florilegium: the group of all verbs. Every heavy import waits inside the command that needs it."""

from __future__ import annotations

import atexit
import os
import sys
from typing import NoReturn

import click

from dagster_project.cli import (
    audit_splits,
    audits,
    build,
    catalogs,
    checks,
    contamination,
    demo,
    diff,
    duplicates,
    exports,
    filter,
    graphs,
    histories,
    keeping,
    keys,
    licenses,
    lineage,
    matches,
    portraits,
    recipes,
    report,
    server,
    software,
    sql,
    statements,
    stats,
    takedowns,
    up,
    verify,
)
from dagster_project.cli.failing import Program
from dagster_project.cli.session import global_options
from dagster_project.cli.starting import PROGRAM


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="florilegium")
@global_options
def main() -> None:
    """Training corpora that can name their sources.

    Build mixes from sources, see what is in them and under which licenses, and find every document both ways.
    Begin with `florilegium demo`.
    """


for command in (
    demo.demo,
    build.build,
    lineage.trace,
    lineage.impact,
    histories.history,
    histories.versions,
    stats.stats,
    graphs.lineage,
    sql.sql,
    catalogs.catalog_group,
    diff.diff,
    verify.verify,
    report.report,
    filter.filter_group,
    duplicates.duplicates_group,
    contamination.contamination,
    portraits.portrait_group,
    matches.matches,
    takedowns.takedown_group,
    licenses.licenses_group,
    audits.audit_group,
    checks.checks_group,
    statements.attest,
    statements.retire,
    statements.statements,
    keys.keys_group,
    exports.fetch,
    exports.seen,
    keeping.gc,
    keeping.fsck,
    keeping.replicate,
    keeping.iceberg,
    *recipes.GROUPS,
    up.up,
    server.status,
    software.sbom,
):
    main.add_command(command)
audits.audit_group.add_command(audit_splits.split)


def run() -> NoReturn:
    """The program, which is gone as soon as its work is done. Threads of libraries that still read ahead would meet an
    interpreter that takes itself apart, and now and then end the process by an abort."""
    try:
        main(obj=PROGRAM)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # whoever read it is gone
            code = code or 1
    os._exit(code)
