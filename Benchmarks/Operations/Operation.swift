/// A row of the table: one operation of one kind of map, as the suite bpf_performance names them.
struct Operation {
    let name: String
    /// The program that does it, and the one of the same shape that does not; nil where it is compared with nothing.
    let program: String
    let baseline: String?
    /// How often an event does it.
    let rounds: Double
    /// Elements of the map, where the row is one of several that differ by them.
    var entries: Int?
    /// What the rows that differ by ``entries`` only have in common.
    var series: String?
    /// Events of one sample: fewer where they fill a ring.
    var events = 16
    /// Samples before the first that counts: where a ring is filled, until every page of it has been written once.
    var firstSamples = 1

    /// How often an event does what it is there for: `ROUNDS` of the programs.
    private static let usualRounds = 256.0
    /// `MAX_TAIL_CALL_CNT` (include/linux/bpf.h).
    private static let tailCalls = 33.0

    private static func call(_ name: String, _ program: String) -> Operation {
        Operation(name: name, program: program, baseline: "baseline_call", rounds: usualRounds)
    }

    private static func table(_ name: String, _ program: String, _ actions: [String]) -> [Operation] {
        actions.map { action in
            Operation(
                name: "\(name) \(action)", program: "\(program)_\(action)", baseline: "baseline", rounds: usualRounds)
        }
    }

    private static let sizes = [
        ("1K", "1k", 1 << 10), ("16K", "16k", 1 << 14), ("256K", "256k", 1 << 18), ("1M", "1m", 1 << 20),
    ]

    private static func hashes(_ action: String) -> [Operation] {
        sizes.map { size in
            Operation(
                name: "HASH \(size.0) \(action)",
                program: size.2 == 1 << 10 ? "hash_\(action)" : "hash_\(size.1)_\(action)", baseline: "baseline",
                rounds: usualRounds, entries: size.2, series: "HASH \(action)")
        }
    }

    private static func tries(_ action: String) -> [Operation] {
        sizes.map { size in
            Operation(
                name: "LPM_TRIE \(size.0) \(action)", program: "lpm_\(size.1)_\(action)",
                baseline: "baseline_lpm_\(action)", rounds: usualRounds, entries: size.2, series: "LPM_TRIE \(action)")
        }
    }

    /// What the programs' ring holds.
    private static let ringBytes = 8 << 20

    private static func ring(_ bytes: Int, _ program: String) -> Operation {
        let events = 8
        // Of a ring's first round, most is the memory that it then gets: a kernel's ring has all of it from the start.
        let sample = (bytes + 8) * Int(usualRounds) * events
        return Operation(
            name: "RINGBUF output \(bytes) B", program: program, baseline: "baseline_call", rounds: usualRounds,
            events: events, firstSamples: ringBytes / sample + 1)
    }

    static let all: [Operation] =
        [
            Operation(name: "Baseline", program: "baseline", baseline: nil, rounds: usualRounds),
            call("bpf_get_prandom_u32", "prandom"),
            call("bpf_ktime_get_ns", "ktime"),
            call("bpf_get_smp_processor_id", "smp_id"),
        ]
        + table("ARRAY", "array", ["read", "update"])
        + table("PERCPU_ARRAY", "percpu_array", ["read", "update"])
        + hashes("read") + hashes("update")
        + table("HASH 1K", "hash", ["replace"])
        + table("PERCPU_HASH", "percpu_hash", ["read", "update", "replace"])
        + table("LRU_HASH", "lru_hash", ["read", "update", "replace"])
        + table("LRU_PERCPU_HASH", "lru_percpu_hash", ["read", "update", "replace"])
        + [
            Operation(
                name: "LRU_HASH rolling update", program: "lru_hash_rolling", baseline: "baseline_rolling",
                rounds: usualRounds)
        ]
        + tries("read") + tries("update")
        + table("ARRAY_OF_MAPS", "array_of_maps", ["read"])
        + table("HASH_OF_MAPS", "hash_of_maps", ["read"])
        + [
            Operation(
                name: "bpf_tail_call", program: "tail_call", baseline: "baseline_tail_call", rounds: tailCalls,
                events: 256),
            ring(16, "ringbuf_small"), ring(400, "ringbuf_400"), ring(1420, "ringbuf_1420"),
        ]
}
