"""What content rules found (law 0, sections 20 to 22), over the state that `law.Ledger` keeps."""

from preimages import demand


class Content:
    """What `judgement.Judgement` is also made of."""

    def content_found(self):
        body, ledger = self.body, self.ledger
        demand(ledger.supervision, "content")
        demand(body["content"] == len(ledger.contents) + 1, "content")
        last = ledger.contents[-1]["at"] if ledger.contents else ledger.supervision[0]
        demand(last < body["at"] < self.index, "content")
        demand(body["licence"] in ledger.licences, "content")
        licence = ledger.licences[body["licence"]]
        demand(licence["entries"][0][0] == body["at"], "content")
        demand(not licence["past_at_first"], "content")
        demand(licence["department"] == body["department"], "content")
        demand(body["rules"] and body["rules"] == sorted(set(body["rules"])), "content")
        found = {"at": body["at"], "index": self.index}
        return lambda: ledger.contents.append(found)
