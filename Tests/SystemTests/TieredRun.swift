import Enclosure
import Maps
import PolicyCore
import ProgramPackage
import Prototypes
import Sandbox
import TestSupport
import Testing

/// A proven program in a tier, made as `ringfence run` makes it, and given events as lines.
struct TieredRun: ~Copyable {
    static let tiers = Tier.running.filter { KVM.isUsable || $0.enclosure != .guest }

    struct Outcome {
        var verdict: String
        var result: EventResult
        var context: [UInt8]
        var packet: [UInt8]
    }

    var sandbox: Sandbox
    let execution: AdmittedProgram.Execution
    var records: [RingRecord]

    static func start(
        _ source: String, in tier: Tier, section: String? = nil, options: SandboxOptions = SandboxOptions()
    ) throws -> TieredRun {
        let object = try BPFCompiler.object(
            source, flags: BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu"])
        return try start(object, in: tier, section: section, options: options)
    }

    private init(_ sandbox: consuming Sandbox, _ execution: AdmittedProgram.Execution) {
        self.sandbox = sandbox
        self.execution = execution
        records = []
    }

    static func start(
        _ object: [UInt8], in tier: Tier, section: String? = nil, options: SandboxOptions = SandboxOptions()
    ) throws -> TieredRun {
        let jail = try Jail(ready: .none)
        let cells = tier.enclosure == .child ? try Jail(for: .child) : jail
        var loaded = try ObjectLoader.load(object, in: jail)
        let programs = try AdmittedProgram.programs(in: loaded.package, section: section)
        try ObjectLoader.verify(&loaded, programs: programs, in: jail)
        for program in loaded.verification?.programs ?? [] where program.verdict == .rejected {
            Issue.record("\(program.findings)")
        }
        let admitted = try AdmittedProgram(from: loaded.package, verification: loaded.verification, section: section)
        let type = try #require(admitted.identity.type.value)
        let policy = try Workshop.policy(ceiling: tier.name).replacing("[\"xdp\"]", with: "[\"\(type.rawValue)\"]")
        let permit = try Programs.permit(admitted, for: tier, under: policy)
        let native = try ObjectLoader.compile(permit, options: options, in: jail)
        return TieredRun(
            try Sandbox(permit, native: native, in: cells, options: options), admitted.execution)
    }

    mutating func run(_ text: String, isTest: Bool = false) throws -> [Outcome] {
        var lines = EventLines(sandbox.layout, isTest: isTest)
        var event = Event(context: sandbox.layout.emptyContext)
        var outcomes: [Outcome] = []
        while try lines.next(in: Array(text.utf8), &event) { outcomes.append(try decide(event)) }
        return outcomes
    }

    mutating func decide(_ event: Event) throws -> Outcome {
        var buffer = [UInt8](repeating: 0, count: sandbox.options.maximumPayload)
        var context = sandbox.layout.emptyContext
        let result = try buffer.withUnsafeMutableBytes {
            try sandbox.decide(event, into: $0, context: &context, time: event.time ?? 1)
        }
        records += sandbox.takeRecords(limit: .max)
        let name = "\(sandbox.layout.shape.verdicts.rows[result.verdict].name)"
        return Outcome(
            verdict: name, result: result, context: context, packet: Array(buffer.prefix(result.size)))
    }

    /// The value of a map's key; nil where it has none.
    func value(of key: [UInt8], in name: String) throws -> [UInt8]? {
        try sandbox.maps.map(named: name).value(of: key, lane: 0)
    }

    /// A field of a context, as a number.
    func field(_ name: String, of outcome: Outcome) throws -> UInt64 {
        let field = try #require(sandbox.layout.field(name))
        return outcome.context[field.range].prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
