import ProgramPackage
import TestSupport
import Testing

@testable import ObjectFile

/// Locks and timers in the values of maps, found by type.
@Suite("Locks and timers in values")
struct ValueFieldTests {
    private static let types = """
        struct bpf_spin_lock { u32 val; };
        struct bpf_timer { u64 opaque[2]; };

        """

    private func map(_ value: String, more: String = "") throws -> Result<MapDefinition, ObjectError> {
        let object = try CSource.compiled(
            Self.types + more + "struct value { \(value) };\n"
                + "struct { __uint(type, 2); __type(key, u32); __type(value, struct value); __uint(max_entries, 1); } m SEC(\".maps\");\n"
                + "SEC(\"xdp\") int p(u64 *context) { return 0; }\n")
        do throws(ObjectError) { return .success(try ObjectReader.read(object).maps[0]) } catch {
            return .failure(error)
        }
    }

    @Test(
        "where they are",
        arguments: [
            ("u64 a; struct bpf_spin_lock lock;", 8, nil), ("struct bpf_timer t; u32 x;", nil, 0),
            ("u32 a; struct { u32 b; struct { struct bpf_spin_lock l; } c; } d; struct bpf_timer t[1];", 8, 16),
            ("u64 bits : 7; struct bpf_spin_lock l;", 4, nil),
            ("u64 bits : 7, more : 40; struct bpf_spin_lock l;", 8, nil),
            ("struct bpf_spin_lock none[0]; u32 a; struct bpf_spin_lock one[1][1];", 4, nil),
            ("struct bpf_spin_lock *pointer; union { u32 a; struct bpf_spin_lock l; } u;", nil, nil),
            ("u32 a;", nil, nil),
        ] as [(String, UInt32?, UInt32?)])
    func places(value: String, lock: UInt32?, timer: UInt32?) throws {
        let map = try map(value).get()
        #expect(map.spinLockOffset == lock && map.timerOffset == timer)
    }

    @Test("two of a kind are refused, also as an array")
    func several() throws {
        for value in ["struct bpf_spin_lock a; u32 b; struct bpf_spin_lock c;", "struct bpf_spin_lock a[2];"] {
            #expect(try map(value) == .failure(.mapMember(map: "m", member: "bpf_spin_lock", .twice)))
        }
        #expect(
            try map("struct { struct bpf_timer t; } a[3];")
                == .failure(.mapMember(map: "m", member: "bpf_timer", .twice)))
    }

    @Test("one that the kernel could not use is refused")
    func misplaced() throws {
        #expect(
            try map("u8 a; struct bpf_spin_lock l; u8 b[7];", more: "#pragma pack(1)\n")
                == .failure(.mapField(map: "m", field: "bpf_spin_lock", offset: 1, valueSize: 12)))
        #expect(
            try map("u32 a; struct bpf_timer t; u32 b;", more: "#pragma pack(4)\n")
                == .failure(.mapField(map: "m", field: "bpf_timer", offset: 4, valueSize: 24)))
    }

    @Test("a value of exponentially many members is looked at for a bounded time")
    func exponential() throws {
        var builder = BTFBuilder()
        let name = builder.name("bpf_spin_lock")
        builder.type(.integer, 4, tail: [32])  // 1
        // Type n + 1 has two members of type n.
        for type in UInt32(1)...40 { builder.type(.structure, count: 2, 8, tail: [0, type, 0, 0, type, 0]) }
        builder.type(.structure, name: name, count: 0, 4)
        let types = try BTF(parsing: ByteView(bytes: builder.section))
        #expect(throws: ObjectError.limitExceeded(what: "members of a map's value", value: 65_537, limit: 65_536)) {
            try types.structures(named: "bpf_spin_lock", in: 41)
        }
        // A structure inside of itself likewise.
        var circle = BTFBuilder()
        let lock = circle.name("bpf_spin_lock")
        circle.type(.structure, count: 1, 8, tail: [0, 1, 0xFFFF_FFF8])
        circle.type(.structure, name: lock, count: 0, 4)
        let circular = try BTF(parsing: ByteView(bytes: circle.section))
        #expect(throws: ObjectError.limitExceeded(what: "members of a map's value", value: 65_537, limit: 65_536)) {
            try circular.structures(named: "bpf_spin_lock", in: 1)
        }
    }
}
