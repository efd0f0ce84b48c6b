import Bytecode
import ObjectFile
import TestSupport
import Testing

@testable import ProgramPackage

@Suite("The canonical form of a program")
struct CanonicalTests {
    private static let head = """
        #define SEC(name) __attribute__((section(name), used))
        #define __uint(name, val) int (*name)[val]
        struct bpf_map_def { unsigned type, key_size, value_size, max_entries, map_flags; };
        static void *(*lookup)(void *map, const void *key) = (void *)1;

        """
    private static let map = "struct bpf_map_def SEC(\"maps\") table = { 1, 4, 8, 16, 0 };\n"
    private static let data = "static volatile int start = 5;\n"
    private static let program = """
        static __attribute__((noinline)) int sub(int x) { return x * start; }
        SEC("xdp") int p(int *context) { int key = 2; return lookup(&table, &key) ? sub(*context) : 1; }

        """
    private static let licence = "char licence[] SEC(\"license\") = \"GPL\";\n"

    private func form(_ parts: [String], flags: [String] = ["-O2"]) throws -> [UInt8] {
        let package = try ObjectReader.read(BPFCompiler.object(Self.head + parts.joined(), flags: flags))
        return try #require(package.programs.first { $0.name == "p" }).canonicalBytes(in: package)
    }

    private func original() throws -> [UInt8] {
        try form([Self.map, Self.data, Self.program, Self.licence])
    }

    @Test("debug information and the rest of the object make no difference")
    func invariance() throws {
        let original = try original()
        let other = "struct bpf_map_def SEC(\"maps\") other = { 2, 4, 4, 1, 0 };\n"
        let otherFunction = "__attribute__((noinline)) int extra(int x) { return x + 3; }\n"
        let otherProgram = "SEC(\"socket\") int o(int *context) { int key = 1; return !lookup(&other, &key); }\n"
        #expect(try form([Self.map, Self.data, Self.program, Self.licence], flags: ["-O2", "-g"]) == original)
        #expect(
            try form([other, Self.map, Self.data, otherFunction, otherProgram, Self.program, Self.licence]) == original)
        #expect(
            try form([Self.licence, Self.map, Self.data, Self.program, other, otherProgram, otherFunction]) == original)
    }

    @Test(
        "each thing that decides what the program does makes a difference",
        arguments: [
            ("return x * start", "return x + start"), ("xdp", "socket"), ("GPL", "MIT"),
            ("{ 1, 4, 8, 16, 0 }", "{ 1, 4, 8, 17, 0 }"),
            ("{ 1, 4, 8, 16, 0 }", "{ 5, 4, 8, 16, 0 }"), ("{ 1, 4, 8, 16, 0 }", "{ 1, 4, 8, 16, 1 }"),
            ("table", "tables"), ("start = 5", "start = 6"), ("key = 2", "key = 3"),
        ])
    func sensitivity(old: String, new: String) throws {
        let parts = [Self.map, Self.data, Self.program, Self.licence].map { $0.replacing(old, with: new) }
        #expect(try form(parts) != original())
    }

    @Test("zeros that a compiler wrote out are zeros")
    func zeros() {
        var package = Sample.small
        package.maps[1].initialValue = [0, 0, 0]
        let written = package.programs[0].canonicalBytes(in: package)
        package.maps[1].initialValue = []
        #expect(package.programs[0].canonicalBytes(in: package) == written)
    }

    @Test("no two of many near neighbours have the same bytes")
    func injectivity() {
        var seen: [[UInt8]: String] = [:]
        func record(_ label: String, _ change: (inout ObjectPackage) -> Void) {
            var package = Sample.small
            change(&package)
            let bytes = package.programs[0].canonicalBytes(in: package)
            #expect(seen[bytes] == nil, "\(label) looks like \(seen[bytes] ?? "")")
            seen[bytes] = label
        }
        record("the original") { _ in }
        // Bytes that move over a border between two parts.
        record("section longer, licence shorter") {
            $0.programs[0].section = "xdpG"; $0.licence = "PL"
        }
        record("section empty") {
            $0.programs[0].section = ""; $0.licence = "xdpGPL"
        }
        record("name takes a byte of the type") {
            $0.maps[0].name = "m\u{1}"; $0.maps[0].type = 0
        }
        record("names change places") {
            $0.maps[0].name = ".data"; $0.maps[1].name = "m"
        }
        record("read-only") { $0.maps[1].isReadOnly = true }
        record("pinned") { $0.maps[0].pinning = 1 }
        record("extra") { $0.maps[0].extra = 1 << 40 }
        record("other contents") { $0.maps[1].initialValue = [1, 2, 4] }
        record("larger value") {
            $0.maps[1].valueSize = 4; $0.maps[1].initialValue = [1, 2, 3, 0]
        }
        record("a map that is not there") { $0.programs[0].code[0].immediate = 2 }
        record("a map far out") { $0.programs[0].code[0].immediate = .max }
        record("a negative map") { $0.programs[0].code[0].immediate = -1 }
        record("the other map") { $0.programs[0].code[0].immediate = 1 }
        record("the maps exchanged in the code only") {
            $0.programs[0].code[0].immediate = 1; $0.programs[0].code[2].immediate = 0
        }
        for slot in 0..<5 {
            // Two bits of the first slot make maps that are on the list already.
            for bit in 0..<64 where slot > 0 || bit != 32 && bit != 33 {
                record("bit \(bit) of slot \(slot)") {
                    $0.programs[0].code[slot] = Slot(bits: $0.programs[0].code[slot].bits ^ 1 << UInt64(bit))
                }
            }
        }
    }

    @Test("what a map holds or has inside makes a difference, and what the package has beside it makes none")
    func extensions() throws {
        var seen: [[UInt8]: String] = [:]
        func record(_ label: String, _ change: (inout ObjectPackage) -> Void) {
            var package = Sample.unusual
            change(&package)
            let bytes = package.programs[0].canonicalBytes(in: package)
            #expect(seen[bytes] == nil, "\(label) looks like \(seen[bytes] ?? "")")
            seen[bytes] = label
        }
        record("the original") { _ in }
        record("no inner map") { $0.maps[1].innerMap = nil }
        record("another inner map") { $0.maps[1].innerMap = 0 }
        record("an inner map that is not there") { $0.maps[1].innerMap = 9 }
        record("a pattern that is a map") { $0.maps[2].isTemplate = false }
        record("another value of the pattern") { $0.maps[2].valueSize = 40 }
        record("no lock") { $0.maps[0].spinLockOffset = nil }
        record("another lock") { $0.maps[0].spinLockOffset = 4 }
        record("no timer") { $0.maps[0].timerOffset = nil }
        record("a timer for the lock") {
            $0.maps[0].timerOffset = 0; $0.maps[0].spinLockOffset = 8
        }
        record("an empty slot") { $0.maps[1].slots.removeLast() }
        record("another slot") { $0.maps[1].slots[1].index = 3 }
        record("another map in a slot") { $0.maps[1].slots[1].target = .map(2) }
        record("another program in a slot") { $0.maps[3].slots[1].target = .program("p") }
        record("no kernel types") { $0.programs[0].needsRelocation = [] }
        record("other kernel types") { $0.programs[0].needsRelocation = ["task"] }
        record("names run together") { $0.programs[0].needsRelocation = ["taskfile"] }

        var other = Sample.unusual
        other.omitted[0].reason = "another"
        other.maps.append(
            MapDefinition(name: "more", type: 13, keySize: 4, valueSize: 4, maximumEntries: 1, innerMap: 0))
        #expect(
            other.programs[0].canonicalBytes(in: other)
                == Sample.unusual.programs[0].canonicalBytes(in: Sample.unusual))
        // The place of a map in the package is not part of it.
        var moved = Sample.unusual
        moved.maps.insert(MapDefinition(name: "x", type: 1, keySize: 4, valueSize: 4, maximumEntries: 1), at: 0)
        moved.maps[2].innerMap = 3
        moved.maps[2].slots = [MapSlot(index: 1, target: .map(1)), MapSlot(index: 4, target: .map(1))]
        moved.programs[0].code[0].immediate = 2
        moved.programs[0].code[2].immediate = 4
        #expect(
            moved.programs[0].canonicalBytes(in: moved)
                == Sample.unusual.programs[0].canonicalBytes(in: Sample.unusual))
    }

    @Test("a program without any of that has the bytes that it always had")
    func extensionsAreLast() {
        var package = Sample.small
        let plain = package.programs[0].canonicalBytes(in: package)
        package.maps[0].spinLockOffset = 0
        let locked = package.programs[0].canonicalBytes(in: package)
        #expect(locked.starts(with: plain) && locked.count > plain.count)
        #expect(
            plain.count == 8 + 11 + 8 + 3 + 8 + 3 + 8 + 5 * 8 + 8 + (8 + 1 + 24 + 8 + 4 + 8)
                + (8 + 5 + 24 + 8 + 4 + 8 + 3))
    }

    @Test("the order of maps in the package makes no difference")
    func order() {
        let package = Sample.small
        var other = package
        other.maps = [
            package.maps[1], MapDefinition(name: "x", type: 9, keySize: 1, valueSize: 1, maximumEntries: 1),
            package.maps[0],
        ]
        other.programs[0].code[0].immediate = 2
        other.programs[0].code[2].immediate = 0
        other.programs[0].functions = []
        other.programs[0].lines = []
        other.programs[0].name = "another"
        #expect(package.programs[0].canonicalBytes(in: package) == other.programs[0].canonicalBytes(in: other))
    }

    @Test("code that ends in half an immediate has a form")
    func cut() {
        var package = Sample.small
        package.programs[0].code = [Slot(opcode: 0x18, registers: 0x11, offset: 0, immediate: 1)]
        #expect(!package.programs[0].canonicalBytes(in: package).isEmpty)
    }
}
