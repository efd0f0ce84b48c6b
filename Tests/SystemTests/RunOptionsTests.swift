import Foundation
import TestSupport
import Testing

/// `ringfence run` and `test-run` with maps that are kept, with shadows, and with records: as a user has them.
@Suite("Options of runs", .serialized)
struct RunOptionsTests {
    /// Counts packets by their first byte and tells of the first of each, through a ring whose records' type the map names, and through one
    /// whose type somebody else has to name.
    private static let source = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        enum kind { FIRST = 1, LATER = 2 };
        struct event { __u32 first; enum kind kind; __u64 count; char name[8]; };
        struct other { __u16 size; __u8 bytes[2]; };
        struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 300); __type(key, __u32); __type(value, __u64); }
            counts SEC(".maps");
        struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 65536); __type(value, struct event); }
            told SEC(".maps");
        struct { __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __type(key, int); __uint(value_size, 4); } more SEC(".maps");
        struct inner {
            __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, __u64);
        } one SEC(".maps");
        struct {
            __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); __uint(max_entries, 1); __type(key, __u32); __array(values, struct inner);
        } places SEC(".maps") = {.values = {[0] = &one}};
        const struct other *unused __attribute__((unused));

        SEC("xdp") int tell(struct xdp_md *context) {
            __u8 *data = (void *)(long)context->data, *end = (void *)(long)context->data_end;
            if (data + 14 > end) return XDP_DROP;
            __u32 key = data[5], zero = 0;
            __u64 one = 1, *count = bpf_map_lookup_elem(&counts, &key);
            void *place = bpf_map_lookup_elem(&places, &zero);
            __u64 *all = place ? bpf_map_lookup_elem(place, &zero) : 0;
            if (all) ++*all;
            if (count) { __sync_fetch_and_add(count, 1); return XDP_PASS; }
            bpf_map_update_elem(&counts, &key, &one, BPF_NOEXIST);
            struct event event = {.first = key, .kind = FIRST, .count = 1, .name = "new"};
            bpf_ringbuf_output(&told, &event, sizeof event, 0);
            struct other other = {.size = end - data, .bytes = {data[12], data[13]}};
            bpf_perf_event_output(context, &more, BPF_F_CURRENT_CPU | 3ull << 32, &other, sizeof other);
            return XDP_PASS;
        }
        char LICENSE[] SEC("license") = "GPL";
        """

    private static func object() throws -> [UInt8] {
        try BPFCompiler.object(source, flags: BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu"])
    }

    private struct Report: Decodable {
        struct Shadow: Decodable {
            let events: Int
            let differences: Int
        }
        let packets: Int
        let recordCount: Int
        let shadow: Shadow?
        let mapsNotKept: [String: String]
    }

    private struct Element: Decodable {
        struct Formatted: Decodable {
            let key: UInt64
            let value: UInt64
        }
        let formatted: Formatted
    }

    private static func total(_ workshop: borrowing Workshop) throws -> UInt64 {
        let ending = try Tool.run(
            "ringfence", ["map", "dump", "counts", "--json", "--sandbox", workshop.path("state")])
        #expect(ending.status == 0, "\(ending.errors)")
        return try JSONDecoder().decode([Element].self, from: Data(ending.output.utf8)).reduce(0) {
            $0 + $1.formatted.value
        }
    }

    private static func run(
        _ object: String, _ more: [String], _ workshop: borrowing Workshop
    ) throws -> (ending: Tool.Ending, report: Report) {
        let ending = try Tool.run(
            "ringfence", ["run", object, "--json", "--maps", workshop.path("state")] + more + workshop.trusted)
        #expect(ending.status == 0, "\(ending.errors)")
        return (ending, try JSONDecoder().decode(Report.self, from: Data(ending.output.utf8)))
    }

    static let pairs = [("jit-child", "interp-child"), ("jit-guest", "interp-guest")]
        .filter { KVM.isUsable || !$0.0.contains("guest") }

    @Test("a shadow begins with the maps that were kept, and agrees", arguments: pairs)
    func shadow(pair: (String, String)) throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let object = try workshop.write("tell.o", try Self.object())
        let first = try Self.run(object, ["--tier", pair.0], workshop).report
        #expect(try Self.total(workshop) == UInt64(first.packets) && first.packets == 2759)
        // What the first run had counted is nothing new to either of the second's: no record, no difference.
        let second = try Self.run(object, ["--tier", pair.0, "--shadow", pair.1], workshop).report
        #expect(second.shadow?.events == first.packets && second.shadow?.differences == 0)
        #expect(first.recordCount > 2 && second.recordCount == 0)
        #expect(try Self.total(workshop) == 2 * UInt64(first.packets))
    }

    @Test("what a directory does not keep is named with the reason, and refused by name")
    func notKept() throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let object = try workshop.write("tell.o", try Self.object())
        let report = try Self.run(object, ["--tier", "interp-child"], workshop).report
        #expect(Set(report.mapsNotKept.keys) == ["told", "more", "places"])
        #expect(report.mapsNotKept["told"]?.contains("ring") == true)
        #expect(report.mapsNotKept["places"]?.contains("names maps or programs") == true)
        for map in ["told", "more", "places"] {
            let ending = try Tool.run("ringfence", ["map", "dump", map, "--sandbox", workshop.path("state")])
            #expect(ending.status == 2 && ending.errors.contains("has no map \(map)"), "\(ending.errors)")
            #expect(ending.errors.contains("rings, arrays of programs, maps of maps"))
        }
    }

    @Test("records are written with the fields of their types, events one a line, and nothing unfinished is left")
    func records() throws {
        struct Line: Decodable {
            struct Fields: Decodable {
                let first: UInt32?
                let kind: String?
                let count: UInt64?
                let name: String?
                let size: UInt16?
                let bytes: [UInt8]?
            }
            let event: Int
            let map: String
            let size: Int
            let data: String
            let fields: Fields?
        }
        let workshop = try Workshop(ceiling: "jit-child")
        let object = try workshop.write("tell.o", try Self.object())
        let (records, events) = (workshop.path("records.jsonl"), workshop.path("events.jsonl"))
        let files = ["--tier", "jit-child", "--records", records, "--events-out", events]
        func lines() throws -> [Line] {
            try String(contentsOfFile: records, encoding: .utf8).split(separator: "\n").map {
                try JSONDecoder().decode(Line.self, from: Data($0.utf8))
            }
        }
        let report = try Self.run(object, files + ["--record-type", "other"], workshop).report
        let named = try lines()
        #expect(named.count == report.recordCount && named.count > 4)
        for line in named where line.map == "told" {
            let fields = try #require(line.fields)
            #expect(fields.kind == "FIRST" && fields.count == 1 && fields.name == "new" && line.size == 24)
            #expect(line.data.hasPrefix((fields.first ?? 0 < 16 ? "0" : "") + String(fields.first ?? 0, radix: 16)))
        }
        for line in named where line.map == "more" {
            // Three bytes of the packet are behind what the type describes.
            #expect(line.size == 7 && line.fields?.bytes?.count == 2 && line.fields?.size ?? 0 >= 14)
        }
        #expect(Set(named.map(\.map)) == ["told", "more"])
        let written = try String(contentsOfFile: events, encoding: .utf8).split(separator: "\n")
        #expect(written.count == report.packets && written.allSatisfy { $0.contains(#""verdict":"XDP_PASS""#) })
        for file in [records, events] { #expect(!FileManager.default.fileExists(atPath: file + ".new")) }

        // Without a name, only the map's own type is known.
        try FileManager.default.removeItem(atPath: workshop.path("state"))
        _ = try Self.run(object, files, workshop)
        for line in try lines() { #expect((line.fields == nil) == (line.map == "more")) }
        let unknown = try Tool.run(
            "ringfence", ["run", object, "--record-type", "nothing"] + files + workshop.trusted)
        #expect(unknown.status == 2 && unknown.errors.contains("describes no type nothing"), "\(unknown.errors)")
        #expect(unknown.errors.contains("event") && unknown.errors.contains("other"))
    }

    @Test("test-run begins with kept maps and keeps what it makes of them; keys come one after the other")
    func testRun() throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let object = try workshop.write("tell.o", try Self.object())
        let policy = ["--policy", workshop.path("policy.dsse"), "--trust", workshop.path("dev.pub")]
        for first in ["07", "07", "09"] {
            let ending = try Tool.run(
                "ringfence",
                [
                    "test-run", object, "--tier", "interp-child", "--maps", workshop.path("state"), "--data-in",
                    "0000000000\(first)0000000000000800", "--repeat", "5",
                ] + policy)
            #expect(ending.status == 0, "\(ending.errors)")
        }
        #expect(try Self.total(workshop) == 15)
        func next(_ words: [String]) throws -> Tool.Ending {
            try Tool.run("ringfence", ["map", "getnext", "counts"] + words + ["--sandbox", workshop.path("state")])
        }
        struct Next: Decodable {
            struct Formatted: Decodable {
                let key: UInt32?
                let nextKey: UInt32

                private enum CodingKeys: String, CodingKey {
                    case key
                    case nextKey = "next_key"
                }
            }
            let formatted: Formatted
        }
        func key(after words: [String]) throws -> Next.Formatted {
            let text = try next(words + ["--json"]).output
            let decoder = JSONDecoder()
            return try decoder.decode(Next.self, from: Data(text.utf8)).formatted
        }
        let first = try key(after: [])
        let second = try key(after: ["--key", "\(first.nextKey)"])
        #expect(first.key == nil && second.key == first.nextKey)
        #expect(Set([first.nextKey, second.nextKey]) == [7, 9])
        // A key that is not there is followed by the first.
        #expect(try key(after: ["key", "200", "0", "0", "0"]).nextKey == first.nextKey)
        #expect(try next([]).output == "key: none  next key: \(first.nextKey)\n")
        let end = try next(["--key", "\(second.nextKey)"])
        #expect(end.status == 2 && end.errors.contains("has no key after it"), "\(end.errors)")
    }
}
