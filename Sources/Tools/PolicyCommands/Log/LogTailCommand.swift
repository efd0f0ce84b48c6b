internal import ArgumentParser
internal import Linux
internal import PolicyCore
internal import PolicyLog

/// `ringfence log tail`: the last records, for people.
struct LogTailCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Show the last records, one line each, and wait for more.",
        discussion: """
            Time, number, outcome, reason code, program, ceiling, and the policies in force. It proves nothing: see ringfence log
            verify.

            EXAMPLES
              ringfence log tail /var/log/ringfence/decisions.jsonl -n 20
              ringfence log tail decisions.jsonl --follow --json | jq 'select(.decision.outcome == "deny")'
            """)

    @Argument(help: "The log.")
    var file: String

    @Option(name: [.customShort("n"), .long], help: "How many.")
    var number = 10

    @Flag(help: "Go on with what is written from now on, through changes of files.")
    var follow = false

    @Flag(help: "Print the lines as they are.")
    var json = false

    func validate() throws {
        guard (0...100_000).contains(number) else { throw ValidationError("-n is from 0 to 100000") }
    }

    func run() throws {
        var reader = LineReader(try LogFiles.open(file))
        var last: [LineReader.Line] = []
        while let line = try reader.next() {
            last.append(line)
            if last.count > number + 1024 { last.removeFirst(last.count - number) }
            if case .unfinished = line { break }
        }
        for line in last.suffix(number) { show(line) }
        var hasEnded = false
        while follow {
            guard let line = try reader.next() else {
                pause(milliseconds: 200)
                if hasEnded, let next = try? LogFiles.open(file) {
                    reader = LineReader(next)
                    hasEnded = false
                }
                continue
            }
            if case .unfinished = line {
                // It is being written, or never will be.
                pause(milliseconds: 200)
                continue
            }
            if case .rotation = show(line)?.body { hasEnded = true }
        }
    }

    @discardableResult
    private func show(_ line: LineReader.Line) -> LogRecord? {
        guard case .whole(let bytes) = line, let record = try? LogRecord(line: bytes) else {
            print("(not a record)")
            return nil
        }
        print(json ? String(decoding: bytes, as: UTF8.self) : record.text)
        return record
    }
}
