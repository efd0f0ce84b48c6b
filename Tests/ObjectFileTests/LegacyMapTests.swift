import ProgramPackage
import TestSupport
import Testing

@testable import ObjectFile

/// Maps as structures of numbers: which structure is told by size and contents, and nothing that could be two things
/// is taken for one.
@Suite("Maps from before BTF")
struct LegacyMapTests {
    private static let program = "SEC(\"xdp\") int p(u64 *context) { return 0; }\n"

    /// Maps `m0`, `m1`, … of these numbers in section `maps`.
    private func object(_ maps: [[Int]], and more: String = program) throws -> [UInt8] {
        let text = maps.enumerated().map { index, words in
            "struct { u32 a[\(words.count)]; } m\(index) SEC(\"maps\") = { { \(words.map { "\($0)u" }.joined(separator: ", ")) } };\n"
        }
        return try CSource.compiled(text.joined() + more, flags: ["-O2"])
    }

    private func refusal(of maps: [[Int]]) throws -> ObjectError? {
        let object = try object(maps)
        do throws(ObjectError) {
            _ = try ObjectReader.read(object)
            return nil
        } catch { return error }
    }

    @Test("iproute2's definitions: number and sharing are no part of what the map is")
    func iproute2() throws {
        let package = try ObjectReader.read(
            object([[1, 4, 8, 16, 1, 3, 2, 0, 0], [2, 4, 8, 1, 0, 0, 0, 0, 0], [9, 4, 8, 2, 0, 0, 2]]))
        #expect(
            package.maps == [
                MapDefinition(
                    name: "m0", type: 1, keySize: 4, valueSize: 8, maximumEntries: 16, flags: 1, pinning: 2),
                MapDefinition(name: "m1", type: 2, keySize: 4, valueSize: 8, maximumEntries: 1),
                MapDefinition(name: "m2", type: 9, keySize: 4, valueSize: 8, maximumEntries: 2, pinning: 2),
            ])
    }

    @Test("iproute2's maps of maps: by number, filled where the inner one says")
    func iproute2Inner() throws {
        let nowhere = 0xFFFF_FFFF
        let package = try ObjectReader.read(
            object([
                [2, 4, 8, 4, 0, 7, 0, 0, 1], [13, 4, 4, 9, 0, 0, 2, 7, 0], [2, 4, 8, 4, 0, 7, 0, 0, nowhere],
                [12, 4, 0, 2, 0, 0, 0, 7, 0],
            ]))
        #expect(package.maps.map(\.innerMap) == [nil, 0, nil, 0])
        #expect(package.maps.map(\.valueSize) == [8, 4, 8, 4])
        let slot = MapSlot(index: 1, target: .map(0))
        #expect(package.maps.map(\.slots) == [[], [slot], [], [slot]])
        #expect(try ObjectPackage(parsing: package.serialized()) == package)
    }

    @Test("bpf_load.c's maps of maps: by place, in all sections of maps")
    func byPlace() throws {
        let package = try ObjectReader.read(object([[1, 4, 8, 16, 0, 0, 0], [12, 4, 4, 2, 0, 0, 0]]))
        #expect(package.maps.map(\.innerMap) == [nil, 0])
        let apart = try ObjectReader.read(
            CSource.compiled(
                "struct { u32 a[7]; } o SEC(\"maps/o\") = { { 13, 4, 4, 2, 0, 1, 0 } }, i SEC(\"maps/i\") = { { 1, 4, 8, 1 } };\n"
                    + Self.program, flags: ["-O2"]))
        #expect(apart.maps.map(\.name) == ["o", "i"] && apart.maps.map(\.innerMap) == [1, nil])
        // With its flag, the last number is a NUMA node, which makes no difference.
        let node = try ObjectReader.read(object([[1, 4, 8, 16], [12, 4, 4, 2, 4, 0, 3]]))
        #expect(node.maps.map(\.innerMap) == [nil, 0] && node.maps[1].pinning == 0)
    }

    @Test("iproute2's tables of programs are filled by the names of sections")
    func programArrays() throws {
        let package = try ObjectReader.read(
            object(
                [[3, 4, 4, 20, 0, 2, 2], [3, 4, 4, 5, 0, 1, 0, 0, 0]],
                and: """
                    SEC("2/1") int a(u64 *c) { return 1; }
                    SEC("1/0x4") int b(u64 *c) { return 2; }
                    SEC("2/010") int c(u64 *c) { return 3; }
                    SEC("3/1") int d(u64 *c) { return 4; }
                    SEC("2/+1") int e(u64 *c) { return 5; }
                    SEC("2/1/1") int f(u64 *c) { return 6; }
                    SEC("2/99999999999") int g(u64 *c) { return 7; }

                    """))
        #expect(
            package.maps[0].slots
                == [MapSlot(index: 1, target: .program("a")), MapSlot(index: 8, target: .program("c"))])
        #expect(package.maps[1].slots == [MapSlot(index: 4, target: .program("b"))])
    }

    @Test("slots that are not there, or taken")
    func slots() throws {
        func refusal(_ section: String, _ other: String) throws -> ObjectError? {
            let object = try object(
                [[3, 4, 4, 5, 0, 1, 0, 0, 0]],
                and: "SEC(\"\(section)\") int a(u64 *c) { return 1; }\nSEC(\"\(other)\") int b(u64 *c) { return 2; }\n")
            do throws(ObjectError) {
                _ = try ObjectReader.read(object)
                return nil
            } catch { return error }
        }
        #expect(try refusal("1/4", "1/3") == nil)
        #expect(try refusal("1/5", "1/3") == .mapSlot(map: "m0", slot: 5, keySize: 4, entries: 5))
        #expect(try refusal("1/3", "1/0x3") == .mapSlotTwice(map: "m0", slot: 3))
    }

    @Test(
        "numbers that could be two things, or nothing",
        arguments: [
            // A node without its flag that is no way to share either.
            ([[1, 4, 4, 1, 0, 0, 9]], .mapDefinitionTail(section: "maps", offset: 24)),
            // A node or a way to share.
            ([[1, 4, 4, 1, 4, 0, 2]], .mapDefinitionTail(section: "maps", offset: 24)),
            // iproute2's number, or the place of an inner map.
            ([[1, 4, 4, 1], [12, 4, 4, 1, 0, 3, 2]], .mapDefinitionTail(section: "maps", offset: 36)),
            ([[1, 4, 4, 1, 0, 5]], .mapDefinitionTail(section: "maps", offset: 20)),
            // eBPF for Windows: the place of an inner map comes before the rest.
            ([[7, 4, 4, 1, 0, 1, 3, 4]], .mapDefinitionTail(section: "maps", offset: 20)),
            ([[1, 4, 4, 1, 0, 0, 3, 0, 0]], .mapDefinitionTail(section: "maps", offset: 24)),
            ([[1, 4, 4, 1, 0, 1, 0, 6, 0]], .mapDefinitionTail(section: "maps", offset: 20)),
            ([[1, 4, 4, 1, 0, 0, 0, 0, 0, 1]], .mapDefinitionTail(section: "maps", offset: 36)),
            ([[12, 4, 4, 1, 0, 7, 0]], .mapInnerUnknown(map: "m0", number: 7)),
            ([[12, 4, 4, 1, 0, 0, 0]], .mapInnerUnknown(map: "m0", number: 0)),
            ([[12, 4, 4, 1, 0, 0xFFFF_FFFF, 0]], .mapInnerUnknown(map: "m0", number: 0xFFFF_FFFF)),
            ([[12, 4, 4, 1, 0, 0, 0, 6, 0]], .mapInnerUnknown(map: "m0", number: 6)),
            ([[3, 4, 4, 1, 0, 6, 0, 0, 0], [12, 4, 4, 1, 0, 0, 0, 6, 0]], .mapInnerUnknown(map: "m1", number: 6)),
            (
                [[1, 4, 4, 1, 0, 6, 0, 0, 3], [12, 4, 4, 1, 0, 0, 0, 6, 0]],
                .mapSlot(map: "m1", slot: 3, keySize: 4, entries: 1)
            ),
            (
                [[1, 4, 4, 1, 0, 6, 0, 0, 3], [13, 2, 4, 9, 0, 0, 0, 6, 0]],
                .mapSlot(map: "m1", slot: 3, keySize: 2, entries: 9)
            ),
            (
                [[1, 4, 4, 1, 0, 6, 0, 0, 0], [1, 4, 8, 1, 0, 6, 0, 0, 1], [13, 4, 4, 9, 0, 0, 0, 6, 0]],
                .mapUnlikeInner(map: "m2", slot: 1, inner: "m1")
            ),
        ] as [([[Int]], ObjectError)])
    func ambiguous(maps: [[Int]], expected: ObjectError) throws {
        #expect(try refusal(of: maps) == expected)
        #expect(!"\(expected)".isEmpty)
    }
}
