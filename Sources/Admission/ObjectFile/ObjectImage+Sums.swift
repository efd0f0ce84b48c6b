/// GNU's assembler and its relocations.
///
/// Until version 2.41 it put, where a relocation applies, the symbol's value plus whatever is added to it, and not only the latter: in bytes,
/// even for a call, whose place counts slots. Against a section, whose value is 0, that is no difference. Nothing in the file says so but what
/// the compiler left in `.comment`, and that all such places agree.
extension ObjectImage {
    /// The compiler's last version that came with such an assembler.
    private static let lastVersion = 13

    /// Whether the places that relocations apply to hold the values of symbols, too.
    var findsSums: Bool {
        guard let version = gnuVersion, version <= Self.lastVersion else { return false }
        var found = false
        for (target, list) in relocations {
            let contents = sections[target].contents
            for relocation in list {
                let symbol = symbols[relocation.symbol]
                guard symbol.kind != .section, case .section = symbol.place, symbol.value > 0 else { continue }
                switch relocation.type {
                case .call:
                    guard contents.uint32(at: relocation.offset + 4).map(UInt64.init) == symbol.value &- 1 else {
                        return false
                    }
                case .wideImmediate:
                    guard let low = contents.uint32(at: relocation.offset + 4), UInt64(low) >= symbol.value else {
                        return false
                    }
                case .absolute64, .gnuAbsolute64:
                    guard let word = contents.uint64(at: relocation.offset), word >= symbol.value else { return false }
                case .absolute32, .noLoad32, .none, .unknown: continue
                }
                found = true
            }
        }
        return found
    }

    /// `GCC: (Debian 12.2.0-14) 12.2.0`: 12.
    private var gnuVersion: Int? {
        guard let section = sections.first(where: { $0.role == .compiler }) else { return nil }
        let text = String(decoding: section.contents.bytes.drop { $0 == 0 }.prefix { $0 != 0 }, as: UTF8.self)
        guard text.hasPrefix("GCC: "), let last = text.split(separator: " ").last else { return nil }
        return last.split(separator: ".").first.flatMap { Int($0) }
    }

    /// The slot that a call leads to, from the number in its place.
    func calledSlot(by relocation: Relocation, _ immediate: Int32) -> Int64 {
        let symbol = symbols[relocation.symbol]
        let distance = Int64(immediate) + 1
        let start = Int64(clamping: symbol.value / 8)
        guard holdsSums, symbol.kind != .section else { return start &+ distance }
        return start &+ (distance &- Int64(clamping: symbol.value)) / 8
    }

    /// What is added to a symbol's value, from the number in the place.
    func addend(of relocation: Relocation, _ number: Int64) -> Int64 {
        let symbol = symbols[relocation.symbol]
        guard holdsSums, symbol.kind != .section, case .section = symbol.place else { return number }
        return number &- Int64(clamping: symbol.value)
    }
}
