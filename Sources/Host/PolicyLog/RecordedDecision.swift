package import PolicyCore

/// What a record of a decision says beside the decision.
package struct LogContext: Sendable {
    package var time: LogTime
    package var snapshot: ContentDigest?
    /// The time for which it was decided.
    package var now: UTCTime
    package var availability: Availability
    /// Facts whose values are not to be read in the log.
    package var redacted: Set<FactName>
    package var ticket: String?

    package init(
        time: LogTime, snapshot: ContentDigest?, now: UTCTime, availability: Availability,
        redacted: Set<FactName> = [], ticket: String? = nil
    ) {
        self.time = time
        self.snapshot = snapshot
        self.now = now
        self.availability = availability
        self.redacted = redacted
        self.ticket = ticket
    }
}

/// A decision, and what became of its record.
package struct RecordedDecision: Equatable, Sendable {
    package var decision: Decision
    /// The number of the record; nil where there is none.
    package var sequence: UInt64?
    /// Why there is none: for an alarm.
    package var alarm: LogError?
}

extension DecisionLog {
    @discardableResult
    package mutating func append(_ decision: Decision, _ context: LogContext) throws(LogError) -> UInt64 {
        let record = DecisionRecord(
            decision.concealing(context.redacted), availability: context.availability.concealing(context.redacted),
            now: context.now
        ).redacting(context.redacted, of: decision.facts, with: salt)
        return try append(
            .decision(record, ticket: context.ticket), time: context.time, snapshot: context.snapshot)
    }

    /// Decides and records, in this order and before anything is done about it.
    ///
    /// Where the record cannot be written, what is left is ``RecordedDecision/unrecorded(_:_:by:)``. What could not be recorded is counted, and
    /// the count is recorded once that is possible.
    ///
    /// - Parameter decide: the answer to one question under the given policies.
    package mutating func decide(
        _ set: PolicySet, availability: Availability, now: UTCTime, time: LogTime, snapshot: ContentDigest?,
        ticket: String? = nil, by decide: (PolicySet) -> Decision
    ) -> RecordedDecision {
        let decision = decide(set)
        let redacted = set.bases.reduce(into: Set<FactName>()) { $0.formUnion($1.file.options.redacted) }
        let context = LogContext(
            time: time, snapshot: snapshot, now: now, availability: availability, redacted: redacted, ticket: ticket)
        do throws(LogError) {
            return RecordedDecision(decision: decision, sequence: try append(decision, context))
        } catch {
            return .unrecorded(set, error, by: decide)
        }
    }
}

extension RecordedDecision {
    /// What is left of a decision that cannot be recorded: nothing runs if any policy says `log_required`, and the code is
    /// `E_LOG_UNAVAILABLE`; otherwise it is decided again with the ceiling that is left then, and there is an alarm.
    package static func unrecorded(
        _ set: PolicySet, _ error: LogError, by decide: (PolicySet) -> Decision
    ) -> RecordedDecision {
        guard !set.isLogRequired else { return RecordedDecision(decision: decide(set).withheld, alarm: error) }
        var capped = set
        capped.cap = .logUnavailable
        return RecordedDecision(decision: decide(capped), alarm: error)
    }
}

extension PolicySet {
    package var isLogRequired: Bool { bases.contains(where: \.file.options.logRequired) }
}

extension Decision {
    /// What is left of a decision that may not stand without a record. A denial stays the one that it is.
    package var withheld: Decision {
        guard allows else { return self }
        var decision = self
        (decision.outcome, decision.code, decision.auditedCode) = (.deny, .logUnavailable, nil)
        decision.cap = .logUnavailable
        return decision
    }
}
