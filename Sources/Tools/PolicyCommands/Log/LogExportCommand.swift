internal import ArgumentParser
internal import Linux
internal import PolicyCore
internal import PolicyLog

/// `ringfence log export`: the records of some time, with what proves them.
struct LogExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Copy the records of some time to a file, with what proves them.",
        discussion: """
            The records from the first that is not before --since to the last that is not after --until, and on to the checkpoint
            that seals them. As jsonl they are the very lines, so that ringfence log verify checks them by themselves: the first
            says the head before it. As csv each row has the head before and after it, and a checkpoint its seal and signature.

            The log is verified on the way; where it does not hold, nothing is exported and the status is 3.

            EXAMPLES
              ringfence log export decisions.jsonl --since 2026-11-01T00:00:00Z --out november.jsonl --trust host.pub
              ringfence log export decisions.jsonl.1 decisions.jsonl --format csv --out all.csv
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case jsonl, csv
    }

    @Argument(help: "The log's files, oldest first.")
    var files: [String]

    @Option(help: ArgumentHelp("The first time, such as 2026-11-22T17:20:01Z.", valueName: "time"))
    var since: String?

    @Option(help: ArgumentHelp("The last time.", valueName: "time"))
    var until: String?

    @Option(help: ArgumentHelp("jsonl or csv.", valueName: "format"))
    var format = Format.jsonl

    @Option(help: ArgumentHelp("A new file.", valueName: "file"))
    var out: String

    @OptionGroup var proofs: ProofOptions

    func run() throws {
        let (first, last) = (try time(since, "--since"), try time(until, "--until"))
        var verifier = try proofs.verifier()
        var excerpt = Excerpt(first: first, last: last)
        var writer = try ExportFile(out)
        if format == .csv { try writer.write(Array((LogRecord.columns.joined(separator: ",") + "\n").utf8)) }
        var count = 0
        do {
            try LogFiles.forEachLine(of: files) { _, line in
                let record = try verifier.take(line)
                guard case .whole(let bytes) = line, excerpt.takes(record) else { return }
                switch format {
                case .jsonl: try writer.write(bytes + [0x0A])
                case .csv:
                    guard let record else { return }
                    let head = LogChain.head(after: record.previous, line: bytes)
                    try writer.write(Array((record.row(head: head) + "\n").utf8))
                }
                if record != nil { count += 1 }
            }
            _ = try verifier.finish()
        } catch {
            writer.discard()
            guard let fault = error as? LogFault else { throw error }
            StandardError.write("error: \(printable("\(fault)")); nothing was exported\n")
            throw ExitCode(3)
        }
        try writer.finish()
        print(
            "\(count) records in \(printable(out))" + (excerpt.isSealed ? "" : "; the last of them are not sealed yet"))
    }

    private func time(_ text: String?, _ option: String) throws -> UTCTime? {
        guard let text else { return nil }
        do throws(UTCTime.Malformation) {
            return try UTCTime(text: text.utf8)
        } catch {
            throw ValidationError("\(option): \(error)")
        }
    }
}

/// Which records of a log are in an excerpt: a stretch without gaps, whatever the clock did meanwhile.
private struct Excerpt {
    let first: UTCTime?
    let last: UTCTime?
    private var hasBegun = false
    private var isOver = false
    private(set) var isSealed = true

    init(first: UTCTime?, last: UTCTime?) {
        self.first = first
        self.last = last
    }

    /// - Parameter record: nil for a line that is none, which stays where it is.
    mutating func takes(_ record: LogRecord?) -> Bool {
        guard let record else { return hasBegun && !isOver }
        if !hasBegun, first.map({ record.time.wall >= $0 }) ?? true { hasBegun = true }
        if hasBegun, isSealed, let last, record.time.wall > last { isOver = true }
        guard hasBegun, !isOver else { return false }
        if case .checkpoint = record.body { isSealed = true } else { isSealed = false }
        return true
    }
}

/// A new file that is there as a whole or not at all.
private struct ExportFile: ~Copyable {
    private let directory: Directory
    private let name: String
    private let file: FileDescriptor
    private var buffer: [UInt8] = []
    private var end: UInt64 = 0

    init(_ path: String) throws {
        let (folder, name) = LogFiles.split(path)
        let directory = try Directory(folder)
        if (try? directory.open(name, .read)) != nil {
            throw LogFailure(path, "already there, and not overwritten")
        }
        let file = try directory.open(name + ".new", .new)
        self.init(directory, name, file)
    }

    private init(_ directory: consuming Directory, _ name: String, _ file: consuming FileDescriptor) {
        self.directory = directory
        self.name = name
        self.file = file
    }

    mutating func write(_ bytes: [UInt8]) throws(SystemError) {
        buffer += bytes
        if buffer.count >= 1 << 20 { try flush() }
    }

    private mutating func flush() throws(SystemError) {
        try Linux.write(buffer, to: file, at: end)
        end += UInt64(buffer.count)
        buffer = []
    }

    mutating func finish() throws(SystemError) {
        try flush()
        try directory.rename(name + ".new", to: name)
    }

    borrowing func discard() { try? directory.remove(name + ".new") }
}
