import ProgramPackage
import TestSupport
import Testing

@testable import ObjectFile

@Suite("What keys and values are made of")
struct ValueTypeTests {
    private static let source = """
        typedef u32 __be32;
        enum reason { NONE, SCAN = 3, NEGATIVE = -2 };
        enum wide { HUGE = 1ull << 40 };
        struct inner { u8 a[3]; char text[5]; };
        struct value {
            const volatile u64 packets; enum reason reason; enum wide wide;
            unsigned low : 3, high : 29;
            struct inner inner[2]; union { u32 word; u8 bytes[4]; };
            struct value *next; int negative; _Bool yes; double rate;
        };
        struct { __uint(type, 1); __type(key, __be32); __type(value, struct value); __uint(max_entries, 4); } typed SEC(".maps");
        struct { __uint(type, 1); __uint(key_size, 4); __type(value, u32); __uint(max_entries, 4); } half SEC(".maps");
        struct { __uint(type, 1); __uint(key_size, 4); __uint(value_size, 4); __uint(max_entries, 4); } untyped SEC(".maps");
        u64 total; static u32 hidden; int settable = 3;
        const volatile struct inner limits = { { 1 }, "abc" };
        SEC("xdp") int p(void *context) {
            void *value = bpf_map_lookup_elem(&typed, context);
            value = bpf_map_lookup_elem(&half, context) ?: value;
            value = bpf_map_lookup_elem(&untyped, context) ?: value;
            hidden++; total += limits.a[0] + settable;
            return value != 0;
        }
        """

    @Test("is what the source says, without qualifiers and without what pointers lead to")
    func types() throws {
        let package = try ObjectReader.read(CSource.compiled(Self.source))
        let types = package.valueTypes
        func map(_ name: String) throws -> MapDefinition { try #require(package.maps.first { $0.name == name }) }
        func type(_ place: Int?) throws -> ValueType { types.types[try #require(place)] }
        func member(_ place: Int?, _ name: String) throws -> (ValueType.Member, ValueType) {
            guard case .structure(_, let members) = try type(place).shape else { throw NoMember() }
            let member = try #require(members.first { $0.name == name })
            return (member, types.types[types.resolved(member.type)])
        }
        let typed = try map("typed")
        #expect(try type(typed.keyType).name == "__be32" && types.size(of: typed.keyType ?? 0) == 4)
        #expect(
            try type(typed.valueType).name == "value" && types.size(of: typed.valueType ?? 0) == Int(typed.valueSize))
        #expect(try member(typed.valueType, "packets").1.shape == .integer(size: 8, .unsigned))
        #expect(try member(typed.valueType, "negative").1.shape == .integer(size: 4, .signed))
        #expect(try member(typed.valueType, "yes").1.shape == .integer(size: 1, .boolean))
        #expect(try member(typed.valueType, "rate").1.shape == .float(size: 8))
        #expect(try member(typed.valueType, "next").1.shape == .pointer)
        #expect(try member(typed.valueType, "high").0.bitSize == 29 && member(typed.valueType, "low").0.bitSize == 3)
        guard case .enumeration(4, true, let reasons) = try member(typed.valueType, "reason").1.shape else {
            throw NoMember()
        }
        #expect(reasons.map(\.name) == ["NONE", "SCAN", "NEGATIVE"])
        #expect(reasons.map(\.value) == [0, 3, UInt64(bitPattern: -2)])
        guard case .enumeration(8, _, let wide) = try member(typed.valueType, "wide").1.shape else { throw NoMember() }
        #expect(wide.map(\.value) == [1 << 40])
        guard case .array(let element, 2) = try member(typed.valueType, "inner").1.shape else { throw NoMember() }
        #expect(try member(element, "text").1.shape == .array(element: types.resolved(try charType(types)), count: 5))

        #expect(try map("half").keyType == nil && type(map("half").valueType).name == "u32")
        #expect(try map("untyped").keyType == nil && map("untyped").valueType == nil)
        #expect(try member(map(".bss").valueType, "total").1.shape == .integer(size: 8, .unsigned))
        #expect(try member(map(".bss").valueType, "hidden").1.shape == .integer(size: 4, .unsigned))
        #expect(try member(map(".data").valueType, "settable").0.bitOffset == 0)
        #expect(try member(map(".rodata").valueType, "limits").1.name == "inner")
        #expect(try ObjectPackage(parsing: package.serialized()) == package)
    }

    private struct NoMember: Error {}

    private func charType(_ types: ValueTypes) throws -> Int {
        try #require(types.types.firstIndex { $0.shape == .integer(size: 1, .character) })
    }

    @Test("without debug information there are no types, and the digest is that of the program with them")
    func stripped() throws {
        let source = """
            struct { u32 type, key, value, entries, flags; } m SEC("maps") = { 1, 4, 8, 16, 0 };
            SEC("xdp") int p(void *context) { return bpf_map_lookup_elem(&m, context) != 0; }
            """
        let with = try ObjectReader.read(CSource.compiled(source))
        let without = try ObjectReader.read(CSource.compiled(source, flags: ["-O2"]))
        #expect(without.valueTypes == .none && without.maps.allSatisfy { $0.keyType == nil && $0.valueType == nil })
        #expect(with.programs[0].canonicalBytes(in: with) == without.programs[0].canonicalBytes(in: without))
    }

    @Test("types that are no values, or too many, cost a map its types and nothing else")
    func unusable() throws {
        let big = (0..<70).reduce("struct s0 { u32 a; };\n") { $0 + "struct s\($1 + 1) { struct s\($1) a; };\n" }
        let package = try ObjectReader.read(
            CSource.compiled(
                big + """
                    struct { __uint(type, 1); __type(key, u32); __type(value, struct s70); __uint(max_entries, 4); } deep SEC(".maps");
                    struct { __uint(type, 1); __type(key, u32); __type(value, struct s20); __uint(max_entries, 4); } fine SEC(".maps");
                    SEC("xdp") int p(void *context) {
                        return bpf_map_lookup_elem(&deep, context) != bpf_map_lookup_elem(&fine, context);
                    }
                    """))
        #expect(package.maps[0].valueType == nil && package.maps[0].keyType != nil)
        #expect(package.maps[1].valueType != nil)
    }
}
