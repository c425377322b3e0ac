"""Officers, processes, calendars and cases (law 0, sections 13 to 16), over the state that `law.Ledger` keeps."""

from datetime import date

from preimages import day, demand, handle_time

ROLES = ("intake", "examiner", "signer", "supervisor")
OPEN = ("filed", "asked", "accepted", "examined", "granted")


class Cases:
    """What `judgement.Judgement` is also made of: it brings the ledger, the entry, and who approves."""

    # Officers, processes, calendars.

    def officer_appointed(self):
        body, ledger = self.body, self.ledger
        demand(handle_time(body["officer"]) <= self.time, "handle-time")
        self.department(body["department"])
        key = ledger.held(ledger.keys, body["key"])
        demand(key and (key["owner"], key["purpose"]) == (body["department"], "officer"), "key-purpose")
        appointed = [(name, one) for name, all in ledger.officers.items() for one in all]
        demand(all(name == body["officer"] for name, one in appointed if one["key"] == body["key"]), "officer")
        known = ledger.officers.get(body["officer"], [])
        demand(not known or "until" not in known[-1] and known[-1]["department"] == body["department"], "officer")
        places = [ROLES.index(role) for role in body["roles"]]
        demand(places and places == sorted(set(places)), "officer")
        demand(body["from"] <= body.get("until", "9999-12-31"), "dates")
        self.decided()
        one = {"department": body["department"], "key": body["key"], "roles": body["roles"], "since": self.index}
        one |= {"first": body["from"], "last": body.get("until", "9999-12-31")}

        def change():
            if known:
                self.until(known[-1])
            ledger.officers.setdefault(body["officer"], []).append(one)
        return change

    def officer_left(self):
        known = self.ledger.officers.get(self.body["officer"], [])
        demand(known and "until" not in known[-1], "officer")
        self.decided()
        return lambda: self.until(known[-1])

    def process_published(self):
        body, ledger = self.body, self.ledger
        versions = ledger.types.get(body["type"], [])
        demand(versions and "until" not in versions[-1] and body["version"] == len(versions), "type")
        demand((body["type"], body["version"]) not in ledger.processes, "process")
        departments = [approvers.get("department", "") for approvers in body["approvers"]]
        demand(departments and departments == sorted(set(departments)), "process")
        demand(all(approvers["officers"] > 0 for approvers in body["approvers"]), "process")
        for code in departments:
            if code:
                self.department(code)
        demand(sum(approvers["officers"] for approvers in body["approvers"]) == versions[-1]["officers"], "process")
        demand(all(1 <= days <= 400 for days in [*body["promised"].values(), body.get("promise", 1)]), "process")
        self.decided()
        process = {"approvers": body["approvers"], "promise": "promise" in body, "since": self.index}
        return lambda: ledger.processes.update({(body["type"], body["version"]): process})

    def calendar_published(self):
        days = [exception["date"] for exception in self.body["exceptions"]]
        demand(days == sorted(set(days)), "calendar")
        for exception in self.body["exceptions"]:
            weekend = date.fromisoformat(exception["date"]).weekday() >= 5
            year = int(exception["date"][:4])
            demand(year == self.body["year"] and exception["working"] == weekend, "calendar")
        self.decided()
        return lambda: self.ledger.calendars.update({self.body["year"]: self.index})

    # Who acts.

    def acting(self, key, department, role):
        """The officer whose key it is, if he acts in this role for this department at this entry; else None."""
        ledger, today = self.ledger, day(self.time, self.ledger.offset)
        for name, appointed in ledger.officers.items():
            newest = appointed[-1]
            if newest["key"] == key:
                counts = ledger.held(ledger.departments, department) and ledger.held(ledger.keys, key)
                fits = newest["department"] == department and role in newest["roles"] and "until" not in newest
                return name if counts and fits and newest["first"] <= today <= newest["last"] else None
        return None

    def officers(self, wanted, role):
        """From each of `wanted` (department, how many) exactly so many; who they are."""
        groups, names, together = [], [], {}
        if role == "signer":
            self.nobody_stopped()
        for department, count in wanted:
            together[department] = together.get(department, 0) + count
        for department, count in together.items():
            keys = [appointed[-1]["key"] for appointed in self.ledger.officers.values()]
            group = {key: self.acting(key, department, role) for key in keys}
            group = {key: name for key, name in group.items() if name}
            names.append(group)
            groups.append((self.spkis(group), count))
        self.approved(groups)
        signed = {approval["key"] for approval in self.body["approvals"]}
        return [name for group in names for key, name in group.items() if key in signed]

    # Cases.

    def case(self, *stages):
        demand(self.body["case"] in self.ledger.cases, "case")
        case = self.ledger.cases[self.body["case"]]
        demand(case["stage"] in stages, "case-step")
        return case

    def moved(self, case, step, stage):
        def change():
            case["steps"].append((self.index, step))
            case["stage"] = stage
        return change

    def case_filed(self):
        body, ledger = self.body, self.ledger
        demand(body["case"] not in ledger.cases, "identifier")
        demand(handle_time(body["case"]) <= self.time, "handle-time")
        self.department(body["department"])
        if "corrects" in body:
            self.objected()
        else:
            self.applied_for()
        case = {name: body[name] for name in ("department", "type", "version", "region", "promise")}
        case |= {"accepted": None, "examined": set(), "checked": False, "rated": False, "licence": None}
        case |= {"issued": False, "bad": False, "opinion": False, "stage": "filed", "steps": [(self.index, "filed")]}
        case |= {"corrects": body.get("corrects"), "filed": self.index}
        return lambda: ledger.cases.update({body["case"]: case})

    def applied_for(self):
        body, ledger = self.body, self.ledger
        versions = ledger.types.get(body["type"], [])
        demand(versions and "until" not in versions[-1] and body["version"] == len(versions), "type")
        process = ledger.processes.get((body["type"], body["version"]))
        demand(process and (process["promise"] or not body["promise"]), "process")
        demand(any(self.covers(power, body) for power in ledger.powers.values()), "power")

    def objected(self):
        body = self.body
        licence = self.licence(body["corrects"])
        demand(licence["entries"][-1][1] in ("valid", "suspended"), "correction")
        same = all(licence[name] == body[name] for name in ("department", "type", "version", "region"))
        demand(same and not body["promise"], "correction")

    def covers(self, power, wanted):
        today = day(self.time, self.ledger.offset)
        inside = power["region"][:2 if power["region"].endswith("0000") else 4 if power["region"].endswith("00") else 6]
        return (
            "until" not in power and (power["department"], power["type"]) == (wanted["department"], wanted["type"])
            and wanted["region"].startswith(inside) and power["from"] <= today <= (power["last"] or "9999-12-31")
        )

    def case_accepted(self):
        case = self.case("filed")
        (officer,) = self.officers([(case["department"], 1)], "intake")
        move = self.moved(case, "accepted", "accepted")
        return lambda: (move(), case.update(accepted=officer))

    def case_declined(self):
        case = self.case("filed")
        self.officers([(case["department"], 1)], "intake")
        return self.moved(case, "declined", "declined")

    def case_asked(self):
        case = self.case("filed", "accepted")
        taken_up = case["stage"] == "accepted"
        (officer,) = self.officers([(case["department"], 1)], "examiner" if taken_up else "intake")
        demand(not taken_up or case["accepted"] != officer, "separation")
        move, back = self.moved(case, "asked", "asked"), case["stage"]

        def change():
            move()
            case["back"] = back
            case["examined"] |= {officer} if taken_up else set()
        return change

    def case_supplied(self):
        case = self.case("asked")
        return self.moved(case, "supplied", case["back"])

    def case_examined(self):
        case = self.case("accepted", "examined")
        (officer,) = self.officers([(case["department"], 1)], "examiner")
        demand(case["accepted"] != officer, "separation")
        move = self.moved(case, "examined", "examined")
        return lambda: (move(), case["examined"].add(officer), case.update(opinion=True))

    def may_sign(self, case, officer):
        apart = case["examined"] | (set() if case["opinion"] else {case["accepted"]})
        demand(officer not in apart, "separation")

    def case_decided(self):
        case = self.case("accepted", "examined", "granted")
        demand(case["stage"] != "accepted" or case["promise"], "case-step")
        licence, upheld = self.body.get("licence"), "upheld" in self.body
        demand(not (licence if case["corrects"] else upheld), "correction")
        demand(not upheld or self.acted_upon(case), "correction")
        if licence:
            demand(licence["handle"] not in self.ledger.licences, "identifier")
            demand(handle_time(licence["handle"]) <= self.time, "handle-time")
        (officer,) = self.officers([(case["department"], 1)], "signer")
        self.may_sign(case, officer)
        move = self.moved(case, "decided", "granted" if licence else "refused")
        if case["corrects"]:
            move = self.moved(case, "decided", "corrected" if upheld else "dismissed")
        return lambda: (move(), case.update(licence=licence))

    def acted_upon(self, case):
        """Whether the licence stands otherwise by an entry after the filing."""
        entries = self.ledger.licences[case["corrects"]]["entries"]
        return any(now[0] > case["filed"] and now[1] != before[1] for before, now in zip(entries, entries[1:]))

    def from_case(self, grant, process):
        """`licence.issued` of a version with a process; what it does to its case."""
        demand("case" in grant and grant["case"]["handle"] in self.ledger.cases, "case")
        case = self.ledger.cases[grant["case"]["handle"]]
        demand(case["stage"] == "granted", "case-step")
        demand(grant["case"]["prev"] == self.ledger.last["case", grant["case"]["handle"]], "prev")
        demand(case["department"] == grant["department"], "not-yours")
        demand(all(case[name] == grant[name] for name in ("type", "version", "region")), "case")
        demand(case["licence"] == {name: grant[name] for name in ("credential_digest", "handle")}, "draft")
        wanted = [(one.get("department", grant["department"]), one["officers"]) for one in process["approvers"]]
        for officer in self.officers(wanted, "signer"):
            self.may_sign(case, officer)
        move = self.moved(case, "issued", "issued")
        return lambda: (move(), case.update(issued=True))

    def case_delivered(self):
        return self.moved(self.case("issued", "refused", "declined", "corrected", "dismissed"), "delivered", "delivered")

    def case_rated(self):
        case = self.case("delivered")
        demand(not case["rated"], "case-step")
        move = self.moved(case, "rated", "delivered")
        return lambda: (move(), case.update(rated=True, bad=self.body["level"] <= 2))

    def case_rectified(self):
        case = self.case("delivered")
        demand(case["bad"], "case-step")
        self.officers([(case["department"], 1)], "supervisor")
        move = self.moved(case, "rectified", "delivered")
        return lambda: (move(), case.update(bad=False))

    def case_withdrawn(self):
        return self.moved(self.case(*OPEN), "withdrawn", "withdrawn")

    def case_checked(self):
        case = self.case("issued", "delivered")
        demand(case["promise"] and case["issued"] and not case["checked"], "case-step")
        self.officers([(case["department"], 1)], "supervisor")
        move = self.moved(case, "checked", case["stage"])
        return lambda: (move(), case.update(checked=True))
