"""What is a URL, against spaCy's expression."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.pointers import pointer
from dagster_project.corpus.kernels.word_addresses import is_address
from dagster_project.corpus.kernels.word_tables import word_tables
from tests.oracles.words import is_url

URLS = """http://example.com https://a.bc/c?d#e ftp://u:p@h.io:21/x www.x.org a.bc a.b.cd me@x.com x@y@z.de
a.com:80 a.com:80/x a.com?q a.com#f 1.2.3.4 1.2.3.4:8080/p 223.255.255.254 8.8.08.8 é.fr a-b.com a_b.com
t.co/ a://b@ab.de 172.32.0.1 xn--a.com x.y.z.info""".split()
OTHERS = """a.b a.B .com a..com -a.com a-.com _a.com a.com:1 a.com:123456 a.com:80x 10.0.0.1 127.0.0.1 192.168.1.1
169.254.1.1 172.16.0.1 256.1.1.1 224.1.1.1 1.2.3.255 01.2.3.4 1.2.3.04 1.2.3 a a@ @ @a.com a@b http://a
http://-a.bc x://a.bc a.c0m a.com,b a.com! ab:/c.de https://a.b/c a://b.cd/@ab://c.de""".split()
LABEL = "x" * 64


@compiled
def _judge(data, start, end, tables):
    return is_address(pointer(data), start, end, pointer(tables))


def judged(text):
    data = np.frombuffer(f"<{text}>.com".encode(), np.uint8)
    return bool(_judge(data, 1, len(data) - 5, word_tables()))


@pytest.mark.parametrize("text", [*URLS, f"{LABEL}.com", "a." + "y" * 63])
def test_urls(text):
    assert judged(text)
    assert is_url(text)


@pytest.mark.parametrize("text", [*OTHERS, f"{LABEL}x.com", "a." + "y" * 64])
def test_others(text):
    assert not judged(text)
    assert not is_url(text)


PARTS = [
    *["a", "b", "co", "com", ".", ".", ":", "//", "://", "/", "@", "-", "_", "1", "10", "255", "80"],
    *["é", "Z", "?", "#", "+", "٣"],
]


@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=14).map("".join))
@example("http://1.2.3.4:80/x")
def test_spacy(text):
    match = pytest.importorskip("spacy.lang.tokenizer_exceptions").URL_MATCH
    assert judged(text) == (match(text) is not None)
