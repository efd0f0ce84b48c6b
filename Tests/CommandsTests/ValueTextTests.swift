import Foundation
import ProgramPackage
import Testing

@testable import Commands

/// A table of types of which the last one is the type that is meant.
private func table(_ types: [ValueType]) -> ValueTypes {
    guard let table = try? ValueTypes(types) else { preconditionFailure("the types of a test are a table") }
    return table
}

private let u8 = ValueType(name: "__u8", .integer(size: 1, .unsigned))
private let u16 = ValueType(name: "__u16", .integer(size: 2, .unsigned))
private let u32 = ValueType(name: "__u32", .integer(size: 4, .unsigned))
private let u64 = ValueType(name: "__u64", .integer(size: 8, .unsigned))

/// `struct { __be32 saddr; __be16 port; union { __u8 tag[2]; __u16 both; }; enum reason reason; char name[4]; unsigned a:3, b:5; signed c:8; _Bool ok; }`
private let flow = table([
    u32, ValueType(name: "__be32", .alias(0)), u16, ValueType(name: "__be16", .alias(2)), u8,
    ValueType(.array(element: 4, count: 2)),
    ValueType(
        .union(size: 2, [.init(name: "tag", type: 5, bitOffset: 0), .init(name: "both", type: 2, bitOffset: 0)])),
    ValueType(
        name: "reason",
        .enumeration(
            size: 4, isSigned: true, [.init(name: "NONE", value: 0), .init(name: "BAD", value: UInt64.max - 1)])),
    ValueType(name: "char", .integer(size: 1, .character)), ValueType(.array(element: 8, count: 4)),
    ValueType(name: "_Bool", .integer(size: 1, .boolean)), ValueType(name: "int", .integer(size: 4, .signed)),
    ValueType(
        name: "flow",
        .structure(
            size: 20,
            [
                .init(name: "saddr", type: 1, bitOffset: 0), .init(name: "port", type: 3, bitOffset: 32),
                .init(name: "", type: 6, bitOffset: 48), .init(name: "reason", type: 7, bitOffset: 64),
                .init(name: "name", type: 9, bitOffset: 96), .init(name: "a", type: 0, bitOffset: 128, bitSize: 3),
                .init(name: "b", type: 0, bitOffset: 131, bitSize: 5),
                .init(name: "c", type: 11, bitOffset: 136, bitSize: 8), .init(name: "ok", type: 10, bitOffset: 144),
            ])),
])
private let flowBytes: [UInt8] = [
    10, 0, 0, 1, 1, 0xBB, 5, 6, 0xFE, 0xFF, 0xFF, 0xFF, 0x68, 0x69, 0, 0, 0x8D, 0xFF, 1, 0,
]

@Suite("Keys and values by their types")
struct ValueTextTests {
    @Test("a structure is shown as C and as JSON, fields in their order")
    func structure() throws {
        let value = try #require(ValueRenderer(flow).render(flowBytes, as: 12))
        #expect(
            value.c() == """
                { .saddr = 16777226, .port = 47873, .tag = { 5, 6 }, .both = 1541, .reason = BAD, .name = "hi", .a = 5, .b = 17, .c = -1, .ok = true }
                """)
        #expect(
            value.json() == """
                {"saddr": 16777226, "port": 47873, "tag": [5, 6], "both": 1541, "reason": "BAD", "name": "hi", "a": 5, "b": 17, "c": -1, "ok": true}
                """)
        #expect(
            value.c(indent: 0).hasPrefix("{\n  .saddr = 16777226,\n")
                && value.c(indent: 0).hasSuffix(",\n  .ok = true\n}"))
        _ = try JSONSerialization.jsonObject(with: Data(value.json(indent: 1).utf8))
    }

    @Test("what a person writes becomes the bytes that are shown for it")
    func reading() throws {
        let text = """
            {"saddr": "10.0.0.1", "port": "443", "tag": [5, 6], "reason": "BAD", "name": "hi", "a": 5, "b": "0x11", "c": -1, "ok": "true"}
            """
        #expect(try ValueReader(flow).bytes(of: text, as: 12) == flowBytes)
        let numbers = """
            {"saddr": 16777226, "port": 47873, "both": 1541, "reason": -2, "name": [104, 105], "a": 5, "b": 17, "c": 255, "ok": 1}
            """
        #expect(try ValueReader(flow).bytes(of: numbers, as: 12) == flowBytes)
        #expect(try ValueReader(flow).bytes(of: "{}", as: 12) == [UInt8](repeating: 0, count: 20))
    }

    @Test(
        "scalars are plain numbers and need no quotes",
        arguments: [
            (u32, "7", [7, 0, 0, 0]), (u32, "0xff", [255, 0, 0, 0]), (u32, "-1", [255, 255, 255, 255]),
            (u32, "10.0.0.1", [10, 0, 0, 1]), (u32, "\"10.0.0.1\"", [10, 0, 0, 1]), (u16, "65535", [255, 255]),
            (u64, "18446744073709551615", [UInt8](repeating: 255, count: 8)), (u8, "-128", [128]),
            (ValueType(.float(size: 8)), "1.5", [0, 0, 0, 0, 0, 0, 0xF8, 0x3F]),
            (ValueType(.pointer), "0x10", [16, 0, 0, 0, 0, 0, 0, 0]),
            (ValueType(.integer(size: 16, .signed)), "-2", [254] + [UInt8](repeating: 255, count: 15)),
        ] as [(ValueType, String, [UInt8])])
    func scalars(type: ValueType, text: String, bytes: [UInt8]) throws {
        #expect(try ValueReader(table([type])).bytes(of: text, as: 0) == bytes)
    }

    @Test("arrays of bytes and words take addresses")
    func addresses() throws {
        let types = table([
            u8, ValueType(.array(element: 0, count: 16)), u32, ValueType(.array(element: 2, count: 4)),
            ValueType(.array(element: 0, count: 6)), ValueType(.array(element: 0, count: 4)),
        ])
        let address: [UInt8] = [0xFE, 0x80] + [UInt8](repeating: 0, count: 13) + [1]
        for type in [1, 3] { #expect(try ValueReader(types).bytes(of: "fe80::1", as: type) == address) }
        #expect(try ValueReader(types).bytes(of: "02:00:5e:10:00:ff", as: 4) == [2, 0, 0x5E, 0x10, 0, 0xFF])
        #expect(try ValueReader(types).bytes(of: "10.0.0.1", as: 5) == [10, 0, 0, 1])
    }

    @Test(
        "what does not fit is refused, with its place",
        arguments: [
            ("{\"sadr\": 1}", "no field sadr; there are saddr, port, tag, both, reason, name, a, b, c, ok"),
            ("{\"port\": 65536}", ".port: expected a number of 16 bits"),
            ("{\"saddr\": \"10.0.0\"}", ".saddr: expected a number of 32 bits, or an address such as \"10.0.0.1\""),
            ("{\"tag\": [1, 2, 3]}", ".tag: expected a list of at most 2"),
            ("{\"tag\": [1, 256]}", ".tag[1]: expected a number of 8 bits"),
            ("{\"tag\": {}}", ".tag: expected a list of at most 2"),
            (
                "{\"name\": \"hello\"}",
                ".name: expected a list of at most 4, text of at most 4 characters, or an address of 4 bytes"
            ),
            ("{\"reason\": \"WORSE\"}", ".reason: expected one of NONE, BAD, or a number"),
            ("{\"a\": 8}", ".a: expected a number of 3 bits"), ("{\"a\": -5}", ".a: expected a number of 3 bits"),
            ("7", "expected an object with fields of flow"),
            ("{\"a\": 1, \"a\": 2}", "not JSON: byte 9: a member of this name is already there"),
            ("", "not JSON: byte 0: expected a value"),
            ("{\"a\": +1}", "not JSON: byte 6: only strings, arrays and objects are allowed"),
        ])
    func refusals(text: String, problem: String) {
        do throws(ValueReader.Problem) {
            _ = try ValueReader(flow).bytes(of: text, as: 12)
            Issue.record("\(text) was taken")
        } catch { #expect("\(error)" == problem) }
    }

    @Test("hostile text in a value drives neither a terminal nor a reader of JSON")
    func hostileText() throws {
        let types = table([ValueType(.integer(size: 1, .character)), ValueType(.array(element: 0, count: 12))])
        let bytes = Array("a\u{1B}[2J\"\\\u{202E}".utf8) + [0, 0]
        let value = try #require(ValueRenderer(types).render(bytes, as: 1))
        #expect(!value.c().unicodeScalars.contains("\u{1B}") && !value.c().unicodeScalars.contains("\u{202E}"))
        #expect(!value.json().unicodeScalars.contains("\u{1B}"))
        let object = try JSONSerialization.jsonObject(with: Data("[\(value.json())]".utf8)) as? [String]
        #expect(object == ["a\u{1B}[2J\"\\\u{202E}"])
        // Bytes behind the zero, or no text at all, are numbers.
        #expect(
            ValueRenderer(types).render([0x61, 0, 0x62] + [UInt8](repeating: 0, count: 9), as: 1)?.json().hasPrefix(
                "[97, 0") == true)
        #expect(
            ValueRenderer(types).render([UInt8](repeating: 0xFF, count: 12), as: 1)?.json().hasPrefix("[-1") == true)
    }

    @Test("a small table that describes more parts than there is time for is given up, to print and to read")
    func explosion() {
        var rows = [u32]
        for index in 0..<60 {
            rows.append(
                ValueType(
                    .union(
                        size: 4,
                        [
                            .init(name: index % 2 == 0 ? "" : "a", type: index, bitOffset: 0),
                            .init(name: "", type: index, bitOffset: 0),
                        ])))
        }
        #expect(ValueRenderer(table(rows)).render([1, 2, 3, 4], as: 60) == nil)
        do throws(ValueReader.Problem) {
            _ = try ValueReader(table(rows)).bytes(of: "{\"zebra\": 1}", as: 60)
            Issue.record("there is no such field")
        } catch { #expect("\(error)".hasPrefix("no field zebra")) }
        let empty = table([ValueType(.structure(size: 0, [])), ValueType(.array(element: 0, count: .max))])
        #expect(ValueRenderer(empty).render([], as: 1) == .list([]))
    }

    @Test("numbers of every kind")
    func numbers() {
        func shown(_ type: ValueType, _ bytes: [UInt8]) -> String? {
            ValueRenderer(table([type])).render(bytes, as: 0)?.json()
        }
        #expect(shown(ValueType(.integer(size: 1, .signed)), [0x80]) == "-128")
        #expect(shown(ValueType(.integer(size: 8, .signed)), [UInt8](repeating: 255, count: 8)) == "-1")
        #expect(shown(u64, [UInt8](repeating: 255, count: 8)) == "18446744073709551615")
        #expect(shown(ValueType(.integer(size: 1, .boolean)), [2]) == "2")
        #expect(shown(ValueType(.float(size: 4)), [0, 0, 0xC0, 0x3F]) == "1.5")
        #expect(shown(ValueType(.float(size: 8)), [0, 0, 0, 0, 0, 0, 0xF0, 0x7F]) == "\"inf\"")
        #expect(shown(ValueType(.pointer), [16, 0, 0, 0, 0, 0, 0, 0]) == "\"0x10\"")
        #expect(shown(ValueType(.enumeration(size: 1, isSigned: true, [])), [0xFF]) == "-1")
        // The bytes are no value of the type.
        #expect(shown(u64, [1, 2, 3]) == nil)
    }
}

@Suite("Elements in the words of bpftool")
struct ElementWordsTests {
    @Test(
        "bytes are decimal, octal or hexadecimal as C has them, and hexadecimal after hex",
        arguments: [
            ("key 1 0x10 010 255", [1, 16, 8, 255], nil, .createOrReplace),
            ("key hex 01 ff a 0xA value 7 exist", [1, 255, 10, 10], [7], .replace),
            ("value 7 key 1 noexist", [1], [7], .create), ("any key 0", [0], nil, .createOrReplace),
        ] as [(String, [UInt8], [UInt8]?, MapUpdateName)])
    func words(text: String, key: [UInt8], value: [UInt8]?, mode: MapUpdateName) throws {
        let words = try ElementWords(text.split(separator: " ").map(String.init))
        #expect(words.key == .given(key) && words.value == value.map { .given($0) })
        #expect("\(words.mode)" == mode.rawValue)
    }

    enum MapUpdateName: String, Sendable { case createOrReplace, replace, create }

    @Test(
        "other words are refused by name",
        arguments: [
            ("lock 1", .unexpected("lock")), ("1 2 3", .unexpected("1")), ("key", .noBytes(after: "key")),
            ("key value 1", .noBytes(after: "key")), ("key hex", .noBytes(after: "key")),
            ("key 256", .notAByte("256", isHexadecimal: false)), ("key -1", .notAByte("-1", isHexadecimal: false)),
            ("key +1", .notAByte("+1", isHexadecimal: false)), ("key 0x", .notAByte("0x", isHexadecimal: false)),
            ("key 08", .notAByte("08", isHexadecimal: false)), ("key hex 1ff", .notAByte("1ff", isHexadecimal: true)),
            ("key 1 key 2", .twice("key")), ("key 1 any exist", .twice("exist")),
        ] as [(String, ElementWords.Problem)])
    func refusals(text: String, problem: ElementWords.Problem) {
        #expect(throws: problem) { try ElementWords(text.split(separator: " ").map(String.init)) }
        #expect(!"\(problem)".isEmpty)
    }

    @Test("a key is said once, in one way")
    func twoWays() {
        #expect(throws: ElementWords.Problem.twice("key")) { try ElementWords(["key", "1"], key: "1") }
    }
}
