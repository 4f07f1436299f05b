"""Dates as they are written, against the moment that a person reads in them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.extraction.written_dates import Read, read_date

MONTH, YEAR = "first of the month", "first of the year"


@pytest.mark.parametrize(
    ("text", "moment", "supplied"),
    [
        ("2019-03-27", "2019-03-27T00:00:00", ""),
        (" 2019-03-27\n", "2019-03-27T00:00:00", ""),
        ("20190327", "2019-03-27T00:00:00", ""),
        ("2019/03/27", "2019-03-27T00:00:00", ""),
        ("2019.3.7", "2019-03-07T00:00:00", ""),
        ("2019-3-7", "2019-03-07T00:00:00", ""),
        ("2019-03", "2019-03-01T00:00:00", MONTH),
        ("2019/3", "2019-03-01T00:00:00", MONTH),
        ("2019", "2019-01-01T00:00:00", YEAR),
        ("1850", "1850-01-01T00:00:00", YEAR),
        ("2019-03-27T10:00:00Z", "2019-03-27T10:00:00", ""),
        ("2019-03-27T10:00:00", "2019-03-27T10:00:00", ""),
        ("2019-03-27T10:00:00.123+05:30", "2019-03-27T04:30:00", ""),
        ("2019-03-27T10:00:00+0100", "2019-03-27T09:00:00", ""),
        ("2019-03-27T10:00+01", "2019-03-27T09:00:00", ""),
        ("20190327T100000Z", "2019-03-27T10:00:00", ""),
        ("2019-03-27 10:00:00 +0200", "2019-03-27T08:00:00", ""),
        ("2019-03-27 10:00:00 UTC", "2019-03-27T10:00:00", ""),
        ("2019/03/27 10:00", "2019-03-27T10:00:00", ""),
        ("2019-03-27 10:00 AM PST", "2019-03-27T00:00:00", ""),
        ("Wed, 27 Mar 2019 10:00:00 GMT", "2019-03-27T10:00:00", ""),
        ("Wed, 27 Mar 2019 10:00:00 +0100", "2019-03-27T09:00:00", ""),
        ("27 Mar 2019 10:00:00 -0730", "2019-03-27T17:30:00", ""),
        ("Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37", ""),
        ("Sunday, 06-Nov-05 08:49:37 GMT", "2005-11-06T08:49:37", ""),
        ("Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37", ""),
        ("Sun Nov 16 08:49:37 1994", "1994-11-16T08:49:37", ""),
        ("March 27, 2019", "2019-03-27T00:00:00", ""),
        ("Mar. 27th, 2019", "2019-03-27T00:00:00", ""),
        ("27 MARCH 2019", "2019-03-27T00:00:00", ""),
        ("1st Sept. 2019", "2019-09-01T00:00:00", ""),
        ("March 27, 2019 10:00 PM", "2019-03-27T00:00:00", ""),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59", ""),
    ],
)
def test_one_reading(text, moment, supplied):
    assert read_date(text) == Read(int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()), supplied)


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "01/02/2020", "01/02/2020 10:00", "1.2.2020", "01-02-2020", "12.03.2020, 10:00:00", "2020-13-01",
        "2020-02-30", "2020-00-10", "0001-01-01T00:00:00", "0000-00-00", "1970-01-01T00:00:00Z", "1970", "2019-2020",
        "201903", "99999", "2019-03-27T25:00:00", "2019-03/27", "10:00:00", "P3D", "31 Foo 2019", "may", "Foo, 1 Jan",
        "yesterday", "6-Nov-94", "Wed, 31 Feb 2019 10:00:00 GMT", "27 Mar 20190", "²019-01-01", "٢٠١٩-٠٣-٢٧",
        "2019-03-27" + " " * 80 + "x", "2019 and later", "1 January 0999",
    ],
)  # fmt: skip
def test_no_reading(text):
    assert read_date(text) is None


@given(st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 30)).map(lambda moment: moment.replace(microsecond=0)))
def test_every_way_of_writing_a_moment_reads_the_same(moment):
    at = int(moment.replace(tzinfo=UTC).timestamp())
    written = [moment.isoformat(), f"{moment.isoformat()}Z", f"{moment.isoformat(' ')} +0000"]
    month = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()[moment.month - 1]
    written.append(f"Mon, {moment.day:02} {month} {moment.year:04} {moment.time()} GMT")
    assert {read_date(text) for text in written} == {Read(at) if at else None}


@given(st.text("0123456789-/.T: ,+ZGMTJanuaryMOct", max_size=40) | st.text(max_size=40))
def test_any_text_is_survived(text):
    assert read_date(text) is None or isinstance(read_date(text), Read)
