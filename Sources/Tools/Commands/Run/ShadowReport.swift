internal import CommandSupport
internal import PolicyCore
internal import Sandbox

/// What running every event in a second tier came to.
struct ShadowReport: Encodable {
    let tier: String
    let events: UInt64
    let differences: UInt64
    let first: [RunReport.FailureRecord]
    /// Where the packets of ``first`` are, in their order; nil where there are none.
    let saved: String?

    init(
        _ counts: EventRun.ShadowCounts, _ result: EventRun.Result, file: String, _ program: AdmittedProgram
    ) {
        tier = counts.tier.name
        events = counts.events
        differences = counts.differences
        first = result.differences.map {
            RunReport.FailureRecord(packet: $0.packet, what: $0.1.sentence(in: program, counts.tier))
        }
        saved = result.differing.isEmpty ? nil : file
    }

    /// A line for people.
    var cell: Table.Cell {
        let compared = "\(tier): \(Quantity.grouped(events)) events compared, \(Quantity.grouped(differences)) differ"
        guard let saved else { return Table.Cell(compared, differences == 0 ? .good : .bad) }
        return Table.Cell("\(compared); packets in \(saved)", .bad)
    }
}

extension ShadowDifference {
    func sentence(in program: AdmittedProgram, _ tier: Tier) -> String {
        switch self {
        case .verdict(let first, let shadow): return "\(first), and \(shadow) in \(tier)"
        case .failure(let first?, shadow: _): return "\(first.sentence(in: program)); \(tier) returned"
        case .failure(nil, let shadow?): return "returned; in \(tier) \(shadow.sentence(in: program))"
        case .failure(nil, shadow: nil): return "nothing"
        case .packet(let offset, let size, let shadowSize):
            let sizes = size == shadowSize ? "" : ": \(size) bytes, and \(shadowSize) in \(tier)"
            return "the packets differ from byte \(offset) on\(sizes)"
        case .context(let offset): return "the contexts differ at byte \(offset)"
        case .map(let name, let key):
            let text = key.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
            return "map \(name) differs at key \(text.isEmpty ? "(its contents make no sense)" : text)"
        }
    }
}
