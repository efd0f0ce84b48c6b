package import ArgumentParser
internal import CommandSupport
internal import Enclosure
internal import Linux
internal import PolicyCommands
internal import PolicyCore
internal import PolicyStore
internal import PolicyTrust
internal import ProgramPackage
internal import Sandbox

/// `ringfence replay`: what was recorded is decided again.
package struct ReplayCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Decide again about the events of a recording, and say where something else comes of one.",
        discussion: """
            FILE was written by --record of ringfence run, link or supervise. It has the object, what the maps held, the events, and all that
            programs are told and cannot know: times, identities, what random numbers come of. So each event gets the same verdict, packet
            and context bit for bit, and the maps end the same, in every tier. The first difference is named, by event and field, and ends the
            replay with status 4.

            The program runs in its enclosure and needs the policy's leave, as in ringfence run. With OBJECT it is taken from there, one for each
            program of the recording, and has to be the same code.

            An event whose cell died when it was recorded was answered by policy: it is counted, and not decided again; a new cell begins behind it
            with the maps as they were then. One that ran out of fuel has to do so again, at whatever instruction.

            A recording that was cut off (its command was killed, and left FILE.new) is refused, or with --cut replayed as far as it goes.

            EXAMPLES
              ringfence link xdp firewall.bpf.o --in veth0 --out veth1 --record traffic.rec
              ringfence replay traffic.rec
              ringfence replay traffic.rec --tier interp-guest --json

            \(ExitStatus.help)
            """)

    @Argument(help: "The recording.")
    var file: String

    @Argument(help: "Objects in the place of those in the recording, in its order.")
    var objects: [String] = []

    @OptionGroup var inForce: PolicyInForce

    @OptionGroup var recording: LogOptions

    @Option(
        help: """
            Ask for this tier: interp-guest, jit-guest, interp-child or jit-child. It is had if policy allows it, or nothing runs.
            """,
        transform: RunCommand.parseTier)
    var tier: Tier?

    @Flag(help: "Take a recording that was cut off, as far as it goes.")
    var cut = false

    @Flag(help: "Print JSON.")
    var json = false

    package init() {}

    package func run() throws {
        let cells = tier.flatMap(\.enclosure).map { [$0] } ?? Tier.Enclosure.allCases
        let host = try inForce.ofHost()
        let recorder = DecisionRecorder(recording, inForce, host: host)
        let broker = try Broker(writable: recorder.directories, cells: cells)
        let snapshot = try host?.snapshot ?? inForce.named()
        try broker.check(snapshot)
        let bytes = try Files.read(file, maximumBytes: 1 << 30)
        // All of it is read once before anything starts.
        let recorded = try programs(of: bytes)
        guard objects.isEmpty || objects.count == recorded.count else {
            throw Failure(
                .badInput, file, "has \(recorded.count) programs, and \(objects.count) objects were named")
        }
        var replayed: [ReplayedProgram] = []
        var reports: [ReplayReport.Program] = []
        for (index, program) in recorded.enumerated() {
            let path = objects.isEmpty ? "\(file) (\(program.path))" : objects[index]
            let (loaded, admitted) = try admit(program, objects.isEmpty ? nil : objects[index], path, broker, snapshot)
            let decision = recorder.decide(snapshot, admitted, requested: [tier], broker)[0]
            guard decision.allows else {
                let denial = Denial(decision, admitted, object: path)
                print(json ? try CommandSupport.json(denial) : denial.text)
                throw ExitCode(ExitStatus.denied.rawValue)
            }
            let permit: Permit
            do throws(SandboxError) {
                permit = try Permit(decision, for: admitted, snapshot: snapshot.sha256)
            } catch { throw Failure(error, about: path) }
            let options = program.options
            let sandbox = try EventRun.start(permit, broker, options) { (permit, native, jail) throws(SandboxError) in
                try Sandbox(permit, native: native, in: jail, options: options, seeds: program.mapSeeds)
            }
            reports.append(ReplayReport.Program(program, path, loaded, permit))
            replayed.append(ReplayedProgram(program, sandbox))
        }
        let run = ReplayRun(bytes, file, replayed, takesCut: cut)
        let result = try run.perform()
        let report = ReplayReport(file, reports, replayed, result)
        print(json ? try CommandSupport.json(report) : report.text(for: .standardOutput))
        guard result.difference == nil else { throw ExitCode(ExitStatus.internalError.rawValue) }
    }

    private func programs(of bytes: [UInt8]) throws(Failure) -> [RecordedProgram] {
        var programs: [RecordedProgram] = []
        do throws(RecordingError) {
            var reader = try RecordingReader(bytes.span, takesCut: cut)
            while let frame = try reader.next(in: bytes.span) {
                if case .program(let program) = frame { programs.append(program) }
            }
        } catch { throw Failure(file, error) }
        guard !programs.isEmpty else { throw Failure(.badInput, file, "has no program") }
        return programs
    }

    /// The program of the recording, or that of an object which has to be the same.
    private func admit(
        _ program: RecordedProgram, _ object: String?, _ path: String, _ broker: Broker, _ snapshot: PolicySnapshot
    ) throws -> (LoadedObject, AdmittedProgram) {
        var loaded: LoadedObject
        do throws(SandboxError) {
            let environment = program.object.environment
            if let object {
                loaded = try ObjectLoader.load(path: object, environment: environment, in: broker.jail)
            } else {
                loaded = try ObjectLoader.load(program.object.object, environment: environment, in: broker.jail)
            }
        } catch { throw Failure(error, about: path) }
        var type: ProgramType?
        if !program.type.isEmpty {
            type = ProgramType(rawValue: program.type)
            guard type != nil else { throw Failure(.badInput, file, "no program type is called \(program.type)") }
        }
        var admitted = try broker.admit(&loaded, path, name: program.name, section: nil, type: type)
        do throws(RecordingError) { try ReplayedProgram.check(admitted, is: program) } catch {
            throw Failure(file, error)
        }
        admitted.attest(try inForce.attestations(), known: snapshot)
        return (loaded, admitted)
    }
}

extension Failure {
    init(_ recording: String, _ error: RecordingError) {
        let remedy: String? =
            switch error {
            case .unfinished: "--cut replays what there is"
            case .otherProgram: "the object that was recorded is in the recording: leave the other out"
            case .notARecording, .version, .truncated, .limit, .meaningless, .notText, .outOfOrder, .longFrame, .object,
                .trailing, .events, .mapCount, .mapSize, .event:
                nil
            }
        self.init(
            .badInput, recording, at: error.offset.map { .offset($0) } ?? .whole, "\(error)", remedy: remedy)
    }
}
