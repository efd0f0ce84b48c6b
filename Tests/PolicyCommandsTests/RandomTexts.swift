import PolicyCore

/// Numbers that come again for the same seed (SplitMix64).
struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
    mutating func one<Element>(of elements: [Element]) -> Element { elements[below(elements.count)] }
    mutating func chance(_ one: Int) -> Bool { below(one) == 0 }
}

/// Texts in the grammar of policies, with everything that the grammar allows: comments and empty lines anywhere, quoted and bare keys, escapes,
/// notes in other scripts, lists over lines, inline tables two deep.
struct RandomText {
    var random: Seeded

    init(seed: UInt64) { random = Seeded(state: seed) }

    mutating func document() -> String {
        var text = ""
        var used: Set<String> = []
        lines(into: &text, 0...6, &used)
        var tables: Set<String> = used
        for _ in 0..<random.below(5) {
            let name = key()
            guard tables.insert(name).inserted else { continue }
            if random.chance(2) {
                text += "\(noise())\(spaces())[\(spaces())\(spelt(name))\(spaces())]\(spaces())\(comment())\n"
                var inner: Set<String> = []
                lines(into: &text, 0...5, &inner)
            } else {
                for _ in 0...random.below(3) {
                    text += "\(noise())\(spaces())[[\(spaces())\(spelt(name))\(spaces())]]\(spaces())\(comment())\n"
                    var inner: Set<String> = []
                    lines(into: &text, 0...5, &inner)
                }
            }
        }
        return text + noise()
    }

    private mutating func lines(into text: inout String, _ count: ClosedRange<Int>, _ used: inout Set<String>) {
        for _ in 0..<Int.random(in: count, using: &random) {
            let key = key()
            guard used.insert(key).inserted else { continue }
            text +=
                "\(noise())\(spaces())\(spelt(key))\(spaces())=\(spaces())\(value(of: key, depth: 0))\(spaces())\(comment())\n"
        }
    }

    private mutating func key() -> String {
        random.one(of: [
            "id", "tier", "when", "note", "schema", "kind", "version", "a-b", "A_9", "7", "verifier.options",
            "host.kvm",
            "insns.max", "x.y.z", "true", "2026-01-01", "permit", "options", "age.revoke.max", "-", "_",
        ])
    }

    private mutating func spelt(_ key: String) -> String {
        key.contains(".") || random.chance(4) ? "\"\(key)\"" : key
    }

    private mutating func spaces() -> String { String(repeating: " ", count: random.below(3)) }

    private mutating func comment() -> String {
        random.chance(4)
            ? "#\(random.one(of: ["", " plain", " \"[[forbid]]", " = { [ ] }", " ä ö 中文 → é", "#", " a = 1  "]))" : ""
    }

    private mutating func noise() -> String {
        var text = ""
        for _ in 0..<random.below(3) { text += "\(spaces())\(comment())\n" }
        return text
    }

    private mutating func value(of key: String, depth: Int, isInList: Bool = false) -> String {
        switch random.below(depth < 2 ? (isInList ? 6 : 8) : (isInList ? 5 : 7)) {
        case 0, 1: return string(isNote: key == "note" && !isInList)
        case 2:
            return
                "\(random.one(of: [0, 1, 7, 42, 4096, UInt64(Int64.max) - 1, UInt64.random(in: 0..<1 << 53, using: &random)]))"
        case 3: return random.one(of: ["true", "false"])
        case 4:
            return UTCTime(secondsSince1970: Int64.random(in: 0..<4_102_444_800, using: &random)).description
        case 5 where isInList: return table(depth: depth)
        case 5, 6: return list(depth: depth)
        case _: return table(depth: depth)
        }
    }

    private mutating func list(depth: Int) -> String {
        var text = "["
        let count = random.below(5)
        for index in 0..<count {
            text += listNoise() + value(of: "", depth: depth, isInList: true) + listNoise()
            if index < count - 1 || random.chance(3) { text += "," }
        }
        return text + listNoise() + "]"
    }

    private mutating func listNoise() -> String {
        guard random.chance(3) else { return spaces() }
        return "\(spaces())\(comment())\n\(spaces())"
    }

    private mutating func table(depth: Int) -> String {
        guard !random.chance(6) else { return "{\(spaces())}" }
        var used: Set<String> = []
        var items: [String] = []
        for _ in 0...random.below(3) {
            let key = key()
            guard used.insert(key).inserted else { continue }
            items.append("\(spelt(key))\(spaces())=\(spaces())\(value(of: key, depth: depth + 1))\(spaces())")
        }
        return "{\(spaces())\(items.joined(separator: ",\(spaces())"))}"
    }

    private mutating func string(isNote: Bool) -> String {
        var text = ""
        for _ in 0..<random.below(12) {
            switch random.below(12) {
            case 0: text += "\\\""
            case 1: text += "\\\\"
            case 2: text += random.one(of: ["#", "]", "}", "=", ",", "'", " ", "[["])
            case 3 where isNote: text += random.one(of: ["é", "中", "→", "𝄞", "ß"])
            case _:
                text += String(
                    Character(Unicode.Scalar(UInt8(random.one(of: Array(0x30...0x7A).filter { $0 != 0x5C })))))
            }
        }
        return "\"\(text)\""
    }
}
