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
    /// Where the record cannot be written, nothing runs if any policy says `log_required`, and the code is `E_LOG_UNAVAILABLE`; otherwise
    /// it is decided again with the ceiling that is left then, and there is an alarm. What could not be recorded is counted, and the count
    /// is recorded once that is possible.
    package mutating func decide(
        _ set: PolicySet, facts: Facts, availability: Availability, requested: Tier? = nil, now: UTCTime, time: LogTime,
        snapshot: ContentDigest?, ticket: String? = nil
    ) -> RecordedDecision {
        let decision = PolicyCore.decide(
            set, facts: facts, availability: availability, requested: requested, now: now)
        let redacted = set.bases.reduce(into: Set<FactName>()) { $0.formUnion($1.file.options.redacted) }
        let context = LogContext(
            time: time, snapshot: snapshot, now: now, availability: availability, redacted: redacted, ticket: ticket)
        do throws(LogError) {
            return RecordedDecision(decision: decision, sequence: try append(decision, context))
        } catch {
            guard !set.bases.contains(where: \.file.options.logRequired) else {
                return RecordedDecision(decision: decision.withheld, alarm: error)
            }
            var capped = set
            capped.cap = .logUnavailable
            return RecordedDecision(
                decision: PolicyCore.decide(
                    capped, facts: facts, availability: availability, requested: requested, now: now),
                alarm: error)
        }
    }
}

extension Decision {
    /// What is left of a decision that may not stand without a record.
    fileprivate var withheld: Decision {
        var decision = self
        (decision.outcome, decision.code, decision.auditedCode) = (.deny, .logUnavailable, nil)
        decision.cap = .logUnavailable
        return decision
    }
}
