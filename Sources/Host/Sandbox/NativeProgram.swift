internal import Bytecode
internal import CellImage
internal import Channel
package import Enclosure
internal import Linux
package import PolicyCore
package import ProgramPackage
internal import Virtualization

/// Why an answer of the compilation jail is not the code of a program.
package enum CompiledProgramError: Error, Equatable, Sendable {
    case format(PackageError)
    case request(PackageError)
    /// The map is that of another program.
    case otherProgram(instructions: Int, expected: Int)
}

/// A program, with those that go on in its place, as machine code for one mode of execution, as a jail of its own made it.
///
/// The code itself is believed no more than a cell is: it lies in a sealed file, and only where a cell runs it can it be executed.
package struct NativeProgram: Sendable {
    package let compiled: CompiledProgram
    let mode: ExecutionMode
    /// Of each program of the set.
    let identities: [ProgramIdentity]

    /// The instruction that an address in a cell belongs to; nil outside of the code.
    func instruction(at address: UInt64) -> Int? {
        guard let offset = UInt32(exactly: address &- AddressMap.code) else { return nil }
        return compiled.map.instruction(at: offset)
    }

    /// The code in a file that nobody can write any more, whole pages.
    func file() throws(SandboxError) -> MemoryFile {
        try systemCalls { () throws(SystemError) in try MemoryFile.sealed(name: "code", compiled.bytes) }
    }
}

extension ObjectLoader {
    /// Has a program compiled, in a jail of its own, where the tier that was decided runs machine code; nil where it interprets.
    ///
    /// Machine code checks no access, so only a program that is proven safe is compiled; where it is not proven to end within its
    /// fuel, its code counts.
    ///
    /// - Parameter jail: a spawner of jails, whichever spawner has the cells.
    package static func compile(
        _ permit: Permit, options: SandboxOptions, in jail: Jail
    ) throws(SandboxError) -> NativeProgram? {
        guard permit.decision.outcome.isNative else { return nil }
        let program = permit.program
        let mode = Sandbox.executionMode(of: program, options)
        guard mode != .checked else {
            throw .notProven(program: program.program.name, tier: permit.decision.outcome)
        }
        let request = try request(for: program, mode, blindsConstants: permit.decision.blindsConstants)
        let answer: [UInt8]
        do throws(EnclosureError) { answer = try jail.compile(request) } catch { throw .enclosure(error) }
        let compiled: CompiledProgram
        do throws(PackageError) { compiled = try CompiledProgram(parsing: answer) } catch {
            throw .compiled(.format(error))
        }
        guard compiled.map.starts.count == program.code.count, !compiled.bytes.isEmpty else {
            throw .compiled(
                .otherProgram(instructions: compiled.map.starts.count, expected: program.code.count))
        }
        return NativeProgram(compiled: compiled, mode: mode, identities: program.members.map(\.identity))
    }

    private static func request(
        for program: AdmittedProgram, _ mode: ExecutionMode, blindsConstants: Bool
    ) throws(SandboxError) -> [UInt8] {
        let image: ImageLayout
        do throws(ImageLayout.LayoutError) { image = try ImageLayout(parsing: CellImage.bytes) } catch {
            throw .image(error)
        }
        let code: [Slot]
        do throws(EncodeError) { code = try Instruction.encode(program.code) } catch {
            preconditionFailure("what was decoded can be encoded")
        }
        var request = CompilationRequest(
            code: code, programs: program.members.map(\.instructions.lowerBound),
            maps: program.maps.map {
                CompilationRequest.MapShape(
                    type: $0.type, valueSize: $0.valueSize, maximumEntries: $0.maximumEntries,
                    // BPF_F_RDONLY_PROG (include/uapi/linux/bpf.h), as the cell's own map has it.
                    flags: $0.flags | ($0.isReadOnly ? 1 << 7 : 0))
            },
            countsFuel: mode.countsFuel, codeStart: AddressMap.code, helper: image.nativeHelper,
            fault: image.nativeFault)
        request.facts = program.instructionFacts
        if blindsConstants {
            request.blindingSeed = try systemCalls { () throws(SystemError) in try randomNumber() }
        }
        do throws(PackageError) { return try request.serialized() } catch { throw .compiled(.request(error)) }
    }
}

extension AdmittedProgram {
    /// The tiers in which this program can run: machine code checks nothing, so what is not proven is interpreted.
    package var eligibleTiers: TierSet {
        switch execution {
        case .checked: TierSet(Tier.running.filter { !$0.isNative })
        case .metered, .verified: .offered
        }
    }
}

extension Tier {
    /// Whether a program runs as machine code.
    package var isNative: Bool {
        switch self {
        case .deny, .interpGuest, .interpChild: false
        case .jitGuest, .jitChild: true
        }
    }
}
