"""Supervision and cards (law 0, sections 17 to 19), over the state that `law.Ledger` keeps."""

from preimages import demand


class Cards:
    """What `judgement.Judgement` is also made of."""

    def supervision_published(self):
        self.blob(self.body["rules"])
        self.decided()
        return lambda: self.ledger.supervision.append(self.index)

    def card_raised(self):
        body, ledger = self.body, self.ledger
        demand(ledger.supervision, "card")
        demand(body["card"] == len(ledger.cards) + 1, "card")
        earliest = ledger.cards[body["card"] - 1]["at"] if ledger.cards else ledger.supervision[0] + 1
        demand(earliest <= body["at"] < self.index, "card")
        demand(body["department"] in ledger.departments, "card")
        ((what, name),) = body["about"].items()
        known = {
            "case": ledger.cases, "licence": ledger.licences, "officer": ledger.officers, "department": ledger.departments,
        }
        demand(name in known[what], "card")
        demand("stops" not in body or (what, body["colour"]) == ("officer", "red"), "card")
        card = {
            "at": body["at"], "department": body["department"], "stops": name if "stops" in body else None,
            "steps": [(self.index, "raised")],
        }
        return lambda: ledger.cards.update({body["card"]: card})

    def open_card(self):
        demand(self.body["card"] in self.ledger.cards, "card")
        card = self.ledger.cards[self.body["card"]]
        demand(card["steps"][-1][1] != "released", "card")
        return card

    def supervisor(self, card, own):
        """Exactly one supervisor of the card's department, or of exactly one other."""
        signed = [approval["key"] for approval in self.body.get("approvals", [])]
        department = card["department"]
        if not own:
            of = [held[-1]["department"] for held in self.ledger.officers.values() if held[-1]["key"] in signed[:1]]
            demand(of and of[0] != department, "approvals")
            department = of[0]
        demand(signed, "approvals")
        self.officers([(department, 1)], "supervisor")

    def followed(self, card, step):
        return lambda: card["steps"].append((self.index, step))

    def card_ordered(self):
        card = self.open_card()
        demand(card["steps"][-1][1] != "ordered", "card")
        demand(1 <= self.body["within"] <= 400, "card")
        self.supervisor(card, own=False)
        return self.followed(card, "ordered")

    def card_answered(self):
        card = self.open_card()
        demand(card["steps"][-1][1] != "answered", "card")
        self.supervisor(card, own=True)
        return self.followed(card, "answered")

    def card_released(self):
        card = self.open_card()
        self.supervisor(card, own=False)
        return self.followed(card, "released")

    def nobody_stopped(self):
        """Nobody approves whom a card stops."""
        stopped = {card["stops"] for card in self.ledger.cards.values() if card["steps"][-1][1] != "released"}
        keys = {one["key"] for name, held in self.ledger.officers.items() if name in stopped for one in held}
        holder = self.body.get("grant", self.body)
        demand(not any(approval["key"] in keys for approval in holder.get("approvals", [])), "stopped")
