package import ArgumentParser
internal import CommandSupport
internal import FoundationEssentials
internal import Linux
internal import PolicyCommands
internal import PolicyCore
internal import PolicyStore
internal import PolicyTrust
internal import ProgramPackage
internal import Prototypes
internal import Sandbox

/// `ringfence test-run`: one event of the caller's making, as BPF_PROG_TEST_RUN has it.
package struct TestRunCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "test-run",
        abstract: "Run a program on one packet and context, and show what it returns and leaves.",
        discussion: """
            As BPF_PROG_TEST_RUN does it: the packet is an Ethernet frame that the loopback device took, of which cgroup_skb and
            socket filters see what follows the Ethernet header, and fields of the context that nobody names hold what they hold
            there. With --repeat every run begins with the same packet and context; the last one is shown. The duration is
            the average of the whole way, from the broker to the cell and back.

            EXAMPLES
              ringfence test-run firewall.bpf.o --data-in packet.bin --data-out after.bin
              ringfence test-run tc.bpf.o --data-in ffffffffffff0000000000000800 --ctx-in '{"mark": 7}' --repeat 1000
              ringfence test-run counter.bpf.o --data-in packet.bin --maps state
              ringfence test-run guard.bpf.o --ctx-in '{"user_ip4": "10.0.0.1", "user_port": "443"}'

            \(ExitStatus.help)
            """)

    @Argument(help: "The object file, from clang -target bpf.")
    var object: String

    @OptionGroup var selection: ChosenProgram

    @OptionGroup var environment: DeclaredEnvironment

    @Option(help: ArgumentHelp("The packet: a file, or hexadecimal digits.", valueName: "file|hex"))
    var dataIn: String?

    @Option(help: ArgumentHelp("The event, as a JSON object: see ringfence run --help.", valueName: "json"))
    var ctxIn: String?

    @Option(help: "Run it so many times.")
    var `repeat`: Int = 1

    @Option(help: ArgumentHelp("Where to write the packet as the program left it.", valueName: "file"))
    var dataOut: String?

    @Flag(help: "Show the fields of the context that the program may write, as it left them.")
    var ctxOut = false

    @Option(
        help: ArgumentHelp(
            "Begin with the maps of this directory, and keep what the program makes of them.", valueName: "dir"))
    var maps: String?

    @OptionGroup var inForce: PolicyInForce

    @OptionGroup var recording: LogOptions

    @Option(
        help: "Ask for this tier: interp-guest, jit-guest, interp-child or jit-child.", transform: RunCommand.parseTier)
    var tier: Tier?

    @Option(help: "Instructions that one run may cost.")
    var fuel: UInt64 = 1_000_000

    @Flag(help: "Print JSON.")
    var json = false

    package init() {}

    package func validate() throws {
        guard `repeat` >= 1, `repeat` <= 1_000_000 else { throw ValidationError("--repeat takes 1 to 1,000,000") }
        guard fuel >= 1, fuel <= 1 << 40 else { throw ValidationError("--fuel takes 1 to 2^40") }
    }

    package func run() throws {
        // As in RunCommand: started first, locked down next, and only then read.
        let cells = tier.flatMap(\.enclosure).map { [$0] } ?? Tier.Enclosure.allCases
        var written = dataOut.map { [Files.directory(of: $0)] } ?? []
        if let maps {
            do throws(SandboxError) { try MapDirectory.prepare(maps) } catch { throw Failure(error, about: maps) }
            written.append(maps)
        }
        let host = try inForce.ofHost()
        let recorder = DecisionRecorder(recording, inForce, host: host)
        let broker = try Broker(writable: written + recorder.directories, cells: cells)
        let snapshot = try host?.snapshot ?? inForce.named()
        try broker.check(snapshot)
        var loaded = try broker.load(object, environment)
        var admitted = try broker.admit(&loaded, object, selection)
        admitted.attest(try inForce.attestations(), known: snapshot)
        let decision = recorder.decide(snapshot, admitted, requested: [tier], broker)[0]
        guard decision.allows else {
            let denial = Denial(decision, admitted, object: object)
            print(json ? try CommandSupport.json(denial) : denial.text)
            throw ExitCode(ExitStatus.denied.rawValue)
        }
        let layout: EventLayout
        do throws(SandboxError) { layout = try admitted.eventLayout() } catch { throw Failure(error, about: object) }
        let event = try event(layout)
        var options = SandboxOptions()
        options.fuel = fuel
        options.maximumPayload = max(options.maximumPayload, event.payloadSize(in: layout))
        let settled = options
        let directory = try maps.map { (path) throws(Failure) in
            do throws(SandboxError) { return try MapDirectory(path) } catch { throw Failure(error, about: path) }
        }
        var sandbox = try EventRun.start(
            try Permit(decision, for: admitted, snapshot: snapshot.sha256), broker, options
        ) {
            (permit, native, jail) throws(SandboxError) in
            try Sandbox(permit, native: native, in: jail, options: settled, maps: directory)
        }
        let report = try perform(&sandbox, event)
        print(json ? try CommandSupport.json(report) : report.text)
    }

    private func event(_ layout: EventLayout) throws(Failure) -> Event {
        var given: [UInt8]?
        if let dataIn {
            do throws(EventLineError) { given = try packet(dataIn) } catch {
                throw Failure(.badInput, "--data-in", error.description)
            }
        }
        return try TestRun.event(layout, packet: given, context: ctxIn ?? "{}")
    }

    private func packet(_ text: String) throws(EventLineError) -> [UInt8] {
        if !text.isEmpty, text.utf8.count % 2 == 0, text.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) {
            return stride(from: 0, to: text.utf8.count, by: 2).compactMap { index in
                let start = text.index(text.startIndex, offsetBy: index)
                return UInt8(text[start...].prefix(2), radix: 16)
            }
        }
        do throws(Failure) { return try Files.read(text, maximumBytes: 1 << 18) } catch {
            throw EventLineError(
                line: 1, field: "--data-in", problem: .expected("a file of at most 256 KiB, or hexadecimal digits"))
        }
    }

    private func perform(_ sandbox: inout Sandbox, _ event: Event) throws(Failure) -> TestReport {
        let layout = sandbox.layout
        let result: TestRun.Result
        do throws(SandboxError) { result = try TestRun.perform(&sandbox, event, times: `repeat`) } catch {
            throw Failure(error, about: sandbox.permit.program.program.name)
        }
        if let dataOut { try Files.replace(dataOut, with: result.packet) }
        return TestReport(
            sandbox.permit, layout, result.event, packet: layout.shape.packet.isNone ? nil : result.packet,
            context: ctxOut && result.event.failure == nil ? result.context : nil, repeats: `repeat`,
            nanoseconds: result.nanoseconds, log: result.log)
    }
}

/// What a test run came to.
private struct TestReport: Encodable {
    let program: String
    let tier: String
    /// R0's lower half.
    let returnValue: UInt32
    let verdict: String
    let repeats: Int
    let nanosecondsPerRun: UInt64
    let failure: String?
    let dataSize: Int?
    let data: String?
    let context: [String: FieldValue]?
    let log: [String]

    init(
        _ permit: borrowing Permit, _ layout: EventLayout, _ result: EventResult, packet: [UInt8]?,
        context: [UInt8]?, repeats: Int, nanoseconds: UInt64, log: [String]
    ) {
        program = permit.program.program.name
        tier = permit.decision.outcome.name
        returnValue = UInt32(truncatingIfNeeded: result.result)
        verdict = "\(layout.shape.verdicts.rows[result.verdict].name)"
        self.repeats = repeats
        nanosecondsPerRun = nanoseconds
        failure = result.failure?.sentence(in: permit.program)
        dataSize = packet?.count
        data = packet.map(hexadecimalDigits)
        self.context = context.map { context in
            Dictionary(layout.fields.filter(\.isWritable).map { ($0.name, FieldValue($0, context)) }) { first, _ in
                first
            }
        }
        self.log = log
    }

    /// For people.
    var text: String {
        var lines = [
            "return value  \(returnValue) (\(verdict))",
            "duration      \(Quantity.duration(nanoseconds: nanosecondsPerRun)) on average of \(repeats), in \(tier)",
        ]
        if let failure { lines.append("failure       \(Printable.text(failure, limit: 400))") }
        if let dataSize, let data {
            lines.append("data          \(dataSize) bytes" + (dataSize <= 64 ? ": \(data)" : ""))
        }
        for (name, value) in (context ?? [:]).sorted(by: { $0.key < $1.key }) {
            lines.append("context       \(name) = \(value)")
        }
        lines += log.map { "log           \($0)" }
        return lines.joined(separator: "\n")
    }
}
