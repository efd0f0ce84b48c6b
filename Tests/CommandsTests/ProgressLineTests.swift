import CommandSupport
import Testing

@testable import Commands

private final class Written {
    var text: [String] = []
}

@Suite("Progress is for people who watch")
struct ProgressLineTests {
    private let watched = Terminal(isTerminal: true, hasColor: false, columns: 80)

    @Test("nothing is written where there is no terminal")
    func notATerminal() {
        let written = Written()
        var progress = ProgressLine("running", total: 10, unit: "packets", terminal: .none) { written.text.append($0) }
        progress.update(5)
        progress.finish()
        #expect(written.text.isEmpty)
    }

    @Test("a line is shown ten times a second at most, and taken away at the end")
    func pace() {
        let written = Written()
        var progress = ProgressLine("running", total: 1_000, unit: "packets", terminal: watched) {
            written.text.append($0)
        }
        let start = ContinuousClock.now
        for millisecond in 0..<1_000 {
            progress.update(UInt64(millisecond), now: start.advanced(by: .milliseconds(millisecond)))
        }
        #expect(written.text.count == 10)
        progress.finish()
        #expect(written.text.last == "\r\u{1B}[K")
        progress.finish()
        #expect(written.text.count == 11)
    }

    @Test("the line never wraps, whatever the numbers", arguments: [40, 60, 80, 400])
    func width(columns: Int) {
        let terminal = Terminal(isTerminal: true, hasColor: false, columns: columns)
        for total: UInt64 in [0, 1, 2_759, .max] {
            let progress = ProgressLine("running", total: total, unit: "packets", terminal: terminal) { _ in }
            for done: UInt64 in [0, 1, 1_247, .max] {
                #expect(Printable.width(progress.line(done)) < columns)
            }
        }
    }

    @Test("the bar fills from nothing to all of it")
    func bar() {
        let progress = ProgressLine("running", total: 200, unit: "packets", terminal: watched) { _ in }
        #expect(!progress.line(0).contains("━"))
        let half = progress.line(100).count { $0 == "━" }
        let full = progress.line(200).count { $0 == "━" }
        #expect(full == half * 2 && full > 20)
        #expect(progress.line(200).contains("100.0 %  200 of 200 packets"))
    }
}
