extension DecisionRecord {
    /// What the record says that ran. A code or an outcome that this engine does not know is a denial, and so are two that contradict each
    /// other: a later engine's word for "yes" is none here.
    package var ranIn: Tier {
        guard let code = PolicyCode(rawValue: code), code.allows, let tier = Tier(name: outcome) else { return .deny }
        return tier
    }

    package var isDenial: Bool { ranIn == .deny }
}
