import Bytecode
import CellImage
import CellTesting
import Channel
import Compilation
import Enclosure
import Foundation
import PolicyCore
import ProgramPackage
import Sandbox
import TestSupport
import Testing
import Virtualization

/// Programs that nobody verified, run all the same, in every tier: as `ringfence run` would where policy lets it, and as machine code,
/// which it never would.
extension BoundaryTests {
    static let tiers = Tier.running.filter { KVM.isUsable || $0.enclosure != .guest }

    @Test(
        "a program that no verifier would let pass ends with a report of what it did where",
        arguments: UnverifiedProgram.all, tiers)
    func unverified(program: UnverifiedProgram, tier: Tier) throws {
        #expect(try Self.end(of: program, in: tier) == program.end(in: tier))
    }

    @Test(
        "the table in SECURITY.md says of every program and tier what happens",
        .enabled(if: KVM.isUsable, "\(KVM.reason)"))
    func unverifiedTable() throws {
        var lines = ["| program | " + Tier.running.map { "`\($0.name)`" }.joined(separator: " | ") + " |"]
        lines.append("|---|" + Tier.running.map { _ in "---|" }.joined())
        for program in UnverifiedProgram.all {
            let ends = try Tier.running.map { "\(try Self.end(of: program, in: $0))" }
            lines.append("| \(program.description) | " + ends.joined(separator: " | ") + " |")
        }
        let table = lines.joined(separator: "\n")
        print(table)
        let file = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../SECURITY.md").standardized
        let text = try String(contentsOf: file, encoding: .utf8)
        let parts = text.components(separatedBy: "<!-- unverified programs -->\n")
        try #require(parts.count == 3, "the table stands between two markers")
        if ProcessInfo.processInfo.environment["RINGFENCE_WRITE_TABLES"] != nil {
            let written = [parts[0], table + "\n", parts[2]].joined(separator: "<!-- unverified programs -->\n")
            try written.write(to: file, atomically: true, encoding: .utf8)
        } else {
            #expect(parts[1] == table + "\n", "RINGFENCE_WRITE_TABLES=1 writes it anew")
        }
    }

    /// Runs a program for two events, where its cell lasts so long, and then sees whether the world outside is as it was.
    private static func end(of program: UnverifiedProgram, in tier: Tier) throws -> UnverifiedEnd {
        var arena = try Arena(tier.enclosure == .guest ? .guest : .child)
        let code = try assembled(program.text)
        let compiled = tier.isNative ? try compile(code, program.nativeMode) : nil
        var limits = arena.limits
        // Only what never ends comes so far.
        limits.deadlineNanoseconds = program.compiled.isDeadline && tier.isNative ? 200_000_000 : 20_000_000_000
        limits.stopNanoseconds = 10_000_000_000
        var cell =
            if let compiled {
                try arena.startNative(compiled.bytes, of: code, mode: program.nativeMode, limits: limits)
            } else {
                try arena.startSound(program.text, mode: .checked, limits: limits)
            }
        defer { cell.end() }
        try cell.waitUntilRunning()
        let end = try nextEnd(of: &cell, compiled)
        switch end {
        case .returned(let result):
            #expect(!isAddress(result), "\(program) gave 0x\(String(result, radix: 16))")
            #expect(try nextEnd(of: &cell, compiled) == end)
        case .faulted: #expect(try nextEnd(of: &cell, compiled) == end)
        case .pageFault, .deadline, .other: break
        }
        #expect(try arena.witnessSeenByFreshCell() == Arena.witness)
        return end
    }

    static func compile(_ code: [Instruction], _ mode: ExecutionMode) throws(CompilationError) -> CompiledProgram {
        let image: ImageLayout
        do { image = try ImageLayout(parsing: CellImage.bytes) } catch { preconditionFailure("the image is sound") }
        // The arena's maps.
        let maps = [
            Compilation.MapShape(type: 2, valueSize: 8, maximumEntries: 1),
            Compilation.MapShape(type: 3, valueSize: 4, maximumEntries: 2),
        ]
        return try Compilation.x86(
            Compilation.Program(code: code, maps: maps), Compilation.Options(countsFuel: mode.countsFuel),
            for: Compilation.Target(helper: image.nativeHelper, fault: image.nativeFault))
    }

    private static func nextEnd(of cell: inout Cell, _ compiled: CompiledProgram?) throws -> UnverifiedEnd {
        cell.submit([1, 2, 3, 4])
        let failure: CellFailure
        do throws(CellFailure) {
            switch try cell.awaitVerdict().ending {
            case .returned(let result): return .returned(result)
            case .faulted(let fault):
                return .faulted(fault.kind, about: fault.address, at: Int(fault.instruction))
            }
        } catch { failure = error }
        if let fault = failure.processorFault, fault.vector == 14 {
            return .pageFault(
                address: fault.address, isWrite: fault.errorCode & PageFault.write != 0, try place(of: fault, compiled))
        }
        if case .deadlineExceeded(_, .stopped(let fault?)?) = failure {
            return .deadline(try place(of: fault, compiled))
        }
        return .other("\(failure)")
    }

    private static func place(of fault: Fault, _ compiled: CompiledProgram?) throws -> UnverifiedEnd.Place {
        let image = try ImageLayout(parsing: CellImage.bytes)
        if fault.instruction &- image.textStart < image.textSize { return .image }
        let offset = UInt32(exactly: fault.instruction &- AddressMap.code)
        guard let index = offset.flatMap({ compiled?.map.instruction(at: $0) }) else {
            return .elsewhere(fault.instruction)
        }
        return .instruction(index)
    }

    /// Whether a number is an address of a cell, or could be one of a process on this host.
    private static func isAddress(_ value: UInt64) -> Bool {
        (AddressMap.image..<AddressMap.windowSize).contains(value) || value >= 0x5500_0000_0000
    }
}

extension UnverifiedEnd {
    fileprivate var isDeadline: Bool { if case .deadline = self { true } else { false } }
}
