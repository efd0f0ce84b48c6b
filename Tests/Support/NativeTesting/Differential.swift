import Bytecode
import Channel
import Embedding
import Enclosure
import ProgramPackage
import ReferenceMachine
import TestSupport
import VectorCorpus

/// Three engines on the same programs: native code in a guest, the interpreter, and the reference machine, which shares nothing with them.
package struct Differential: ~Copyable {
    /// How often each thing happened.
    package struct Counts: Sendable {
        package var returned = 0
        package var faults: [FaultKind: Int] = [:]
        package var instructions: UInt64 = 0
        package var operations = Set<Operation>()
        package var blinded = 0
        /// Sets of programs that go on in one another, and tail calls that the reference machine made in them.
        package var sets = 0
        package var tailCalls = 0
        /// Sets that made as many as there may be.
        package var exhausting = 0
        /// Programs that the verifier found safe, and how often each of the facts by which they were compiled was held against a run.
        package var proven = 0
        package var facts: FactWatch.Counts = [:]

        package var programs: Int { faults.values.reduce(returned, +) }
    }

    package struct Difference: Error, CustomStringConvertible {
        package var description: String
    }

    package private(set) var counts = Counts()
    private var native: NativeMachine
    private let host: HostMachine
    private var settings = NativeSettings()
    private var generator: ProgramGenerator
    /// Of programs that the verifier can accept.
    private var provable: ProgramGenerator
    private var round: UInt64
    private let slots: [UInt64]

    package init(seed: UInt64) throws {
        let geometry = try ChannelGeometry(slotCountShift: 6, slotSizeShift: 12, logCountShift: 0)
        let native = try NativeMachine(geometry)
        let host = try HostMachine(geometry)
        self.native = native
        self.host = host
        generator = ProgramGenerator(seed: seed)
        provable = ProgramGenerator(seed: seed, forKernel: true)
        round = seed
        settings.fuel = 3000
        // The first event has sequence number 0.
        slots = (0..<geometry.slotCount).map { geometry.slot($0) + EventSlot.payload }
    }

    /// What stands for a program that does not end.
    private static let nothing = [Instruction(.mov64Immediate), Instruction(.exit)]

    /// Makes and runs as many programs as one entry of the guest takes.
    package mutating func step() throws {
        round &+= 1
        let cases = round % 3 == 0 ? sets() : round % 3 == 1 ? try provenPrograms() : programs()
        // What is verified whole counts nothing, so only programs that end may run so.
        settings.mode = .metered
        settings.blindingSeed = round % 4 == 0 ? round : nil
        let interpreted = try host.run(cases, settings)
        let compiled = try native.run(cases, settings)
        // Those that end run again where nothing is counted, each in the slot that it had: the addresses that flow through a program may
        // decide whether it ends.
        var ended = cases
        var count = 0
        for (index, one) in cases.enumerated() {
            try compare(one, index, interpreted[index], compiled[index])
            if case .returned = interpreted[index].ending {
                count += 1
            } else {
                ended[index] = NativeCase(code: Self.nothing, payload: one.payload)
            }
        }
        settings.mode = .verified
        let again = try host.run(ended, settings)
        let free = try native.run(ended, settings)
        for (index, one) in ended.enumerated() where free[index] != again[index] {
            throw difference(one, "verified", again[index], free[index])
        }
        if settings.blindingSeed != nil { counts.blinded += count }
    }

    private mutating func programs() -> [NativeCase] {
        settings.profile = .conformance
        settings.maps = []
        return (0..<native.capacity).map { _ in generator.next() }
    }

    /// Programs of which the verifier has said what it has proven, and others.
    private mutating func provenPrograms() throws -> [NativeCase] {
        settings.profile = .conformance
        settings.maps = []
        var cases: [NativeCase] = []
        for _ in 0..<native.capacity {
            var one = provable.next()
            let (verdict, facts) = try Proof.of(one.code)
            if verdict.isSafe {
                counts.proven += 1
                one.facts = facts
            }
            cases.append(one)
        }
        return cases
    }

    /// Sets of one to five programs, the same number for all that run together, as their array of programs is.
    private mutating func sets() -> [NativeCase] {
        let count = 1 + Int(round / 3 % 5)
        settings.profile = .linux
        var numbers = SeededGenerator(seed: round)
        let slots = (0..<5).map { slot in slot == 4 ? 0 : UInt32.random(in: 0...UInt32(count), using: &numbers) }
        settings.maps = [NativeSettings.MapPlan(programs: slots)]
        counts.sets += native.capacity
        return (0..<native.capacity).map { _ in generator.nextSet(programs: count, slots: slots.count) }
    }

    private mutating func compare(
        _ one: NativeCase, _ index: Int, _ interpreted: NativeOutcome, _ compiled: NativeOutcome
    ) throws {
        for instruction in one.code { counts.operations.insert(instruction.operation) }
        counts.instructions += interpreted.instructionsExecuted
        switch (interpreted.ending, compiled.ending) {
        case (.returned, _):
            counts.returned += 1
            guard compiled == interpreted else { throw difference(one, "metered", interpreted, compiled) }
        case (.faulted(let fault), .faulted(let other)) where fault.kind == .fuelExhausted:
            // Native code looks at its fuel less often, so it may come to another fault on the way, or write a little more.
            counts.faults[.fuelExhausted, default: 0] += 1
            let isLater = other.kind == .fuelExhausted || fault.instruction != other.instruction
            guard isLater else { throw difference(one, "metered", interpreted, compiled) }
        case (.faulted, .faulted(let other)) where other.kind == .fuelExhausted && hasUsedAll(interpreted):
            // The other way round: it looks at a loop's end where the interpreter, which does not jump there, goes on into another fault
            // with fuel that it does not have.
            counts.faults[.fuelExhausted, default: 0] += 1
        case (.faulted(let fault), _):
            counts.faults[fault.kind, default: 0] += 1
            guard compiled == interpreted else { throw difference(one, "metered", interpreted, compiled) }
        }
        try compareWithReference(one, index, interpreted)
    }

    private func hasUsedAll(_ outcome: NativeOutcome) -> Bool { outcome.instructionsExecuted == settings.fuel }

    private mutating func compareWithReference(_ one: NativeCase, _ index: Int, _ interpreted: NativeOutcome) throws {
        let vector = try Vector(
            name: "generated", file: "", line: 0, memory: one.payload, fuel: settings.fuel, assembly: "",
            slots: Instruction.encode(one.code), expectation: .result(0), memoryAfter: nil)
        let places = ReferenceMachine.Places(
            memory: slots[index], stackTop: AddressMap.privateMemory + 8 * 512)
        let tailCalls = settings.maps.first.map { array in
            ReferenceMachine.TailCalls(
                array: AddressMap.program + BootRecord.capacity,
                slots: array.numbers.map { $0 == 0 ? nil : one.entries[Int($0) - 1] })
        }
        var watch = FactWatch(one.code, one.facts)
        var objection: String?
        watch.begin()
        let (outcome, memory, made) = ReferenceMachine.run(
            vector, at: places, hasHelper: settings.profile == .conformance, tailCalls: tailCalls
        ) { index, registers in
            guard objection == nil else { return }
            objection = watch.objection(at: index) { registers[Int($0)] }.map { "instruction \(index) \($0)" }
        }
        counts.facts.merge(watch.counts, uniquingKeysWith: +)
        if let objection { throw Difference(description: "proven and not so: \(objection)\n\(listing(one))") }
        counts.tailCalls += made
        if made == 33 { counts.exhausting += 1 }
        let agrees: Bool
        switch (outcome, interpreted.ending) {
        case (.result(let result), .returned(let other)): agrees = result == other && memory == interpreted.payload
        case (.fault(let fault), .faulted(let other)):
            // It looks at its fuel before each instruction, so it stops before others do.
            agrees =
                fault.kind == .fuelExhausted
                || "\(other.kind)" == fault.kind.rawValue && Int(other.instruction) == fault.index
                    && memory == interpreted.payload
        case (.result, .faulted), (.fault, .returned): agrees = false
        }
        guard agrees else {
            throw Difference(
                description: "the reference machine says \(outcome), the interpreter \(interpreted)\n\(listing(one))")
        }
    }

    private func difference(
        _ one: NativeCase, _ mode: String, _ expected: NativeOutcome, _ got: NativeOutcome
    ) -> Difference {
        Difference(description: "\(mode): interpreted \(expected)\ncompiled \(got)\n\(listing(one))")
    }

    private func listing(_ one: NativeCase) -> String {
        one.code.enumerated().map { "\($0): \($1)" }.joined(separator: "\n")
    }
}
