"""Which elements of structure are open, and which of them a tag ends, said or unsaid."""

from __future__ import annotations

from typing import Any

from dagster_project.corpus.kernels import elements as e
from dagster_project.corpus.kernels import marks as k
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.markup import packed

TABLE, ROW, CELL, HEADER, CAPTION = packed("table"), packed("tr"), packed("td"), packed("th"), packed("caption")
P, LI, A, PRE = packed("p"), packed("li"), packed("a"), packed("pre")


@bare
def enter(name: Any, kind: Any, start: Any, end: Any, room: Any) -> Any:
    """Open an element whose tag is written; marks that waited for a cell are put before its own."""
    if kind == e.TABLE or kind == e.ROW:
        if kind == e.TABLE or _table_is_next(room):
            _wait(_open(name, kind, start, end, room), room)
        return
    if kind == e.CELL or kind == e.HEADER or kind == e.CAPTION:
        if not _cell_may_come(kind, room):
            return
        _put_waiting(room)
    k.put_mark(room, _open(name, kind, start, end, room))


@bare
def _cell_may_come(kind: Any, room: Any) -> Any:
    """Whether a table is there for a cell or caption; a row that was not said is opened."""
    state = room.state
    if not state[k.OPEN]:
        return False
    top = room.open_names[state[k.OPEN] - 1]
    if top == TABLE and kind != e.CAPTION:
        _wait(_open(ROW, e.ROW, 0, 0, room), room)
    return top == TABLE or (top == ROW and kind != e.CAPTION)


@bare
def _table_is_next(room: Any) -> Any:
    at = room.state[k.OPEN] - 1
    return at >= 0 and room.open_names[at] == TABLE


@bare
def _open(name: Any, kind: Any, start: Any, end: Any, room: Any) -> Any:
    at = room.state[k.OPEN]
    if at == k.OPEN_ELEMENTS:
        return -1
    number = k.new_mark(room, kind, -1, start, end)
    if number >= 0:
        room.open_names[at], room.open_marks[at] = name, number
        room.state[k.OPEN] = at + 1
    return number


@bare
def _wait(number: Any, room: Any) -> Any:
    waiting = room.state[k.WAITING]
    if number >= 0 and waiting < k.WAITING_MARKS:
        room.waiting[waiting] = number
        room.state[k.WAITING] = waiting + 1


@bare
def _put_waiting(room: Any) -> Any:
    for i in range(room.state[k.WAITING]):
        k.put_mark(room, room.waiting[i])
    room.state[k.WAITING] = 0


@bare
def _is_cell(name: Any) -> Any:
    return name in (CELL, HEADER, CAPTION)


@bare
def _nearest(room: Any, one: Any, two: Any, limit: Any) -> Any:
    """The place of the innermost open element of either name, up to a cell or `limit`; -1 without one."""
    for at in range(room.state[k.OPEN] - 1, -1, -1):
        name = room.open_names[at]
        if name in (one, two):
            return at
        if name in (limit, TABLE) or _is_cell(name):
            return -1
    return -1


@bare
def _nearest_heading(room: Any) -> Any:
    for at in range(room.state[k.OPEN] - 1, -1, -1):
        if e.H1 <= room.kinds[room.open_marks[at]] <= e.H6:
            return at
        if room.open_names[at] == TABLE or _is_cell(room.open_names[at]):
            return -1
    return -1


@bare
def _close(at: Any, room: Any) -> Any:
    """End the open element at this place, and all in it; marks of rows and tables wait."""
    if at < 0:
        return
    number = room.open_marks[at]
    room.state[k.OPEN] = at
    kind = room.kinds[number]
    if kind != e.ROW and kind != e.TABLE:
        k.put_mark(room, k.new_mark(room, e.END, number, 0, 0))
        return
    waiting = room.state[k.WAITING]
    if waiting and room.waiting[waiting - 1] == number:  # nothing stood in it
        room.state[k.WAITING] = waiting - 1
    else:
        _wait(k.new_mark(room, e.END, number, 0, 0), room)


@bare
def is_in_block(start: Any, end: Any, room: Any) -> Any:
    """Whether code stands in a block of code, which then has the language page[start:end] if that says one."""
    at = _nearest(room, PRE, PRE, 0)
    if at >= 0 and end > start:
        room.starts[room.open_marks[at]], room.ends[room.open_marks[at]] = start, end
    return at >= 0


@bare
def _close_list_item(name: Any, room: Any) -> Any:
    for at in range(room.state[k.OPEN] - 1, -1, -1):
        kind = room.kinds[room.open_marks[at]]
        if kind == e.ITEM:
            if (room.open_names[at] == LI) == (name == LI):
                _close(at, room)
            return
        if kind == e.UNORDERED or kind == e.ORDERED or e.TABLE <= kind <= e.CAPTION:
            return


@bare
def _close_in_table(name: Any, room: Any) -> Any:
    """A tag of a table ends the cell before it, and the row unless it is a cell's; a table one without cells."""
    for at in range(room.state[k.OPEN] - 1, -1, -1):
        if _is_cell(room.open_names[at]):
            if name == TABLE:
                return
            _close(at, room)
            break
        if room.open_names[at] == TABLE or room.open_names[at] == ROW:
            break
    top = room.state[k.OPEN] - 1
    if top >= 0 and room.open_names[top] == ROW and name != CELL and name != HEADER:
        _close(top, room)
        top -= 1
    if top >= 0 and room.open_names[top] == TABLE and name == TABLE:
        _close(top, room)


@bare
def make_way(name: Any, flags: Any, kind: Any, room: Any) -> Any:
    """End what the start tag of this name ends without saying so."""
    if not room.state[k.OPEN]:
        return
    if flags & e.IN_TABLE:
        _close_in_table(name, room)
        return
    if flags & e.CLOSES_P:
        if kind == e.ITEM:
            _close_list_item(name, room)
        _close(_nearest(room, P, P, 0), room)
    if e.H1 <= kind <= e.H6:
        top = room.state[k.OPEN] - 1
        if top >= 0 and e.H1 <= room.kinds[room.open_marks[top]] <= e.H6:
            _close(top, room)
    if name == A:
        _close(_nearest(room, A, A, 0), room)


@bare
def leave(name: Any, kind: Any, room: Any) -> Any:
    """End the element whose end tag is about to be written."""
    if kind < 0 or not room.state[k.OPEN]:
        if kind < 0 and room.state[k.OPEN]:
            _leave_section(name, room)
        return
    if e.H1 <= kind <= e.H6:
        _close(_nearest_heading(room), room)
    elif kind == e.TABLE:
        _leave_table(room)
    elif kind == e.ROW:
        _close_in_table(ROW, room)
    elif kind == e.CELL or kind == e.HEADER or kind == e.CAPTION:
        for at in range(room.state[k.OPEN] - 1, -1, -1):
            if room.open_names[at] == name:
                _close(at, room)
                return
            if room.open_names[at] == TABLE:
                return
    else:
        _close(_nearest(room, name, name, 0), room)


@bare
def _leave_section(name: Any, room: Any) -> Any:
    place = e.place_of(name)
    if place and e.FLAGS[place] & e.IN_TABLE:
        _close_in_table(ROW, room)


@bare
def _leave_table(room: Any) -> Any:
    """Close what is open in the innermost table; its own end waits for the tag to be written."""
    for at in range(room.state[k.OPEN] - 1, -1, -1):
        if room.open_names[at] == TABLE:
            for cell in range(room.state[k.OPEN] - 1, at, -1):
                if _is_cell(room.open_names[cell]) or room.open_names[cell] == ROW:
                    _close(cell, room)
            _close(at, room)
            return


@bare
def leave_table(name: Any, room: Any) -> Any:
    """After the end tag of a table that stands in no other, the marks that waited for it can be put."""
    if name != TABLE or not room.state[k.WAITING]:
        return
    top = room.state[k.OPEN] - 1
    if top < 0 or (room.open_names[top] != TABLE and room.open_names[top] != ROW):
        _put_waiting(room)
