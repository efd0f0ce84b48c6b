/// One thing that a fact or a rule can name.
package enum FactAtom: Hashable, Sendable {
    case word(String)
    case number(UInt64)
    case flag(Bool)
    case digest(ContentDigest)
}

/// The value of a fact: one thing, or a set of them, which may be empty. That nothing is known is no value: see ``Fact``.
package enum FactValue: Hashable, Sendable {
    case one(FactAtom)
    case many(Set<FactAtom>)

    /// The things in it.
    package var atoms: Set<FactAtom> {
        switch self {
        case .one(let atom): [atom]
        case .many(let atoms): atoms
        }
    }
}

/// What the values of a fact are, and so how they are written and which of them there are.
package enum FactShape: Equatable, Sendable {
    /// One of a closed set of words.
    case word([String])
    /// Printable ASCII of at most ``maximumTextBytes``.
    case text
    case number
    /// Seconds, written as a number of days, hours or minutes: `30d`, `12h`, `5m`.
    case duration
    /// A kernel's release, written `6.1` or `6.1.55`.
    case release
    case flag
    case digest(prefix: String)
    /// Sets.
    case keys
    case digests
    case helpers
    case words([String])
    case labels

    package static let maximumTextBytes = 256

    package var isSet: Bool {
        switch self {
        case .word, .text, .number, .duration, .release, .flag, .digest: false
        case .keys, .digests, .helpers, .words, .labels: true
        }
    }

    /// How an atom of this shape is written; what it is not is written as best one can.
    package func text(_ atom: FactAtom) -> String {
        switch atom {
        case .word(let word): word
        case .flag(let flag): "\(flag)"
        case .number(let number):
            switch self {
            case .helpers: HelperFunction(number: UInt32(truncatingIfNeeded: number)).description
            case .duration: Self.duration(number)
            case .release: Self.release(number)
            case .word, .text, .number, .flag, .digest, .keys, .digests, .words, .labels: "\(number)"
            }
        case .digest(let digest):
            switch self {
            case .digest(let prefix): prefix + digest.description
            case .keys: KeyID.prefix + digest.description
            case .word, .text, .number, .duration, .release, .flag, .digests, .helpers, .words, .labels:
                ContentDigest.prefix + digest.description
            }
        }
    }

    /// The words of a value, in an order that does not depend on how it came about.
    package func words(_ value: FactValue) -> [String] {
        switch value {
        case .one(let atom): [text(atom)]
        case .many(let atoms):
            self == .helpers
                ? atoms.sorted { Self.number($0) < Self.number($1) }.map(text) : atoms.map(text).sorted()
        }
    }

    private static func number(_ atom: FactAtom) -> UInt64 {
        switch atom {
        case .number(let number): number
        case .word, .flag, .digest: 0
        }
    }

    private static func duration(_ seconds: UInt64) -> String {
        if seconds.isMultiple(of: 86_400) { return "\(seconds / 86_400)d" }
        if seconds.isMultiple(of: 3600) { return "\(seconds / 3600)h" }
        if seconds.isMultiple(of: 60) { return "\(seconds / 60)m" }
        return "\(seconds)s"
    }

    /// A release as a number: eight bits for the patch level, eight for the minor version, the rest for the major one, as the kernel's
    /// `KERNEL_VERSION` does.
    private static func release(_ number: UInt64) -> String {
        let (major, minor, patch) = (number >> 16, number >> 8 & 0xFF, number & 0xFF)
        return patch == 0 ? "\(major).\(minor)" : "\(major).\(minor).\(patch)"
    }
}
