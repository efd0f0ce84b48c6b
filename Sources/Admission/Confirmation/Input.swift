/// One thing that a program does not decide: a byte of its packet, the size of that, what a helper answers.
package struct Variable: Hashable, Sendable {
    package enum Kind: UInt8, Sendable {
        case packetSize, packetByte, contextByte
        /// Of a map value or of other memory that a run has made.
        case memoryByte
        /// The number that a helper returns, and a byte that it writes through an argument.
        case result, outByte
        /// Whether a helper returns what it was asked for, or 0.
        case success
        case stackByte, garbage
    }

    /// Kind, then place (which region, which call), then offset, so that neighbouring bytes have neighbouring numbers.
    package let word: UInt64

    package init(_ kind: Kind, _ place: Int = 0, _ offset: UInt64 = 0) {
        word = UInt64(kind.rawValue) << 56 | UInt64(truncatingIfNeeded: place & 0xFF_FFFF) << 32 | offset & 0xFFFF_FFFF
    }

    package var kind: Kind { Kind(rawValue: UInt8(truncatingIfNeeded: word >> 56)) ?? .garbage }
    package var place: Int { Int(word >> 32 & 0xFF_FFFF) }
    package var offset: UInt64 { word & 0xFFFF_FFFF }
    package var isByte: Bool {
        switch kind {
        case .packetByte, .contextByte, .memoryByte, .outByte, .stackByte: true
        case .packetSize, .result, .success, .garbage: false
        }
    }
    /// The largest value that it may have.
    package var limit: UInt64 {
        switch kind {
        case .packetByte, .contextByte, .memoryByte, .outByte, .stackByte: 0xFF
        case .packetSize: Machine.largestPacket
        case .success: 1
        case .result, .garbage: .max
        }
    }
}

/// What a program is run on: a value for each ``Variable``, some chosen, the others by rule.
package struct Input: Sendable, Equatable {
    package enum Style: UInt8, Sendable, CaseIterable {
        /// Zeros; a packet of 64 bytes; helpers succeed.
        case plain
        /// Mostly small numbers and limits of types.
        case edges
        case random
    }

    package var style: Style
    package var seed: UInt64
    package var chosen: [Variable: UInt64] = [:]

    package init(_ style: Style = .plain, seed: UInt64 = 0) {
        self.style = style
        self.seed = seed
    }

    package func value(of variable: Variable) -> UInt64 {
        if !chosen.isEmpty, let value = chosen[variable] { return value }
        return variable.isByte ? word(of: variable) >> (variable.offset & 7 * 8) & 0xFF : rule(variable)
    }

    /// The eight bytes around a byte, as the rule has them; what is chosen is not in it.
    func word(of variable: Variable) -> UInt64 {
        switch style {
        case .plain: 0
        case .edges: Self.edge(mixed(variable.word & ~7, seed))
        case .random: mixed(variable.word & ~7, seed)
        }
    }

    private func rule(_ variable: Variable) -> UInt64 {
        let noise = style == .plain ? 0 : mixed(variable.word, seed)
        switch variable.kind {
        case .packetSize:
            if style == .plain { return 64 }
            return noise & 3 == 0 ? noise >> 8 % 16 : noise & 3 == 1 ? noise >> 8 % 1515 : 14 + noise >> 8 % 100
        case .success: return style == .plain || noise & 7 != 0 ? 1 : 0
        case .result:
            switch style {
            case .plain: return 0
            case .edges: return Self.edge(noise)
            case .random: return noise
            }
        case .garbage, .packetByte, .contextByte, .memoryByte, .outByte, .stackByte: return noise
        }
    }

    /// Numbers at which programs go wrong, as often as not.
    private static func edge(_ noise: UInt64) -> UInt64 {
        let small = noise >> 16
        switch noise & 15 {
        case 0...4: return small & 0x0F
        case 5...6: return small & 0xFF
        case 7: return small & 0xFFFF
        case 8: return 0 &- (small & 0x0F)
        case 9: return 0x8000_0000 &+ (small & 3) &- 2
        case 10: return 1 << 63 &+ (small & 3) &- 2
        case 11: return 0xFFFF_FFFF &- (small & 7)
        case 12: return 1 << (small & 63)
        case 13: return small & 0xFFFF_FFFF
        default: return noise &* 0x9E37_79B9_7F4A_7C15
        }
    }
}

/// A hash of two words (the finaliser of SplitMix64): the same noise in every run.
func mixed(_ a: UInt64, _ b: UInt64) -> UInt64 {
    var word = a &* 0x9E37_79B9_7F4A_7C15 &+ b
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return word ^ word >> 31
}
