import CommandSupport
import Testing

@testable import Commands

@Suite("Tables line up")
struct TableTests {
    private var verdicts: Table {
        var table = Table(.left("verdict"), .right("packets"), .right("share"))
        table.add("XDP_PASS", "2,381", "86.3 %")
        table.add("XDP_DROP", "258", "9.4 %")
        return table
    }

    @Test("words are on the left, numbers on the right, and a rule lies under the heading")
    func plain() {
        #expect(
            verdicts.text() == """
                verdict   packets   share
                ─────────────────────────
                XDP_PASS    2,381  86.3 %
                XDP_DROP      258   9.4 %

                """)
    }

    @Test("a sum stands under a rule")
    func sum() {
        var table = verdicts
        table.addRule()
        table.add("", "2,639", "")
        #expect(
            table.text(indent: 2) == """
                  verdict   packets   share
                  ─────────────────────────
                  XDP_PASS    2,381  86.3 %
                  XDP_DROP      258   9.4 %
                  ─────────────────────────
                              2,639

                """)
    }

    @Test("without titles there is no heading")
    func facts() {
        var table = Table(.left(), .left())
        table.add("policy", "permitted by rule `example`")
        table.add("tier", "interp-guest")
        #expect(table.text() == "policy  permitted by rule `example`\ntier    interp-guest\n")
        #expect(Table(.left(), .left()).text() == "")
    }

    @Test("colours change no width, and are absent unless asked for")
    func colors() {
        var table = Table(.left("process"), .right("W+X"))
        table.add("broker", Table.Cell("0", .good))
        table.add("monitor", Table.Cell("12", .bad))
        let colored = table.text(for: Terminal(isTerminal: true, hasColor: true, columns: 80))
        #expect(colored.contains("\u{1B}[32m0\u{1B}[0m"))
        #expect(colored.contains("\u{1B}[31m12\u{1B}[0m"))
        let plain = table.text()
        #expect(!plain.contains("\u{1B}"))
        var stripped = colored
        for code in ["0", "1", "2", "31", "32"] { stripped = stripped.split(separator: "\u{1B}[\(code)m").joined() }
        #expect(stripped == plain)
    }

    @Test("a hostile cell cannot break its row")
    func hostileCell() {
        var table = Table(.left("name"), .right("count"))
        table.add(Table.Cell("a\nb\u{1B}[31m"), "1")
        table.add("plain", "2")
        let lines = table.text().split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines[2] == "a\\u{a}b\\u{1b}[31m      1")
        #expect(Set(lines.map { Printable.width(String($0)) }).count == 1)
    }

    @Test("wide characters take two columns")
    func wide() {
        var table = Table(.left("name"), .right("n"))
        table.add("日本", "1")
        table.add("abcd", "2")
        #expect(table.text() == "name  n\n───────\n日本  1\nabcd  2\n")
    }

    @Test(
        "colour needs a terminal and no NO_COLOR",
        arguments: [
            (true, [:], true), (false, [:], false), (true, ["NO_COLOR": "1"], false), (true, ["NO_COLOR": ""], true),
            (true, ["TERM": "dumb"], false), (true, ["TERM": "xterm"], true),
        ] as [(Bool, [String: String], Bool)])
    func terminals(isTerminal: Bool, environment: [String: String], hasColor: Bool) {
        #expect(Terminal(isTerminal: isTerminal, environment: environment).hasColor == hasColor)
    }

    @Test("a nonsensical width of the terminal is not believed", arguments: ["0", "-5", "99999999", "wide", ""])
    func columns(text: String) {
        #expect((40...400).contains(Terminal(isTerminal: true, environment: ["COLUMNS": text]).columns))
    }
}
