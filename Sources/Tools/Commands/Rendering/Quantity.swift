/// Numbers as people read them. Integer arithmetic throughout, so that the same number is always the same text.
package enum Quantity {
    /// `1,234,567`
    package static func grouped(_ value: some BinaryInteger) -> String {
        let digits = Array(String(value.magnitude))
        var text = value < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// `130 ns`, `1.23 µs`, `45.6 ms`, `7.89 s`: three digits that count.
    package static func duration(nanoseconds: UInt64) -> String {
        scaled(nanoseconds, units: ["ns", "µs", "ms", "s"], step: 1_000)
    }

    /// `512 B`, `1.50 KiB`, `35.0 MiB`
    package static func bytes(_ count: UInt64) -> String {
        scaled(count, units: ["B", "KiB", "MiB", "GiB", "TiB"], step: 1_024)
    }

    /// `12.5 %`; of nothing, `–`.
    package static func share(_ part: UInt64, of whole: UInt64) -> String {
        guard whole > 0 else { return "–" }
        let (high, low) = part.multipliedFullWidth(by: 1_000)
        guard high < whole else { return "–" }
        let (quotient, remainder) = whole.dividingFullWidth((high, low))
        let perMille = remainder >= whole - remainder ? quotient + 1 : quotient
        return "\(grouped(perMille / 10)).\(perMille % 10) %"
    }

    /// `1,234,567 /s`; in no time at all, `–`.
    package static func rate(_ count: UInt64, nanoseconds: UInt64) -> String {
        guard nanoseconds > 0 else { return "–" }
        let (high, low) = count.multipliedFullWidth(by: 1_000_000_000)
        guard high < nanoseconds else { return "–" }
        return grouped(nanoseconds.dividingFullWidth((high, low)).quotient) + " /s"
    }

    /// In the first unit whose rounded value is below a thousand, so that 999,999 ns is 1.00 ms rather than 1000 µs.
    private static func scaled(_ value: UInt64, units: [String], step: UInt64) -> String {
        if value < step { return "\(value) \(units[0])" }
        var divisor: UInt64 = 1
        for unit in units.dropFirst() {
            divisor *= step
            for (decimals, factor) in [(2, 100), (1, 10), (0, 1)] as [(Int, UInt64)] {
                let rounded = roundedQuotient(value, factor, divisor)
                guard rounded < 1_000 else { continue }
                guard decimals > 0 else { return "\(rounded) \(unit)" }
                let fraction = String(rounded % factor)
                return "\(rounded / factor)." + String(repeating: "0", count: decimals - fraction.count)
                    + "\(fraction) \(unit)"
            }
        }
        return "\(grouped(roundedQuotient(value, 1, divisor))) \(units[units.count - 1])"
    }

    /// `value × factor ÷ divisor`, rounded half up. With a divisor of at least 1,000 and a factor of at most 100 nothing overflows.
    private static func roundedQuotient(_ value: UInt64, _ factor: UInt64, _ divisor: UInt64) -> UInt64 {
        let whole = value / divisor, rest = value % divisor
        return whole * factor + (rest * factor + divisor / 2) / divisor
    }
}
