import CommandSupport
import Foundation
import Testing

@testable import Commands

@Suite("Maps are dumped as text and as JSON")
struct MapDumpTests {
    @Test("a hash shows bytes and integers")
    func hash() {
        let dump = MapDump(
            name: "blocked_sources", type: "hash", capacity: 1_024,
            entries: [
                .init(key: [0x17, 2, 0, 0xC0], values: [[0x0A, 0, 0, 0, 0, 0, 0, 0]]),
                .init(key: [1, 0, 0, 0], values: [[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]]),
            ])
        #expect(
            dump.text() == """
                map blocked_sources (hash, 2 of 1,024 entries)
                  key             as integer  value                                    as integer
                  ───────────────────────────────────────────────────────────────────────────────
                  17 02 00 c0  3,221,226,007  0a 00 00 00 00 00 00 00                          10
                  01 00 00 00              1  ff ff ff ff ff ff ff ff  18,446,744,073,709,551,615

                """)
    }

    @Test("a queue numbers its values in the order of pops, zeros too; a filter tells how full it is")
    func withoutKeys() throws {
        let queue = MapDump(
            name: "q", type: "queue", capacity: 4,
            entries: [
                .init(key: [], values: [[7, 0, 0, 0]]), .init(key: [], values: [[0, 0, 0, 0]]),
            ])
        let lines = queue.text().split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        #expect(lines[0] == "map q (queue, 2 of 4 entries)")
        #expect(lines[1] == "pop value as integer")
        #expect(lines[3] == "1 07 00 00 00 7")
        #expect(lines[4] == "2 00 00 00 00 0")
        let json = try JSONDecoder().decode(Decoded.self, from: JSONEncoder().encode(queue))
        #expect(json.entries.count == 2 && json.entries.allSatisfy { $0.key == nil } && json.bits == nil)

        let filter = MapDump(name: "f", type: "bloom_filter", capacity: 100, entries: [], filterBits: (12, 1_024))
        #expect(filter.text() == "map f (bloom_filter, 12 of 1,024 bits set)\n")
        #expect(try JSONDecoder().decode(Decoded.self, from: JSONEncoder().encode(filter)).bits == [12, 1_024])
    }

    private struct Decoded: Decodable {
        struct Line: Decodable {
            struct Number: Decodable { let hex: String }
            let key: Number?
        }
        let entries: [Line]
        let bits: [UInt64]?
    }

    @Test("a map per CPU shows each lane and the sum, word by word")
    func lanes() {
        let lane: (UInt8, UInt8) -> [UInt8] = { [$0, 0, 0, 0, 0, 0, 0, 0, $1, 0, 0, 0, 0, 0, 0, 0] }
        let dump = MapDump(
            name: "counters", type: "percpu_array", capacity: 2,
            entries: [
                .init(key: [0, 0, 0, 0], values: [lane(1, 60), lane(2, 90)]),
                .init(key: [1, 0, 0, 0], values: [lane(0, 0), lane(0, 0)]),
            ])
        let text = dump.text()
        let lines = text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        #expect(lines[3] == "00 00 00 00 0 0 01 00 00 00 00 00 00 00 3c 00 00 00 00 00 00 00 1 · 60")
        #expect(lines[4] == "1 02 00 00 00 00 00 00 00 5a 00 00 00 00 00 00 00 2 · 90")
        #expect(lines[5] == "sum 3 · 150")
        #expect(lines[6] == "not shown, all zero: 1")
        #expect(dump.text(hidesZeros: false).split(separator: "\n").count == 3 + 6)
    }

    @Test("sums wrap as the program's own additions do")
    func wrapping() {
        let most = [UInt8](repeating: 0xFF, count: 8)
        let dump = MapDump(
            name: "m", type: "percpu_array", capacity: 1,
            entries: [.init(key: [0, 0, 0, 0], values: [most, [2, 0, 0, 0, 0, 0, 0, 0]])])
        #expect(dump.text().split(separator: "\n").last?.split(separator: " ") == ["sum", "1"])
    }

    @Test("a value of another size is shown as bytes only, and a huge one is cut")
    func oddSizes() {
        let dump = MapDump(
            name: "m", type: "array", capacity: 1,
            entries: [
                .init(key: [0, 0, 0, 0], values: [[1, 2, 3]]),
                .init(key: [1, 0, 0, 0], values: [.init(repeating: 7, count: 4_096)]),
            ])
        let text = dump.text()
        #expect(text.contains("01 02 03\n"))
        #expect(text.contains("07 … (4096 bytes)\n"))
    }

    @Test("an empty map, and one with more entries than a person reads")
    func sizes() {
        #expect(MapDump(name: "m", type: "hash", capacity: 8, entries: []).text() == "map m (hash, 0 of 8 entries)\n")
        let entries = (0..<UInt8(100)).map { MapDump.Entry(key: [$0], values: [[1]]) }
        let text = MapDump(name: "m", type: "hash", capacity: 100, entries: entries).text(limit: 10)
        #expect(text.split(separator: "\n").count == 3 + 10 + 1)
        #expect(text.hasSuffix("  not shown, beyond the limit: 90\n"))
    }

    @Test("a hostile name cannot break the heading")
    func hostileName() {
        let text = MapDump(name: "a\n\u{1B}[2J", type: "hash", capacity: 1, entries: []).text()
        #expect(text == "map a\\u{a}\\u{1b}[2J (hash, 0 of 1 entries)\n")
    }

    @Test("JSON has every entry, in hex and as integers")
    func encoded() throws {
        let dump = MapDump(
            name: "m", type: "hash", capacity: 8, entries: [.init(key: [1, 0], values: [[0, 0, 0], [5]])])
        #expect(
            try json(dump) == """
                {
                  "capacity" : 8,
                  "entries" : [
                    {
                      "key" : {
                        "hex" : "01 00",
                        "integers" : [
                          1
                        ]
                      },
                      "values" : [
                        {
                          "hex" : "00 00 00"
                        },
                        {
                          "hex" : "05",
                          "integers" : [
                            5
                          ]
                        }
                      ]
                    }
                  ],
                  "name" : "m",
                  "type" : "hash"
                }
                """)
    }
}
