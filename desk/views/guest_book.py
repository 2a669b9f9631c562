"""The page of the guest book: the details and values of a visit that waits for them."""

from starlette.responses import RedirectResponse, Response

from desk import forms
from desk.context import Context, Entered, with_status
from desk.forms import Refused
from desk.guest_form import chosen_visit, guest_fields, open_to_entry, value_fields
from desk.roles import Role
from edge.daemon.desk_messages import DeskNames, ExpectedGuests, VisitNow
from edge.sop.procedures.values import Value

VALUES = "values"


async def show(
    context: Context, role: Role, entered: Entered, refused: Refused | None = None
) -> Response:
    """Return the form; *entered* may name the visit, or an expected guest."""
    now, names = await context.lobby()
    visit = chosen_visit(now, entered)
    if "expected" in entered and "id" not in entered:
        entered = {**entered, **_expected(await context.daemon.expected(), entered["expected"])}
    declared = [] if visit is None else _declared(visit, names)
    of_values = entered.get("form") == VALUES
    return context.render(
        "guest_book.html",
        role,
        "guest-book",
        book=now.book,
        visit=visit,
        named=bool(entered.get("visit")),
        waiting=open_to_entry(now),
        expected=entered.get("expected", ""),
        fields=[]
        if visit is None
        else guest_fields(
            visit, names, {} if of_values else entered, None if of_values else refused
        ),
        values=value_fields(declared, entered if of_values else {}, refused if of_values else None),
        lacking=() if visit is None else visit.lacking,
        ids=(forms.new_id(), forms.new_id()),
        refused=refused,
    )


async def submit(context: Context, role: Role, entered: Entered) -> Response:
    """Have the guest or the values entered; return the form again if that was refused."""
    if entered.get("form") == VALUES:
        now, names = await context.lobby()
        visit = chosen_visit(now, entered)
        declared = {} if visit is None else {one.id: one for one in _declared(visit, names)}
        request = forms.values(entered, declared, context.time())
        answer = await context.daemon.carry_out("values", request)
    else:
        answer = await context.daemon.carry_out("register", forms.register(entered, context.time()))
    if answer.ok:
        return RedirectResponse("/?saved=1", 303)
    page = await show(context, role, entered, forms.refused(answer))
    return with_status(page, 422)


def _declared(visit: VisitNow, names: DeskNames) -> list[Value]:
    """Return the values of the procedure of *visit* that it has in this version too."""
    procedure = names.procedures.get(visit.procedure)
    values = () if procedure is None else procedure.values
    return [value for value in values if value.id in visit.values]


def _expected(expected: ExpectedGuests, invitation: str) -> dict[str, str]:
    """Return what the form takes over from *invitation*."""
    found = next((one for one in expected.guests if one.id == invitation), None)
    if found is None:
        return {}
    guest = found.guest
    return {
        "guest.name": guest.name,
        "guest.organisation": guest.organisation,
        "guest.purpose": guest.purpose,
        "guest.persons": str(guest.head_count),
        "host": found.host or "",
    }
