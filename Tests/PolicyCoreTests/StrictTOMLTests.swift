import PolicyCore
import Testing

@Suite("Policy text")
struct StrictTOMLTests {
    @Test("every kind of value is read with its position")
    func values() throws {
        let text = """
            # a comment — with a dash
            a = "x \\"y\\" \\\\"   # after a value
            "b.c" = 42
            d = true
            e = 2026-11-22T17:20:01Z
            f = [ 1, "two",   # in a list
              3, ]
            g = { h = 1, "i.j" = { k = [] } }
            note = "déjà vu"
            [t]
            [[u]]
            x = 0
            [[u]]
            """
        let table = try StrictTOML.parse(bytes(text))
        #expect(table["a"] == TOMLValue(.string("x \"y\" \\"), at: .init(line: 2, column: 5)))
        #expect(table["b.c"] == TOMLValue(.integer(42), at: .init(line: 3, column: 9)))
        #expect(table["d"]?.content == .boolean(true))
        #expect(table["e"]?.content == .time(try at("2026-11-22T17:20:01Z")))
        #expect(table["note"]?.content == .string("déjà vu"))
        guard case .list(let items)? = table["f"]?.content, case .table(let inline)? = table["g"]?.content,
            case .table(let deeper)? = inline["i.j"]?.content, case .tables(let array)? = table["u"]?.content
        else {
            Issue.record("a container is of the wrong kind")
            return
        }
        #expect(items.map(\.content) == [.integer(1), .string("two"), .integer(3)])
        #expect(items[2].position == .init(line: 7, column: 3))
        #expect(deeper["k"]?.content == .list([]))
        #expect(array.map(\.position.line) == [11, 13])
        #expect(table["t"]?.position == .init(line: 10, column: 1))
    }

    /// The reader's refusal of a text, held against the place where it should be.
    private func expectSyntax(_ text: String, _ line: Int, _ column: Int) {
        let error = syntaxRefusal(bytes(text))
        #expect(error?.code == .parse)
        #expect(error?.position == SourcePosition(line: line, column: column), "\(error?.description ?? "accepted")")
    }

    @Test(
        "T51: a number that is not written in the one way is E_PARSE, where it is",
        arguments: [
            ("v = 042", 1, 5), ("v = 4_2", 1, 5), ("v = 0x2a", 1, 5), ("v = +42", 1, 5), ("v = -1", 1, 5),
            ("v = 4.2e1", 1, 5), ("v = 1.0", 1, 5), ("v = 1e0", 1, 5), ("v = 0o17", 1, 5), ("v = 0b1", 1, 5),
            ("v = inf", 1, 5),
            ("v = nan", 1, 5), ("v = True", 1, 5), ("v = 00", 1, 5),
        ])
    func numbers(text: String, line: Int, column: Int) { expectSyntax(text, line, column) }

    @Test(
        "T56: a time that is not written in the one way is E_PARSE, where it is",
        arguments: [
            ("t = 2026-02-30T00:00:00Z", 1, 5), ("t = 2026-01-01T24:00:00Z", 1, 5), ("t = 2026-01-01T23:59:60Z", 1, 5),
            ("t = 2026-01-01T00:00:00Zjunk", 1, 5), ("t = 2026-01-01T00:00:00+00:00", 1, 5),
            ("t = 2026-01-01T00:00:00z", 1, 5), ("t = 2026-1-01T00:00:00Z", 1, 5), ("t = 10000-01-01T00:00:00Z", 1, 5),
            ("t = 2026-01-01", 1, 5), ("t = 2026-01-01 00:00:00Z", 1, 5), ("t = 00:00:00", 1, 5),
            ("t = 2026-01-01T00:00:00.5Z", 1, 5), ("t = 1969-12-31T23:59:59Z", 1, 5),
        ])
    func times(text: String, line: Int, column: Int) {
        expectSyntax(text, line, column)
        // The same as the end of a policy, which it would not be refused for otherwise.
        let whole = refusal(head.replacing("2027-01-01T00:00:00Z", with: text.dropFirst(4)))
        #expect(whole?.code == .parse)
        #expect(whole?.position == SourcePosition(line: 6, column: 11))
    }

    @Test(
        "T62: a key or a table that comes twice, dotted or as another kind of thing, is E_PARSE, where it is",
        arguments: [
            ("a = 1\nb = 2\na = 3", 3, 1), ("a = 1\n\"a\" = 2", 2, 1), ("[t]\n[t]", 2, 1), ("[[t]]\n[t]", 2, 1),
            ("[t]\n[[t]]", 2, 1), ("t = 1\n[t]", 2, 1), ("t = {}\n[t]", 2, 1), ("t = []\n[[t]]", 2, 1),
            ("[t]\na = 1\n[u]\n[t]", 4, 1), ("a.b = 1", 1, 2), ("[a.b]", 1, 3), ("[[a.b]]", 1, 4), ("a . b = 1", 1, 3),
            ("a = { b = 1, b = 2 }", 1, 14), ("= 1", 1, 1), ("\"\" = 1", 1, 2), ("'a' = 1", 1, 1),
            ("\"a b\" = 1", 1, 3),
            ("\"\\u0061\" = 1", 1, 2), ("a 1", 1, 3), ("a", 1, 2), ("[t", 1, 3), ("[[t]", 1, 5), ("[]", 1, 2),
            ("[ [t]]", 1, 3),
            ("[t] x", 1, 5), ("[t]]", 1, 4),
        ])
    func keys(text: String, line: Int, column: Int) { expectSyntax(text, line, column) }

    @Test(
        "a value that is not in the subset is E_PARSE, where it is",
        arguments: [
            ("a =", 1, 4), ("a = # nothing", 1, 5), ("a = 1 2", 1, 7), ("a = 1 b = 2", 1, 7), ("a = 'x'", 1, 5),
            ("a = \"\"\"x\"\"\"", 1, 5), ("a = '''x'''", 1, 5), ("a = \"x", 1, 7), ("a = \"x\n\"", 1, 7),
            ("a = \"\\n\"", 1, 7), ("a = \"\\u0041\"", 1, 7), ("a = \"\\", 1, 7), ("a = [1 2]", 1, 8), ("a = [1", 1, 7),
            ("a = [,]", 1, 6), ("a = [1,,]", 1, 8), ("a = {b = 1,}", 1, 12), ("a = {b = 1\n}", 1, 11),
            ("a = {,}", 1, 6),
            ("a = {b}", 1, 7), ("a = ]", 1, 5), ("a = \"x\"y", 1, 8),
        ])
    func refusedValues(text: String, line: Int, column: Int) { expectSyntax(text, line, column) }

    @Test(
        "T66, T67: characters that people cannot see, or see as others, are E_PARSE everywhere",
        arguments: [
            0x00, 0x01, 0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x1B, 0x1F, 0x7F, 0x80, 0x85, 0x9F, 0xAD, 0x61C, 0x180E, 0x200B,
            0x200D,
            0x200E, 0x2028, 0x2029, 0x202A, 0x202E, 0x2060, 0x2066, 0x2069, 0xFE0F, 0xFEFF, 0xFFF9, 0xFFFE, 0xE0001,
            0xE0041,
            0x10FFFF,
        ] as [UInt32])
    func invisible(scalar: UInt32) throws {
        let character = String(try #require(Unicode.Scalar(scalar)))
        for (text, column) in [
            ("a = 1 # x\(character)y", 10), ("note = \"x\(character)y\"", 10), ("a = \"x\(character)y\"", 7),
            ("a\(character) = 1", 2), ("id = \"x\(character)y\"", 8),
        ] {
            let error = syntaxRefusal(bytes(text))
            #expect(error?.code == .parse)
            #expect(error?.position == SourcePosition(line: 1, column: column))
        }
    }

    @Test(
        "T68: bytes that are not UTF-8 are E_PARSE, in a comment too",
        arguments: [
            [0x80], [0xC0, 0xAF], [0xC1, 0xBF], [0xE0, 0x80, 0xAF], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80],
            [0xED, 0xBF, 0xBF],
            [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
            [0xFF],
            [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xC3, 0x28], [0xFE, 0xFF],
        ] as [[UInt8]])
    func notUTF8(sequence: [UInt8]) {
        let error = syntaxRefusal(bytes("# ") + sequence)
        #expect(error?.code == .parse)
        #expect(error?.problem == .invalidUTF8(byte: sequence[0]))
        #expect(error?.position == SourcePosition(line: 1, column: 3))
        #expect(syntaxRefusal(bytes("# ") + sequence + bytes("\na = 1"))?.problem == .invalidUTF8(byte: sequence[0]))
    }

    @Test("T67: CR and CRLF are E_PARSE by name, and so are a byte order mark, UTF-16 and tabs")
    func encodings() {
        #expect(syntaxRefusal([0xEF, 0xBB, 0xBF] + bytes("a = 1"))?.problem == .byteOrderMark)
        #expect(syntaxRefusal([0xFF, 0xFE, 0x61, 0x00])?.problem == .invalidUTF8(byte: 0xFF))
        #expect(syntaxRefusal(bytes("a = 1\r\nb = 2"))?.problem == .carriageReturn)
        #expect(syntaxRefusal(bytes("a = 1\r\nb = 2"))?.position == SourcePosition(line: 1, column: 6))
        #expect(syntaxRefusal(bytes("\ta = 1"))?.problem == .tab)
        for text in [[0xEF, 0xBB, 0xBF, 0x61], [0xFF, 0xFE, 0x61, 0x00], bytes("a = 1\r\n"), bytes("a = 1\rb = 2")] {
            #expect(syntaxRefusal(text)?.code == .parse)
        }
    }

    @Test(
        "letters beyond ASCII are for comments and notes alone",
        arguments: ["a = \"é\"", "é = 1", "a = [\"\u{212A}\"]", "a = é"])
    func notASCII(text: String) {
        guard case .notASCII? = syntaxRefusal(bytes(text))?.problem else {
            Issue.record("accepted, or refused for something else: \(text)")
            return
        }
        #expect(syntaxRefusal(bytes("note = \"é\u{212A}\" # é")) == nil)
    }

    @Test("T61: a NUL in a comment before a forbid is E_PARSE, and does not hide the rule")
    func nul() {
        let forbid = "[[forbid]]\nid = \"f\"\ntier = \"interp-guest\"\nwhen = {}\n"
        #expect(refusal(head + PolicyFileTests.permit + "# \n" + forbid) == nil)
        let error = refusal(head + PolicyFileTests.permit + "# \u{0}\n" + forbid)
        #expect(error?.code == .parse)
        #expect(error?.problem == .forbiddenScalar(0))
        #expect(error?.position == SourcePosition(line: 13, column: 3))
    }

    static let many = (0..<256).map { "\($0)" }.joined(separator: ",")

    @Test(
        "T69, T70: what is exactly at a limit is read, and one more is E_LIMIT",
        arguments: [
            (String(repeating: "#", count: 256 * 1024), String(repeating: "#", count: 256 * 1024 + 1)),
            ("a = [\(many)]", "a = [\(many),256]"),
            ("a = {b = {}}", "a = {b = {c = {}}}"),
            ("a = [1]", "a = [[1]]"), ("a = [1]", "a = " + String(repeating: "[", count: 257)),
            (String(repeating: "[[t]]\n", count: 512), String(repeating: "[[t]]\n", count: 513)),
            ("\(String(repeating: "k", count: 64)) = 1", "\(String(repeating: "k", count: 65)) = 1"),
            ((0..<64).map { "k\($0) = 1\n" }.joined(), (0..<65).map { "k\($0) = 1\n" }.joined()),
            ((0..<64).map { "[k\($0)]\n" }.joined(), (0..<65).map { "[[k\($0)]]\n" }.joined()),
            ("a = 18446744073709551615", "a = 18446744073709551616"),
        ])
    func limits(accepted: String, refused: String) {
        #expect(syntaxRefusal(bytes(accepted)) == nil)
        #expect(syntaxRefusal(bytes(refused))?.code == .limit)
    }

    @Test(
        "T69: a bomb is E_LIMIT at once: within 10 ms where the reader is optimised",
        arguments: [
            "a" + String(repeating: ".a", count: 50_000) + " = 1",
            "a" + String(repeating: ".a", count: 200_000) + " = 1",
            "[a" + String(repeating: ".a", count: 50_000) + "]", "a = " + String(repeating: "[", count: 257),
            "a = " + String(repeating: "[", count: 250_000), "a = " + String(repeating: "{a=", count: 80_000),
            "a = " + String(repeating: "9", count: 250_000), String(repeating: "a", count: 250_000),
            "a = [" + String(repeating: "0,", count: 125_000),
        ])
    func bombs(text: String) {
        var error: PolicyTextError?
        let elapsed = ContinuousClock().measure { error = syntaxRefusal(bytes(text)) }
        #expect(error?.code == .limit)
        #if DEBUG
            // An unoptimised build screens a quarter of a megabyte in well under this.
            #expect(elapsed < .milliseconds(500))
        #else
            #expect(elapsed < .milliseconds(10))
        #endif
    }

    @Test("T73: no text traps the reader: 20,000 mutations of a policy are read or refused; more by make fuzz-policy")
    func mutations() {
        let seed = bytes(
            head + """
                [options]
                on_failure = { xdp = "closed" }
                [[permit]]
                id = "a"
                tier = "interp-guest"
                when = { type = ["xdp"], "insns.max" = 4096 }
                note = "é"
                [[expect]]
                given = { type = "xdp", "host.kvm" = "absent" }
                then = { outcome = "deny" }
                """)
        var random = Generator(state: 1)
        var refused = 0
        for _ in 0..<20_000 {
            var text = seed
            for _ in 0..<Int.random(in: 1...3, using: &random) where !text.isEmpty {
                let index = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: text.remove(at: index)
                case 1: text[index] = UInt8.random(in: 0...255, using: &random)
                case 2: text.insert(bytes("=[]{}\",.#\n\\ 0").randomElement(using: &random)!, at: index)
                case 3: text.removeLast(text.count - index - 1)
                case _: text.insert(contentsOf: text[index..<min(index + 40, text.count)], at: index)
                }
            }
            if refusal(text) != nil { refused += 1 }
        }
        #expect(refused > 10_000)
    }
}
