import ProgramPackage
import TestSupport
import Testing

@testable import ObjectFile

/// Maps of maps and of programs: what they look like, and what they hold from the start.
@Suite("Maps that hold maps or programs")
struct MapContentsTests {
    private static let program = "SEC(\"xdp\") int p(u64 *context) { return 0; }\n"
    private static let inner =
        "struct inner { __uint(type, 2); __type(key, u32); __type(value, u64); __uint(max_entries, 3); };\n"

    private func package(_ body: String) throws(ObjectError) -> ObjectPackage {
        // What clang refuses is a mistake in the test.
        guard let object = try? CSource.compiled(body + Self.program) else {
            throw .noPrograms
        }
        return try ObjectReader.read(object)
    }

    private func refusal(of body: String) -> ObjectError? {
        do throws(ObjectError) {
            _ = try package(body)
            return nil
        } catch { return error }
    }

    @Test("a map of maps says what its maps look like")
    func anonymous() throws {
        let package = try package(
            """
            struct { __uint(type, 12); __type(key, u32); __uint(max_entries, 5);
                struct { __uint(type, 1); __uint(key_size, 8); __uint(value_size, 24); __uint(max_entries, 7); } *values[]; }
                outer SEC(".maps");

            """)
        #expect(
            package.untypedMaps == [
                MapDefinition(name: "outer", type: 12, keySize: 4, valueSize: 4, maximumEntries: 5, innerMap: 1),
                MapDefinition(
                    name: "outer.inner", type: 1, keySize: 8, valueSize: 24, maximumEntries: 7, isTemplate: true),
            ])
        #expect(try ObjectPackage(parsing: package.serialized()) == package)
    }

    @Test("a map of maps may say nothing of its maps, and has room for their handles all the same")
    func silent() throws {
        let package = try package(
            "struct { __uint(type, 13); __type(key, u32); __uint(max_entries, 5); } outer SEC(\".maps\");\n")
        #expect(
            package.untypedMaps == [MapDefinition(name: "outer", type: 13, keySize: 4, valueSize: 4, maximumEntries: 5)]
        )
    }

    @Test("maps in a map from the start, in any slot, static or not", arguments: [12, 13])
    func initialisedWithMaps(type: Int) throws {
        let package = try package(
            Self.inner + """
                struct inner a SEC(".maps"), b SEC(".maps");
                static struct inner c SEC(".maps");
                struct { __uint(type, \(type)); __type(key, u32); __uint(max_entries, 4); typeof(struct inner) *values[]; }
                    outer SEC(".maps") = { .values = { &b, [2] = &a, [3] = (void *)&c } };

                """)
        let names = package.maps.map(\.name)
        let outer = try #require(package.maps.first { $0.name == "outer" })
        #expect(outer.innerMap.map { names[$0] } == "outer.inner")
        #expect(
            outer.slots
                == zip([0, 2, 3] as [UInt32], ["b", "a", "c"]).map {
                    MapSlot(index: $0, target: .map(names.firstIndex(of: $1) ?? -1))
                })
        #expect(try ObjectPackage(parsing: package.serialized()) == package)
    }

    @Test("programs in a map from the start, by name")
    func initialisedWithPrograms() throws {
        let package = try package(
            """
            SEC("xdp") int first(void *context) { return 1; }
            SEC("xdp") int second(void *context) { return 2; }
            struct { __uint(type, 3); __type(key, u32); __uint(max_entries, 4); int (*values[])(void *); }
                jumps SEC(".maps") = { .values = { [1] = second, [3] = first } };

            """)
        #expect(
            package.untypedMaps == [
                MapDefinition(
                    name: "jumps", type: 3, keySize: 4, valueSize: 4, maximumEntries: 4,
                    slots: [
                        MapSlot(index: 1, target: .program("second")), MapSlot(index: 3, target: .program("first")),
                    ])
            ])
    }

    @Test("a program in a map may be one that was left out")
    func omittedProgram() throws {
        let package = try package(
            """
            extern int kfunc(int x) __attribute__((section(".ksyms")));
            SEC("xdp") int first(void *context) { return kfunc(1); }
            struct { __uint(type, 3); __type(key, u32); __uint(max_entries, 1); int (*values[])(void *); }
                jumps SEC(".maps") = { .values = { first } };

            """)
        #expect(package.omitted.map(\.name) == ["first"])
        #expect(package.maps[0].slots == [MapSlot(index: 0, target: .program("first"))])
        #expect(try ObjectPackage(parsing: package.serialized()) == package)
    }

    @Test(
        "definitions that make no sense",
        arguments: [
            (
                "struct { __uint(type, 1); __type(key, u32); struct inner *values[]; } m SEC(\".maps\");",
                .mapMember(map: "m", member: "values", .notHere)
            ),
            (
                "struct { __uint(type, 12); __type(key, u32); int *values[]; } m SEC(\".maps\");",
                .mapMember(map: "m", member: "values", .notAType)
            ),
            (
                "struct { __uint(type, 12); __type(key, u32); int values; } m SEC(\".maps\");",
                .mapMember(map: "m", member: "values", .notAType)
            ),
            (
                "struct { __uint(type, 3); __type(key, u32); struct inner *values[]; } m SEC(\".maps\");",
                .mapMember(map: "m", member: "values", .notAType)
            ),
            (
                "struct { __uint(type, 12); __type(key, u32); __type(value, u64); struct inner *values[]; } m SEC(\".maps\");",
                .mapKeySizes(map: "m", member: "value", declared: 8, ofType: 4)
            ),
            (
                "struct two { __uint(type, 12); __type(key, u32); struct inner *values[]; };"
                    + "struct { __uint(type, 12); __type(key, u32); struct two *values[]; } m SEC(\".maps\");",
                .mapMember(map: "m.inner", member: "values", .notHere)
            ),
            (
                "struct two { __uint(type, 13); __type(key, u32); };"
                    + "struct { __uint(type, 12); __type(key, u32); struct two *values[]; } m SEC(\".maps\");",
                .mapMember(map: "m", member: "values", .notHere)
            ),
            (
                "struct two { __uint(type, 1); __uint(pinning, 1); };"
                    + "struct { __uint(type, 12); __type(key, u32); struct two *values[]; } m SEC(\".maps\");",
                .mapMember(map: "m", member: "values", .notHere)
            ),
        ] as [(String, ObjectError)])
    func definitions(text: String, expected: ObjectError) {
        #expect(refusal(of: Self.inner + text + "\n") == expected)
    }

    @Test(
        "contents that a map cannot hold",
        arguments: [
            // Another value size: a program would take one for the other.
            (
                "struct { __uint(type, 2); __type(key, u32); __type(value, u32); __uint(max_entries, 3); } other SEC(\".maps\");",
                "{ (void *)&other }", .mapUnlikeInner(map: "m", slot: 0, inner: "other")
            ),
            // Another number of entries, which an array's bounds come from.
            (
                "struct { __uint(type, 2); __type(key, u32); __type(value, u64); __uint(max_entries, 2); } other SEC(\".maps\");",
                "{ (void *)&other }", .mapUnlikeInner(map: "m", slot: 0, inner: "other")
            ),
            (
                "struct inner other SEC(\".maps\");", "{ [2] = &other }",
                .mapSlot(map: "m", slot: 2, keySize: 4, entries: 2)
            ),
            (
                "SEC(\"xdp\") int other(void *context) { return 0; }", "{ (void *)other }",
                .mapInitializers(section: ".maps", offset: 24, symbol: "other")
            ),
            (
                "static int other = 4;", "{ (void *)&other }",
                .mapInitializers(section: ".maps", offset: 24, symbol: ".data")
            ),
        ] as [(String, String, ObjectError)])
    func contents(other: String, values: String, expected: ObjectError) {
        let map =
            "struct { __uint(type, 12); __type(key, u32); __uint(max_entries, 2); struct inner *values[]; } m SEC(\".maps\")"
        #expect(refusal(of: Self.inner + other + "\n" + map + " = { .values = \(values) };\n") == expected)
    }

    @Test("a map cannot be in a map of programs, nor a function that is no program")
    func notPrograms() {
        let map =
            "struct { __uint(type, 3); __type(key, u32); __uint(max_entries, 2); int (*values[])(void *); } m SEC(\".maps\")"
        #expect(
            refusal(
                of: Self.inner + "struct inner other SEC(\".maps\");\n" + map
                    + " = { .values = { (void *)&other } };\n")
                == .mapInitializers(section: ".maps", offset: 56, symbol: "other"))
        #expect(
            refusal(
                of: "__noinline int callee(void *context) { return 1; }\n" + map + " = { .values = { callee } };\n")
                == .mapInitializers(section: ".maps", offset: 24, symbol: "callee"))
    }

    @Test("what is filled in elsewhere than among the contents is refused")
    func strayRelocation() throws {
        let source =
            Self.inner
            + "struct inner other SEC(\".maps\");\n"
            + "struct { __uint(type, 12); __type(key, u32); __uint(max_entries, 2); struct inner *values[]; } m SEC(\".maps\")"
            + " = { .values = { &other } };\n" + Self.program
        var editor = ObjectEditor(try CSource.compiled(source))
        let relocation = editor.start(".rel.maps")
        let offset = editor.number(at: relocation, width: 8)
        for place in [offset - 8, offset + 4] {
            editor.put(place, at: relocation, width: 8)
            #expect(throws: ObjectError.mapInitializers(section: ".maps", offset: place, symbol: "other")) {
                try ObjectReader.read(editor.bytes)
            }
        }
        editor.put(offset, at: relocation, width: 8)
        // An addend that leads into the middle of the other map, and a kind that fills in another number of bytes.
        editor.put(8, at: editor.start(".maps") + Int(offset), width: 8)
        #expect(throws: ObjectError.mapInitializers(section: ".maps", offset: offset, symbol: "other")) {
            try ObjectReader.read(editor.bytes)
        }
        editor.put(.max, at: editor.start(".maps") + Int(offset), width: 8)
        #expect(throws: ObjectError.mapInitializers(section: ".maps", offset: offset, symbol: "other")) {
            try ObjectReader.read(editor.bytes)
        }
        editor.put(0, at: editor.start(".maps") + Int(offset), width: 8)
        editor.put(3, at: relocation + 8, width: 4)
        #expect(throws: ObjectError.mapInitializers(section: ".maps", offset: offset, symbol: "other")) {
            try ObjectReader.read(editor.bytes)
        }
    }
}
