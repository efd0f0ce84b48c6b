/// How exposed the host is while a program runs. The order is total and is the whole of the policy's arithmetic:
/// every rule is a maximum or a minimum over it, so the order of rules and files cannot matter, and restricting can
/// only restrict.
///
/// The guest tiers sit below the child tiers because a guest keeps a hardware boundary, while a child shares the host's
/// kernel, however few of its calls it may make.
package enum Tier: UInt8, CaseIterable, Comparable, Sendable {
    case deny = 0
    case interpGuest = 1
    case jitGuest = 2
    case interpChild = 3
    case jitChild = 4

    /// The tiers in which a program runs, least exposed first.
    package static let running: [Tier] = [.interpGuest, .jitGuest, .interpChild, .jitChild]

    /// What keeps the program in.
    package enum Enclosure: String, CaseIterable, Sendable {
        case guest, child
    }

    /// Nil for ``deny``, in which nothing runs.
    package var enclosure: Enclosure? {
        switch self {
        case .deny: nil
        case .interpGuest, .jitGuest: .guest
        case .interpChild, .jitChild: .child
        }
    }

    /// The name in policies, records and on the command line.
    package var name: String {
        switch self {
        case .deny: "deny"
        case .interpGuest: "interp-guest"
        case .jitGuest: "jit-guest"
        case .interpChild: "interp-child"
        case .jitChild: "jit-child"
        }
    }

    /// The tier of that exact name, or nil.
    package init?(name: String) {
        guard let tier = Tier.allCases.first(where: { $0.name == name }) else { return nil }
        self = tier
    }

    package static func < (left: Tier, right: Tier) -> Bool { left.rawValue < right.rawValue }
}

extension Tier: CustomStringConvertible {
    package var description: String { name }
}

/// A set of tiers.
package struct TierSet: Equatable, Sendable, ExpressibleByArrayLiteral {
    private var bits: UInt8 = 0

    package init(_ tiers: some Sequence<Tier>) {
        for tier in tiers { bits |= 1 << tier.rawValue }
    }

    package init(arrayLiteral elements: Tier...) { self.init(elements) }

    package func contains(_ tier: Tier) -> Bool { bits & (1 << tier.rawValue) != 0 }

    package mutating func remove(_ tier: Tier) { bits &= ~(1 << tier.rawValue) }

    package mutating func insert(_ tier: Tier) { bits |= 1 << tier.rawValue }
}
