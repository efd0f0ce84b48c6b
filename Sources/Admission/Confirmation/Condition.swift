/// A comparison that decided where a program went, or one that would break it.
struct Condition {
    enum Relation: UInt8, CaseIterable {
        case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
        case signedLess, signedLessOrEqual, signedGreater, signedGreaterOrEqual
        /// Some bit is set in both.
        case common, nothingInCommon

        var opposite: Relation {
            switch self {
            case .equal: .notEqual
            case .notEqual: .equal
            case .less: .greaterOrEqual
            case .lessOrEqual: .greater
            case .greater: .lessOrEqual
            case .greaterOrEqual: .less
            case .signedLess: .signedGreaterOrEqual
            case .signedLessOrEqual: .signedGreater
            case .signedGreater: .signedLessOrEqual
            case .signedGreaterOrEqual: .signedLess
            case .common: .nothingInCommon
            case .nothingInCommon: .common
            }
        }

        func holds(_ a: UInt64, _ b: UInt64) -> Bool {
            switch self {
            case .equal: a == b
            case .notEqual: a != b
            case .less: a < b
            case .lessOrEqual: a <= b
            case .greater: a > b
            case .greaterOrEqual: a >= b
            case .signedLess: Int64(bitPattern: a) < Int64(bitPattern: b)
            case .signedLessOrEqual: Int64(bitPattern: a) <= Int64(bitPattern: b)
            case .signedGreater: Int64(bitPattern: a) > Int64(bitPattern: b)
            case .signedGreaterOrEqual: Int64(bitPattern: a) >= Int64(bitPattern: b)
            case .common: a & b != 0
            case .nothingInCommon: a & b == 0
            }
        }
    }

    var relation: Relation
    var a: Expression
    var b: Expression
    /// The conditional jump; -1 for what only the search wants.
    var instruction: Int

    var negated: Condition { Condition(relation: relation.opposite, a: a, b: b, instruction: instruction) }

    /// What the first side could be for the condition to hold; `choice` picks one.
    func proposal(_ a: UInt64, _ b: UInt64, _ choice: UInt64) -> UInt64 {
        let pick = choice & 7
        let noise = choice >> 8
        switch relation {
        case .equal: return b
        case .notEqual: return pick < 3 ? b &+ 1 : pick < 5 ? b &- 1 : pick == 5 ? ~b : noise
        case .less, .signedLess, .lessOrEqual, .signedLessOrEqual:
            let nearest = relation == .less || relation == .signedLess ? b &- 1 : b
            switch pick {
            case 0...2: return nearest
            case 3: return 0
            case 4: return nearest &- noise & 0xFF
            case 5: return a & ~(1 &<< (noise & 63))
            default: return Self.below(b, noise)
            }
        case .greater, .signedGreater, .greaterOrEqual, .signedGreaterOrEqual:
            let nearest = relation == .greater || relation == .signedGreater ? b &+ 1 : b
            switch pick {
            case 0...2: return nearest
            case 3: return nearest &+ noise & 0xFF
            case 4: return relation.isSigned ? UInt64(Int64.max) : 0xFFFF_FFFF
            // The bits above what another condition looks at.
            case 5: return a | 1 &<< (noise & 63)
            default: return Self.above(b, noise)
            }
        case .common:
            guard b != 0 else { return a }
            return pick < 4 ? a | b & (0 &- b) : a | b
        case .nothingInCommon: return a & ~b
        }
    }

    private static func below(_ limit: UInt64, _ noise: UInt64) -> UInt64 { limit == 0 ? 0 : noise % limit }
    private static func above(_ limit: UInt64, _ noise: UInt64) -> UInt64 {
        // Mostly within the limit's own width: what compares 32 bits has no use for more.
        let width = limit < 1 << 8 ? UInt64(0xFF) : limit < 1 << 16 ? 0xFFFF : limit < 1 << 32 ? 0xFFFF_FFFF : .max
        let room = width - limit
        return room == 0 ? limit : limit + (room == .max ? noise : noise % (room + 1))
    }

    /// The same condition seen from the other side.
    var mirrored: Condition {
        let mirror: Relation =
            switch relation {
            case .equal: .equal
            case .notEqual: .notEqual
            case .less: .greater
            case .lessOrEqual: .greaterOrEqual
            case .greater: .less
            case .greaterOrEqual: .lessOrEqual
            case .signedLess: .signedGreater
            case .signedLessOrEqual: .signedGreaterOrEqual
            case .signedGreater: .signedLess
            case .signedGreaterOrEqual: .signedLessOrEqual
            case .common: .common
            case .nothingInCommon: .nothingInCommon
            }
        return Condition(relation: mirror, a: b, b: a, instruction: instruction)
    }
}
