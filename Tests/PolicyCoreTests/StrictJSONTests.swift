import PolicyCore
import Testing

@Suite("Envelope JSON")
struct StrictJSONTests {
    private func refusal(_ bytes: [UInt8], limit: Int = 384 * 1024) -> JSONError? {
        do throws(JSONError) {
            _ = try StrictJSON.parse(bytes, maximumBytes: limit)
            return nil
        } catch {
            return error
        }
    }

    @Test("objects, arrays and strings are read, escapes resolved")
    func values() throws {
        let text = #" { "a" : [ "x", {"b":"\"\\\/\b\f\n\r\t\u0041\uD83D\uDE00é"} ] , "" : [] } "#
        let value = try StrictJSON.parse(bytes(text), maximumBytes: 1000)
        let inner = JSONValue.object([.init(name: bytes("b"), value: .string(bytes("\"\\/\u{8}\u{C}\n\r\tA😀é")))])
        #expect(value["a"] == .array([.string(bytes("x")), inner]))
        #expect(value[""] == .array([]))
        #expect(value["c"] == nil)
        #expect(JSONValue.string([])["a"] == nil)
    }

    @Test(
        "what two readers might take differently is refused, at its byte",
        arguments: [
            (#"{"a":"1","a":"2"}"#, .duplicateName, 9), (#"{"payload":"1","\u0070ayload":"2"}"#, .duplicateName, 15),
            (#"{"a":"1",}"#, .expected("a name in quotes"), 9), (#"["a",]"#, .notAStringArrayOrObject, 5),
            (#"{"a":1}"#, .notAStringArrayOrObject, 5), (#"{"a":NaN}"#, .notAStringArrayOrObject, 5),
            (#"{"a":null}"#, .notAStringArrayOrObject, 5), (#"{"a":true}"#, .notAStringArrayOrObject, 5),
            (#"{} x"#, .trailingBytes, 3), ("{}\u{0}", .trailingBytes, 2), (#"{}{}"#, .trailingBytes, 2),
            ("{/**/}", .expected("a name in quotes"), 1), ("// c\n{}", .notAStringArrayOrObject, 0),
            (#"{'a':"b"}"#, .expected("a name in quotes"), 1), (#"{a:"b"}"#, .expected("a name in quotes"), 1),
            ("{\"a\":\"\u{0}\"}", .controlCharacter, 6), ("{\"a\":\"\n\"}", .controlCharacter, 6),
            (#"{"a":"\u0000"}"#, .forbiddenEscape, 12), (#"{"a":"\uD800"}"#, .forbiddenEscape, 12),
            (#"{"a":"\uDC00"}"#, .forbiddenEscape, 12), (#"{"a":"\uD800\u0041"}"#, .forbiddenEscape, 18),
            (#"{"a":"\x41"}"#, .forbiddenEscape, 7), (#"{"a":"\u00g1"}"#, .forbiddenEscape, 10),
            (#"{"a":"b"#, .expected("'\"'"), 7), (#"{"a""#, .expected("':'"), 4), ("", .expected("a value"), 0),
            (#"["a" "b"]"#, .expected("',' or ']'"), 5), (#"{"a":"b" "c":"d"}"#, .expected("',' or '}'"), 9),
            ("\u{FEFF}{}", .notAStringArrayOrObject, 0), ("[[[[[]]]]]", .tooDeep(limit: 4), 4),
            (#"{"a":{"a":{"a":{"a":{}}}}}"#, .tooDeep(limit: 4), 20),
        ] as [(String, JSONError.Problem, Int)])
    func refused(text: String, problem: JSONError.Problem, offset: Int) {
        let error = refusal(bytes(text))
        #expect(error == JSONError(problem: problem, offset: offset))
        #expect(error?.code == .parse)
    }

    @Test(
        "text that is not UTF-8 is refused",
        arguments: [[0xFF, 0xFE, 0x7B, 0x00], [0x7B, 0x00, 0x00, 0x00], [0x00, 0x7B]] as [[UInt8]])
    func encodings(text: [UInt8]) {
        #expect(refusal(text)?.code == .parse)
        #expect(refusal(bytes("[\"") + [0xC0, 0x80] + bytes("\"]"))?.problem == .notUTF8)
    }

    @Test("depth 4 is read; 200,000 brackets are refused at the fifth")
    func depth() throws {
        _ = try StrictJSON.parse(bytes("[[[[]]]]"), maximumBytes: 100)
        var error: JSONError?
        let elapsed = ContinuousClock().measure {
            error = refusal([UInt8](repeating: UInt8(ascii: "["), count: 200_000))
        }
        #expect(error == JSONError(problem: .tooDeep(limit: 4), offset: 4))
        #expect(elapsed < .milliseconds(500))
    }

    @Test("sizes and counts are checked first")
    func limits() {
        #expect(refusal([UInt8](repeating: 0x20, count: 11), limit: 10)?.code == .limit)
        let items = [String](repeating: "\"\"", count: 65)
        #expect(refusal(bytes("[\(items.dropLast().joined(separator: ","))]")) == nil)
        #expect(refusal(bytes("[\(items.joined(separator: ","))]"))?.code == .limit)
    }
}
