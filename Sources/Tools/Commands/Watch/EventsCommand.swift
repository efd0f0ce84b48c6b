internal import ArgumentParser
internal import CommandSupport
internal import Linux
internal import ProgramPackage
internal import Sandbox

/// `ringfence events`: what running programs print and hand out.
struct EventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Show what the programs of running commands print and hand out.",
        discussion: """
            Shows the records of ring buffers and perf event arrays, by the fields of their type where one is known, and what bpf_trace_printk
            prints, of every ringfence link and supervise of this user, or of those whose process is named. What a command keeps is its last
            mebibyte.

            EXAMPLES
              ringfence events --follow
              ringfence events 4711 --json

            \(ExitStatus.help)
            """)

    @Argument(help: "Processes of running commands. (default: all)")
    var process: [Int32] = []

    @Flag(help: "Go on with what comes from now on, until it is told to stop.")
    var follow = false

    @Option(
        help: ArgumentHelp(
            "What records are, where their map does not say so: a structure of the object (clang -g).",
            valueName: "name"))
    var recordType: String?

    @OptionGroup var place: LiveOptions

    @Flag(help: "Print JSON, an object in each line.")
    var json = false

    func run() throws {
        guard let directory = place.live ?? LivePlace.usual else {
            throw Failure(.badInput, "--live", "this user has no place where running commands show themselves")
        }
        do throws(SystemError) { try EndRequest.catchAll() } catch {
            throw Failure(.internalError, "signals", "\(error)")
        }
        var watched: [Int32: EventPrinter] = [:]
        var isFirst = true
        while true {
            for view in LiveView.all(in: directory) where watched[view.description.process] == nil {
                guard process.isEmpty || process.contains(view.description.process) else { continue }
                // Of one that begins later everything is new.
                if follow, isFirst { view.skip() }
                watched[view.description.process] = EventPrinter(view, recordType: recordType, json: json)
            }
            isFirst = false
            for number in process where watched[number] == nil {
                throw Failure(
                    .badInput, "\(number)", "is no running command in \(directory)",
                    remedy: "ringfence top shows those that are")
            }
            for printer in watched.values.sorted(by: { $0.process < $1.process }) {
                let isAlive = printer.isAlive
                printer.print()
                if !isAlive { watched[printer.process] = nil }
            }
            guard follow, !EndRequest.isPending, process.isEmpty || !watched.isEmpty else { return }
            for _ in 0..<5 where !EndRequest.isPending {
                pause(milliseconds: 40)
                for printer in watched.values { printer.print() }
            }
        }
    }
}

/// Prints what one running command's programs say.
final class EventPrinter {
    private let view: LiveView
    private let types: [RecordTypes?]
    private let json: Bool

    var process: Int32 { view.description.process }
    var isAlive: Bool { view.isAlive }

    init(_ view: LiveView, recordType: String?, json: Bool) {
        self.view = view
        self.json = json
        types = view.packages.map { bytes in
            guard let package = try? ObjectPackage(parsing: bytes) else { return nil }
            return (try? RecordTypes(package.maps, package.valueTypes, named: recordType))
                ?? (try? RecordTypes(package.maps, package.valueTypes, named: nil))
        }
    }

    func print() {
        let (entries, lost) = view.entries()
        if lost > 0 {
            StandardOutput.write(
                json
                    ? "{\"lostBytes\":\(lost),\"process\":\(process)}\n"
                    : "… \(Quantity.bytes(lost)) of process \(process) were written over before they were read\n")
        }
        for entry in entries { StandardOutput.write((json ? line(entry) : sentence(entry)) + "\n") }
    }

    private func name(_ entry: LiveView.Entry) -> String { view.description.programs[entry.program].program }

    private func record(_ entry: LiveView.Entry) -> RecordLine {
        RecordLine(
            event: entry.event, RingRecord(map: entry.map, lane: entry.lane, bytes: entry.bytes), types[entry.program])
    }

    private func sentence(_ entry: LiveView.Entry) -> String {
        let seconds = entry.time / 1_000_000_000, micros = entry.time / 1_000 % 1_000_000
        let fraction = String(repeating: "0", count: 6 - "\(micros)".count) + "\(micros)"
        let start = "\(seconds).\(fraction)  \(Printable.text(name(entry)))  "
        return switch entry.kind {
        case .record: start + record(entry).sentence
        case .line: start + Printable.text(String(decoding: entry.bytes, as: UTF8.self), limit: 400)
        }
    }

    private func line(_ entry: LiveView.Entry) -> String {
        var fields: [RenderedValue.Field] = []
        switch entry.kind {
        case .record: fields = record(entry).members
        case .line:
            fields = [
                .init(name: "event", value: .number("\(entry.event)")),
                .init(name: "line", value: .word(String(decoding: entry.bytes, as: UTF8.self))),
            ]
        }
        fields += [
            .init(name: "process", value: .number("\(process)")), .init(name: "program", value: .word(name(entry))),
            .init(name: "time", value: .number("\(entry.time)")),
        ]
        return RenderedValue.fields(fields).json()
    }
}
