/// A permit or a forbid.
package struct Rule: Equatable, Sendable {
    package var effect: Effect
    package var id: String
    /// Up to here (permit), or from here up not (forbid). Never ``Tier/deny``.
    package var tier: Tier
    /// All of them have to hold.
    package var conditions: [Condition]
    package var note: String?
    /// A rule that is tried out: it is evaluated and recorded, and never counts.
    package var isShadow: Bool
    /// The author of the policy knows that this permit says nothing about who wrote the program.
    package var isUnsafeWithoutAuthor: Bool
    package var position: SourcePosition

    package init(
        _ effect: Effect, id: String, tier: Tier, when conditions: [Condition], note: String? = nil,
        isShadow: Bool = false, isUnsafeWithoutAuthor: Bool = false, position: SourcePosition = .start
    ) {
        self.effect = effect
        self.id = id
        self.tier = tier
        self.conditions = conditions
        self.note = note
        self.isShadow = isShadow
        self.isUnsafeWithoutAuthor = isUnsafeWithoutAuthor
        self.position = position
    }

    package enum Effect: String, Sendable {
        case permit, forbid
    }
}
