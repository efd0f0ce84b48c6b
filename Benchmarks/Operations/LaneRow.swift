internal import CBenchmark
internal import Linux
internal import Measuring

/// One operation in one place, on so many processors at once.
struct LaneRow: Codable {
    let name: String
    let place: Place
    let lanes: Int
    /// Why there are no numbers; nil where there are.
    var problem: String?
    /// Nanoseconds of one operation on each lane, what a round of the loop costs included.
    var operation: Summary?
    var isDisturbed = false

    /// Programs of the long object, whose names say the rest.
    static let programs: [(name: String, program: String)] = [
        ("ARRAY update", "array_update"), ("HASH 1K read", "hash_read"), ("HASH 1K update", "hash_update"),
        ("PERCPU_HASH update", "percpu_hash_update"), ("LRU_HASH read", "lru_hash_read"),
        ("LRU_HASH update", "lru_hash_update"), ("LPM_TRIE 1K read", "lpm_1k_read"),
        ("LPM_TRIE 1K update", "lpm_1k_update"),
    ]

    private static let places: [Place] = [.jitGuest, .jitChild, .kernel]
    /// `ROUNDS` of the long object.
    private static let rounds = 4096.0
    /// As many as a ring of events has room for, less one.
    private static let events = 31

    /// Measures a program on one lane and on as many as there are processors, up to two: what is more would wait for a processor.
    static func rows(of name: String, _ program: String, in workshop: Workshop) -> [LaneRow] {
        let counts = Array(1...min(2, HostDescription().processorCount))
        var rows: [LaneRow] = []
        var groups: [(row: Int, lanes: Int, group: any LaneGroup)] = []
        for place in places {
            do {
                let group = try group(program, at: place, lanes: counts.count, in: workshop)
                _ = try group.runAll(counts.count, events: events)
                for lanes in counts {
                    groups.append((rows.count, lanes, group))
                    rows.append(LaneRow(name: name, place: place, lanes: lanes))
                }
            } catch {
                let reason = (error as? OperationsError)?.description ?? "not available: \(error)"
                rows += counts.map { LaneRow(name: name, place: place, lanes: $0, problem: reason) }
            }
        }
        do {
            let turns = try Alternation(
                turns: 10, atMostSeconds: 2,
                groups.map { one in
                    { try one.group.runAll(one.lanes, events: events).map { $0 / rounds } }
                })
            for (number, one) in groups.enumerated() {
                rows[one.row].operation = Summary(turns.samples[number])
                rows[one.row].isDisturbed = turns.isDisturbed
            }
        } catch {
            for one in groups { rows[one.row].problem = "not measured: \(error)" }
        }
        return rows
    }

    private static func group(
        _ program: String, at place: Place, lanes: Int, in workshop: Workshop
    ) throws -> any LaneGroup {
        guard let tier = place.tier else { return KernelLanes(try KernelLane(program, of: workshop.package)) }
        return try CellLanes(of: workshop.admitted(program), lanes: lanes, in: workshop.jail(for: tier))
    }
}
