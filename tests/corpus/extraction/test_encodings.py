"""Encodings by mark, header, meta element and looks; what is undecodable is counted."""

import pytest

from dagster_project.corpus.extraction.encodings import decode, is_text

RUSSIAN = "Съешь же ещё этих мягких французских булок, да выпей чаю. " * 5
JAPANESE = "いろはにほへと ちりぬるを わかよたれそ つねならむ うゐのおくやま けふこえて。" * 5
CHINESE = "天地玄黄，宇宙洪荒。日月盈昃，辰宿列张。寒来暑往，秋收冬藏。" * 5


def header(charset):
    return [("content-type", f'text/html; charset="{charset}"')]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-8"])
def test_a_mark_decides(encoding):
    body = ("\ufeff" + CHINESE).encode(encoding)
    assert decode(body, header("windows-1252")) == (CHINESE.encode(), encoding, "bom", 0)


@pytest.mark.parametrize(
    ("text", "label", "encoding"),
    [
        (JAPANESE + "①", "Shift_JIS", "cp932"),
        (CHINESE, "GB18030", "gb18030"),
        (CHINESE, "gb2312", "gb18030"),
        (RUSSIAN, "windows-1251", "cp1251"),
        ("naïve “quotes” €", "latin1", "cp1252"),
    ],
)
def test_header_and_meta_name_encodings_as_browsers_mean_them(text, label, encoding):
    assert decode(text.encode(encoding), header(label)) == (text.encode(), encoding, "http", 0)
    page = f"<!-- <meta charset=koi8-r> --><META http-equiv=Content-Type content='text/html; charset={label}'>{text}"
    assert decode(page.encode(encoding)) == (page.encode(), encoding, "meta", 0)


def test_the_header_is_stronger_than_meta():
    page = "<meta charset=utf-8>" + RUSSIAN
    assert decode(page.encode("cp1251"), header("windows-1251")).page == page.encode()


def test_a_label_under_which_the_bytes_make_no_sense_is_not_believed():
    page = "<meta charset=utf-8>" + RUSSIAN
    assert decode(page.encode("cp1251")) == (page.encode(), "cp1251", "detected", 0)


def test_utf8_labeled_as_latin():
    assert decode(RUSSIAN.encode(), header("iso-8859-1")) == (RUSSIAN.encode(), "utf-8", "detected", 0)


def test_utf16_in_a_label_that_could_be_read_is_utf8():
    assert decode(b"<meta charset=utf-16>x").encoding == "utf-8"


def test_unknown_labels_are_no_evidence():
    assert decode(RUSSIAN.encode(), header("none-such")).said_by == "detected"
    assert decode(RUSSIAN.encode("koi8-r")).encoding == "koi8-r"


def test_mixed_bytes_are_replaced_and_counted():
    body = RUSSIAN.encode() * 20 + b"\xe9\xff" + RUSSIAN.encode()
    found = decode(body, header("utf-8"))
    assert (found.encoding, found.replaced) == ("utf-8", 2)
    assert found.page.decode().count("\ufffd") == 2


def test_nulls_go():
    assert decode(b"a\0b", header("utf-8")).page == b"ab"


@pytest.mark.parametrize(("page", "said"), [(b"words\n", True), (b"", True), (b"%PDF\x01\x02\x03\x04", False)])
def test_what_is_text(page, said):
    assert is_text(page) is said
