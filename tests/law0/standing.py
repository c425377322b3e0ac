"""Section 9: where a licence may go from where it stands."""

ENDINGS = ("recalled", "rescinded", "penalty", "annulled", "cancelled")
CAUSES = ("renewed", "changed", "corrected", "reissued")
STANDINGS = ("valid", "suspended", *ENDINGS, *CAUSES)
ACTS = ("suspended", "reinstated", *ENDINGS, *CAUSES)


def after(standing, act, expired):
    """The standing after an act, or None where it cannot follow."""
    open_ = standing in ("valid", "suspended")
    if act in ("cancelled", "rescinded"):
        return act if standing != act else None
    if not open_:
        return None
    if expired and act not in ("penalty", "renewed"):
        return None
    if act == "suspended":
        return act if standing == "valid" else None
    if act == "reinstated":
        return "valid" if standing == "suspended" else None
    if act in ("renewed", "changed") and standing == "suspended":
        return None
    return act


def status(standing):
    return {"valid": 0, "suspended": 2}.get(standing, 1)
