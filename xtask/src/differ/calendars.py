"""Makes random calendars, and compares how Meshline and Python's libraries read them.

`calendars.py make SEED CASES` prints a calendar per line. `calendars.py compare CALENDARS ANSWERS` reads the calendars and
what Meshline made of them, and prints the differences and, as its last line, a summary in JSON.

The libraries decide when occurrences take place. What they leave open is decided here, by the same rules as in Meshline: a
series' end without a time includes that whole day, and of two readings of a length (the clock's and the elapsed time, which
differ over a change of the clock) the longer counts.
"""

import datetime as dt
import json
import random
import sys
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

UTC = dt.timezone.utc
OWNERS = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo", "UTC"]
NAMED = ["Europe/Berlin", "America/New_York", "Europe/London", "Asia/Kolkata", "Australia/Sydney", "America/Los_Angeles"]
WINDOWS = {"W. Europe Standard Time": "Europe/Berlin", "Eastern Standard Time": "America/New_York", "India Standard Time": "Asia/Kolkata"}
JANE = "jane@acme.example"
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def berlin(name):
    return (
        f"BEGIN:VTIMEZONE\nTZID:{name}\n"
        "BEGIN:STANDARD\nDTSTART:16011028T030000\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\n"
        "BEGIN:DAYLIGHT\nDTSTART:16010325T020000\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nEND:DAYLIGHT\n"
        "END:VTIMEZONE\n"
    )


def fixed(name, offset):
    return f"BEGIN:VTIMEZONE\nTZID:{name}\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:{offset}\nTZOFFSETTO:{offset}\nEND:STANDARD\nEND:VTIMEZONE\n"


# Name, definition, and the zone that is meant.
DEFINED = [
    ("Our Office", berlin("Our Office"), ZoneInfo("Europe/Berlin")),
    ("Customized Time Zone", fixed("Customized Time Zone", "-0500"), dt.timezone(dt.timedelta(hours=-5))),
    ("Half", fixed("Half", "+0545"), dt.timezone(dt.timedelta(hours=5, minutes=45))),
]
PREFIXES = ["/freeassociation.sourceforge.net/", "/freeassociation.sourceforge.net/Tzfile/", "/citadel.org/20190914_1/", "/mozilla.org/20050126_1/"]


def stamp(at):
    return f"{at:%Y%m%dT%H%M%S}"


def utc(at):
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


class Maker:
    """Draws one calendar. `text` is what Meshline reads; `plain` says the same in the forms that the libraries understand."""

    def __init__(self, draw):
        self.draw = draw
        self.owner = draw.choice(OWNERS)
        # Windows around changes of the clock, in both hemispheres, and elsewhere.
        day = draw.choice([dt.date(2026, 3, 25), dt.date(2026, 10, 22), dt.date(2026, 3, 6), dt.date(2026, 10, 30), dt.date(2026, 4, 2)])
        if draw.random() < 0.5:
            day = dt.date(2026, 1, 1) + dt.timedelta(days=draw.randrange(700))
        self.start = dt.datetime.combine(day, dt.time(draw.randrange(24), draw.choice([0, 17])), UTC)
        self.end = self.start + dt.timedelta(days=draw.choice([2, 7, 10, 21, 60]))
        self.text, self.plain, self.zones = "", "", {}

    def zone(self, floating=True):
        """Returns how a zone is named, how the libraries know it, and the zone; None is UTC, an empty name is no zone."""
        draw = self.draw
        kind = draw.random()
        if kind < 0.2:
            return None, None, UTC
        if kind < 0.3 and floating:
            return "", self.owner, ZoneInfo(self.owner)
        if kind < 0.65:
            name = draw.choice(NAMED)
            return name, name, ZoneInfo(name)
        if kind < 0.75:
            name, meant = draw.choice(list(WINDOWS.items()))
            return name, meant, ZoneInfo(meant)
        if kind < 0.85:
            name = draw.choice(NAMED)
            return draw.choice(PREFIXES) + name, name, ZoneInfo(name)
        name, definition, zone = draw.choice(DEFINED)
        self.zones[name] = definition
        return name, name, zone

    def line(self, text, plain=None):
        self.text += text + "\n"
        self.plain += (text if plain is None else plain) + "\n"

    def value(self, name, at, zone, more=""):
        """Writes a property with a local time."""
        shown, plain, meant = zone
        if shown is None:
            self.line(f"{name}{more}:{utc(at.replace(tzinfo=meant))}")
        elif shown == "":
            self.line(f"{name}{more}:{stamp(at)}", f"{name}{more};TZID={plain}:{stamp(at)}")
        else:
            self.line(f"{name}{more};TZID={shown}:{stamp(at)}", f"{name}{more};TZID={plain}:{stamp(at)}")

    def local(self):
        """A local time on a grid, near the window."""
        draw = self.draw
        back = draw.choice([0, 0, 3, 3, 14, 30, 200, 900])
        day = self.start.date() + dt.timedelta(days=draw.randrange(-back - 1, 12))
        return dt.datetime.combine(day, dt.time(draw.choice([0, 1, 2, 2, 3, 8, 9, 10, 13, 16, 22, 23]), draw.choice([0, 0, 15, 30])))

    def rule(self, start, zone, all_day):
        draw = self.draw
        freq = draw.choice(["DAILY", "DAILY", "DAILY", "WEEKLY", "WEEKLY", "WEEKLY", "MONTHLY", "YEARLY"])
        parts = [f"FREQ={freq}"]
        if draw.random() < 0.3:
            parts.append(f"INTERVAL={draw.choice([2, 3, 5])}")
        if freq == "WEEKLY" and draw.random() < 0.6:
            parts.append("BYDAY=" + ",".join(draw.sample(DAYS, draw.randrange(1, 4))))
            if draw.random() < 0.3:
                parts.append(f"WKST={draw.choice(['MO', 'SU'])}")
        elif freq == "DAILY" and draw.random() < 0.3:
            parts.append("BYDAY=MO,TU,WE,TH,FR")
        elif freq == "MONTHLY":
            kind = draw.random()
            if kind < 0.3:
                parts.append(f"BYDAY={draw.choice(['1', '2', '-1', '-2'])}{draw.choice(DAYS)}")
            elif kind < 0.5:
                parts.append(f"BYMONTHDAY={draw.choice([1, 15, 28, 31, -1, -3])}")
            elif kind < 0.7:
                parts.append(f"BYDAY=MO,TU,WE,TH,FR;BYSETPOS={draw.choice([1, 3, -1])}")
        elif freq == "YEARLY" and draw.random() < 0.5:
            parts.append(f"BYMONTH={self.start.month};BYDAY={draw.choice(['1', '-1', '3'])}{draw.choice(DAYS)}")
        if freq == "DAILY" and not all_day and draw.random() < 0.1:
            # The libraries confuse occurrences that are as far apart as a zone is from UTC, so these are not.
            parts.append("BYMINUTE=5,25")
        shown = plain = ";".join(parts)
        end = draw.random()
        if end < 0.25:
            shown += f";COUNT={draw.choice([1, 2, 5, 40])}"
            plain = shown
        elif end < 0.65:
            # Often exactly an occurrence, so that the end matters.
            last = start + dt.timedelta(days=draw.choice([0, 1, 7, 14, 28, 200, draw.randrange(0, 400)]))
            if all_day:
                shown += f";UNTIL={last:%Y%m%d}"
                plain = shown
            else:
                meant = zone[2]
                kind = draw.random()
                if kind < 0.6:
                    last += dt.timedelta(seconds=draw.choice([0, 0, 0, -1, 1]))
                    shown += f";UNTIL={utc(last.replace(tzinfo=meant))}"
                    plain = shown
                else:
                    shown += f";UNTIL={last:%Y%m%d}"
                    whole = dt.datetime.combine(last.date(), dt.time(23, 59, 59))
                    plain += f";UNTIL={utc(whole.replace(tzinfo=meant))}"
        self.line(f"RRULE:{shown}", f"RRULE:{plain}")

    def length(self, start, zone, all_day):
        draw = self.draw
        if all_day:
            kind = draw.random()
            days = draw.choice([1, 1, 2, 5])
            if kind < 0.3:
                pass
            elif kind < 0.8:
                self.line(f"DTEND;VALUE=DATE:{start + dt.timedelta(days=days):%Y%m%d}")
            else:
                self.line(f"DURATION:P{days}D")
            return
        kind = draw.random()
        minutes = draw.choice([5, 30, 45, 60, 90, 480, 1440, 3000])
        if kind < 0.05:
            pass
        elif kind < 0.6:
            self.value("DTEND", start + dt.timedelta(minutes=minutes), zone)
        elif kind < 0.7:
            # An end without a zone means different things to different programs.
            other = self.zone(floating=False)
            end = start.replace(tzinfo=zone[2]).astimezone(UTC) + dt.timedelta(minutes=minutes)
            self.value("DTEND", end.astimezone(other[2]).replace(tzinfo=None), other)
        else:
            self.line(f"DURATION:PT{minutes}M" if minutes % 1440 else f"DURATION:P{minutes // 1440}D")

    def state(self):
        """Properties that say whether the event takes its owner's time."""
        draw = self.draw
        kind = draw.random()
        if kind < 0.08:
            self.line("TRANSP:TRANSPARENT")
        elif kind < 0.14:
            self.line(f"STATUS:{draw.choice(['CANCELLED', 'TENTATIVE', 'CONFIRMED'])}")
        elif kind < 0.3:
            self.line("ORGANIZER:mailto:host@else.example")
            self.line(f"ATTENDEE;PARTSTAT={draw.choice(['ACCEPTED', 'DECLINED'])}:mailto:host@else.example")
            status = draw.choice(["ACCEPTED", "DECLINED", "DECLINED", "TENTATIVE", "NEEDS-ACTION"])
            self.line(f"ATTENDEE;PARTSTAT={status}:{draw.choice(['mailto:', 'MAILTO:'])}{draw.choice([JANE, JANE.upper()])}")

    def event(self):
        draw = self.draw
        all_day, zone, start = draw.random() < 0.2, self.zone(), self.local()
        if all_day:
            zone = ("", self.owner, ZoneInfo(self.owner))
            start = dt.datetime.combine(start.date(), dt.time())
        self.line("BEGIN:VEVENT")
        self.line("UID:x")
        self.line("DTSTAMP:20260101T000000Z")
        sequence = draw.choice([0, 0, 2])
        self.line(f"SEQUENCE:{sequence}")
        if all_day:
            self.line(f"DTSTART;VALUE=DATE:{start:%Y%m%d}")
        else:
            self.value("DTSTART", start, zone)
        self.length(start, zone, all_day)
        self.state()
        is_series = draw.random() < 0.75
        if is_series:
            self.rule(start, zone, all_day)
        occurrences = self.occurrences(start, zone, all_day)
        draw.shuffle(occurrences)
        for _ in range(draw.choice([0, 0, 1, 2])):
            if len(occurrences) > 1 and is_series:
                self.exdate(occurrences.pop(), zone, all_day)
        has_period = False
        if draw.random() < 0.15:
            if all_day:
                self.line(f"RDATE;VALUE=DATE:{self.local():%Y%m%d}")
            elif draw.random() < 0.5:
                self.value("RDATE", self.local(), zone)
            else:
                has_period = True
                at = (self.local() + dt.timedelta(minutes=7)).replace(tzinfo=zone[2]).astimezone(UTC)
                self.line(f"RDATE;VALUE=PERIOD:{utc(at)}/PT{draw.choice([20, 200])}M")
        self.line("END:VEVENT")
        # Whether a period keeps its length under a change of all that follows is not said anywhere.
        future = has_period
        for _ in range(draw.choice([0, 0, 1, 1, 2, 3])):
            if not occurrences or not is_series:
                break
            future = self.exception(occurrences.pop(), zone, all_day, sequence, future)

    def occurrences(self, start, zone, all_day):
        """The starts of the series so far, in its own zone."""
        event = self.plain[self.plain.rindex("BEGIN:VEVENT") :] + "END:VEVENT\n"
        text = f"BEGIN:VCALENDAR\nVERSION:2.0\n{''.join(self.zones.values())}{event}END:VCALENDAR\n"
        calendar = icalendar.Calendar.from_ical(text)
        found = recurring_ical_events.of(calendar).between(self.start - dt.timedelta(days=3), self.end + dt.timedelta(days=3))
        starts = [one["DTSTART"].dt for one in found]
        if all_day:
            return [dt.datetime.combine(day, dt.time()) for day in starts]
        local = [at.astimezone(zone[2]).replace(tzinfo=None) for at in starts]
        # A time in a gap has no name of its own.
        return [at for at in local if at.replace(tzinfo=zone[2]).astimezone(UTC).astimezone(zone[2]).replace(tzinfo=None) == at]

    def name(self, prop, at, zone, all_day, more=""):
        """Names an occurrence: by its own zone, in UTC, or as a date."""
        if all_day:
            self.line(f"{prop}{more};VALUE=DATE:{at:%Y%m%d}")
        elif self.draw.random() < 0.6:
            self.value(prop, at, zone, more)
        else:
            self.line(f"{prop}{more}:{utc(at.replace(tzinfo=zone[2]))}")

    def exdate(self, at, zone, all_day):
        if not all_day and self.draw.random() < 0.15:
            self.line(f"EXDATE;VALUE=DATE:{at:%Y%m%d}")
        else:
            self.name("EXDATE", at, zone, all_day)

    def exception(self, at, zone, all_day, sequence, future):
        draw = self.draw
        self.line("BEGIN:VEVENT")
        self.line("UID:x")
        self.line("DTSTAMP:20260101T000000Z")
        self.line(f"SEQUENCE:{sequence + draw.choice([0, 1, 3])}")
        # Several that apply to the future at once mean different things to different programs.
        more, is_future = "", not future and draw.random() < 0.2
        if is_future:
            more, future = ";RANGE=THISANDFUTURE", True
        self.name("RECURRENCE-ID", at, zone, all_day, more)
        moved = at + dt.timedelta(minutes=draw.choice([0, 0, 30, 60, 300, -120, 1440, -2880]))
        if all_day:
            moved = at + dt.timedelta(days=draw.choice([0, 1, -1]))
            self.line(f"DTSTART;VALUE=DATE:{moved:%Y%m%d}")
            self.length(moved, zone, True)
        elif is_future or draw.random() < 0.7:
            self.value("DTSTART", moved, zone)
            self.length(moved, zone, False)
        else:
            other = self.zone()
            moved = moved.replace(tzinfo=zone[2]).astimezone(other[2]).replace(tzinfo=None)
            self.value("DTSTART", moved, other)
            self.length(moved, other, False)
        if draw.random() < 0.3:
            self.line("STATUS:CANCELLED")
        else:
            self.state()
        self.line("END:VEVENT")
        return future

    def make(self):
        self.event()
        wrap = lambda body: "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//x//EN\n" + "".join(self.zones.values()) + body + "END:VCALENDAR\n"
        return {
            "text": wrap(self.text).replace("\n", "\r\n"), "plain": wrap(self.plain), "addresses": [JANE], "zone": self.owner,
            "start": self.start.isoformat(), "end": self.end.isoformat(), "minutes": self.draw.choice([15, 30, 60]),
        }


def make(seed, cases):
    for number in range(cases):
        print(json.dumps(Maker(random.Random(f"{seed}/{number}")).make()))


def is_free(event):
    if event.get("TRANSP") == "TRANSPARENT" or event.get("STATUS") == "CANCELLED":
        return True
    attendees = event.get("ATTENDEE", [])
    attendees = attendees if isinstance(attendees, list) else [attendees]
    own = [a for a in attendees if a.lower().removeprefix("mailto:") == JANE]
    return bool(own) and all(a.params.get("PARTSTAT") == "DECLINED" for a in own)


def instant(at, owner):
    if not isinstance(at, dt.datetime):
        at = dt.datetime.combine(at, dt.time())
    return (at if at.tzinfo else at.replace(tzinfo=owner)).astimezone(UTC)


def expected(case):
    owner = ZoneInfo(case["zone"])
    start, end = (dt.datetime.fromisoformat(case[name]) for name in ("start", "end"))
    calendar = icalendar.Calendar.from_ical(case["plain"])
    # The elapsed length of each component, by which the length of its occurrences is completed.
    spans = set()
    margin = dt.timedelta(days=4)
    for event in recurring_ical_events.of(calendar).between(start - margin, end + margin):
        if is_free(event):
            continue
        first, last = event["DTSTART"].dt, event["DTEND"].dt
        begin, finish = instant(first, owner), instant(last, owner)
        if isinstance(first, dt.datetime):
            # `last` was reckoned by the clock.
            clock = last.replace(tzinfo=None) - first.replace(tzinfo=None) if last.tzinfo == first.tzinfo else last - first
            finish = max(finish, begin + elapsed(calendar, event, clock))
        if finish > begin and begin < end and finish > start:
            spans.add((begin, finish))
    return spans


def elapsed(calendar, occurrence, clock):
    """The elapsed length of the component that an occurrence comes from; of an occurrence with its own length, that length."""
    events = [event for event in calendar.walk("VEVENT") if isinstance(event["DTSTART"].dt, dt.datetime)]
    # Of several with the same length, the one that starts there.
    for event in sorted(events, key=lambda event: event["DTSTART"].dt != occurrence["DTSTART"].dt):
        first = event["DTSTART"].dt
        if "DTEND" in event:
            last = event["DTEND"].dt
            wall = last.replace(tzinfo=None) - first.replace(tzinfo=None) if last.tzinfo == first.tzinfo else last - first
            if wall == clock or last - first == clock:
                return last.astimezone(UTC) - first.astimezone(UTC)
        elif "DURATION" in event and event["DURATION"].dt == clock:
            return clock
    return clock


def compare(calendars, answers):
    cases = differ = overlapping = unreadable = occurrences = booked = 0
    for line, answer in zip(open(calendars), open(answers), strict=True):
        case, answer = json.loads(line), json.loads(answer)
        cases += 1
        want = expected(case)
        occurrences += len(want)
        if answer["busy"] is None:
            unreadable += 1
            print(f"UNREADABLE case {cases - 1}\n{case['text']}", file=sys.stderr)
            continue
        have = {tuple(dt.datetime.fromisoformat(at) for at in span) for span in answer["busy"]}
        if have != want:
            differ += 1
            show = lambda spans: [f"{a:%Y-%m-%d %H:%M}/{b:%Y-%m-%d %H:%M}" for a, b in sorted(spans)]
            print(f"DIFFERS case {cases - 1}, owner in {case['zone']}\n{case['text']}", file=sys.stderr)
            print(f"  only Meshline: {show(have - want)}\n  only Python:   {show(want - have)}", file=sys.stderr)
        if answer["slot"]:
            booked += 1
            begin, finish = (dt.datetime.fromisoformat(at) for at in answer["slot"])
            if any(a < finish and begin < b for a, b in want):
                overlapping += 1
                print(f"OVERLAPS case {cases - 1}: {answer['slot']}", file=sys.stderr)
    print(json.dumps({"cases": cases, "occurrences": occurrences, "booked": booked, "overlapping": overlapping, "differ": differ, "unreadable": unreadable}))
    sys.exit(1 if differ or overlapping or unreadable else 0)


if sys.argv[1] == "make":
    make(sys.argv[2], int(sys.argv[3]))
else:
    compare(sys.argv[2], sys.argv[3])
