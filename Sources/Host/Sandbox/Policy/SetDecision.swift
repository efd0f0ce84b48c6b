package import PolicyCore

/// What policy says of each program of a set. All of them may run, so the strictest word is the one that counts.
package struct SetDecision: Sendable {
    /// One for each member, in order.
    package let decisions: [Decision]
    /// The member whose decision counts: of those that are strictest, the first. Where several are denied it is one to which policy allows
    /// least, rather than one that this host has no tier for.
    package let strictest: Int

    /// - Parameter decisions: of one availability and one requested tier; at least one.
    package init(_ decisions: [Decision]) {
        precondition(!decisions.isEmpty, "a set has a program")
        self.decisions = decisions
        // What a denial allows is nothing, whatever tier it names.
        func allowed(_ decision: Decision) -> Tier { decision.allows ? decision.outcome : .deny }
        func strictness(_ index: Int) -> (Tier, Tier) { (allowed(decisions[index]), decisions[index].ceiling) }
        strictest = decisions.indices.min { strictness($0) < strictness($1) } ?? 0
    }

    /// The tier is the least exposed of all, which every other decision allows as well: each allows whatever is below its own.
    package var decision: Decision {
        var decision = decisions[strictest]
        if decisions.contains(where: { $0.onFailure == .closed }) { decision.onFailure = .closed }
        return decision
    }

    package var allows: Bool { decisions.allSatisfy(\.allows) }
}
