/// When a jump is taken, under the number that opcodes have (SDM volume 2, appendix B.1.4.7).
package enum Condition: UInt8, CaseIterable, Sendable {
    case below = 0x2
    case aboveOrEqual = 0x3
    case equal = 0x4
    case notEqual = 0x5
    case belowOrEqual = 0x6
    case above = 0x7
    case less = 0xC
    case greaterOrEqual = 0xD
    case lessOrEqual = 0xE
    case greater = 0xF

    @inline(__always) var inverted: Condition {
        switch self {
        case .below: .aboveOrEqual
        case .aboveOrEqual: .below
        case .equal: .notEqual
        case .notEqual: .equal
        case .belowOrEqual: .above
        case .above: .belowOrEqual
        case .less: .greaterOrEqual
        case .greaterOrEqual: .less
        case .lessOrEqual: .greater
        case .greater: .lessOrEqual
        }
    }
}
