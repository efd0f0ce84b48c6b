/// Something known about a program or a host, or the reason why it is not known. There is no third state and no
/// default: an empty set of helpers and an unknown set are different facts.
package enum Fact<Value: Equatable & Sendable>: Equatable, Sendable {
    case known(Value, Provenance)
    case unknown(Cause)

    package var value: Value? {
        switch self {
        case .known(let value, _): value
        case .unknown: nil
        }
    }

    /// The truth of a condition on this fact.
    func satisfies(_ condition: (Value) -> Bool) -> Truth {
        switch self {
        case .known(let value, _): condition(value) ? .true : .false
        case .unknown: .unknown
        }
    }
}

/// How a fact came to be known.
package enum Provenance: String, Sendable {
    /// Proven from the bytes themselves.
    case proven = "P"
    /// Said by someone whose signature was checked.
    case attested = "A"
    /// Seen on this host.
    case observed = "O"
    /// Said by the caller.
    case claimed = "C"
}

/// Why a fact is unknown.
package enum Cause: Equatable, Sendable {
    case absent
    case probeFailed(String)
    case extractionFailed(String)
}

extension Cause: LosslessStringConvertible {
    package var description: String {
        switch self {
        case .absent: "not given"
        case .probeFailed(let reason): "probe failed: \(reason)"
        case .extractionFailed(let reason): "extraction failed: \(reason)"
        }
    }

    /// Nil unless the text is a cause's ``description``.
    package init?(_ description: String) {
        func reason(after prefix: String) -> String? {
            guard description.utf8.starts(with: prefix.utf8) else { return nil }
            return String(decoding: description.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
        }
        if description == "not given" {
            self = .absent
        } else if let reason = reason(after: "probe failed: ") {
            self = .probeFailed(reason)
        } else if let reason = reason(after: "extraction failed: ") {
            self = .extractionFailed(reason)
        } else {
            return nil
        }
    }
}

/// Kleene's three values.
package enum Truth: String, Sendable {
    case `true`, `false`, unknown
}
