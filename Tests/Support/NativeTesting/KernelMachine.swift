import Bytecode
import CKernelRun
import Glibc

/// The kernel that runs here: it loads programs as anybody's, and runs those that its verifier accepts.
///
/// A program's payload is the value of a map, which programs may do everything with that they may do with memory. What the entry of a
/// program finds is made by instructions before it: R6 its payload, R2 its length, the other registers and the stack zero.
package struct KernelMachine: ~Copyable {
    private let map: Int32

    package enum Failure: Error {
        case call(errno: Int32)
    }

    /// Whether programs can be loaded at all.
    package static let isUsable: Bool = {
        guard let machine = try? KernelMachine() else { return false }
        let code = [Instruction(.mov64Register, destination: 6, source: 1), Instruction(.exit)]
        let payload = [UInt8](repeating: 0, count: ProgramGenerator.payloadSize)
        return (try? machine.run(NativeCase(code: code, payload: payload))) != nil
    }()
    package static let reason = "needs leave to load programs into the kernel, which root has"

    package init() throws {
        map = kernelrun_map(UInt32(Self.valueSize))
        guard map >= 0 else { throw Failure.call(errno: -map) }
    }

    deinit { kernelrun_close(map) }

    /// The payload, and the result behind it.
    private static let valueSize = ProgramGenerator.payloadSize + 8

    /// What the program returns and leaves in its payload; nil where the kernel does not accept it.
    package func run(_ one: NativeCase) throws -> (result: UInt64, payload: [UInt8])? {
        let code = try program(one.code).map(\.bits)
        let loaded = kernelrun_load(code, code.count)
        guard loaded >= 0 else { return nil }
        defer { kernelrun_close(loaded) }
        var value = one.payload + [UInt8](repeating: 0, count: Self.valueSize - one.payload.count)
        for status in [kernelrun_set(map, value), kernelrun_run(loaded), kernelrun_get(map, &value)]
        where status < 0 { throw Failure.call(errno: -status) }
        let result = value[ProgramGenerator.payloadSize...].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return (result, Array(value.prefix(one.payload.count)))
    }

    /// The program between what makes its entry and what keeps its result. It begins by keeping its payload in R6 and has one exit, its
    /// last instruction.
    private func program(_ code: [Instruction]) throws -> [Slot] {
        let body = try Instruction.encode(code)
        let size = Int32(ProgramGenerator.payloadSize)
        func slot(_ opcode: UInt8, _ destination: UInt8, _ source: UInt8 = 0, _ offset: Int16 = 0, _ value: Int32 = 0)
            -> Slot
        { Slot(opcode: opcode, destination: destination, source: source, offset: offset, immediate: value) }
        var slots = [
            slot(0x62, 10, 0, -4), slot(0xBF, 2, 10), slot(0x07, 2, 0, 0, -4),  // R2: a key of 0
            slot(0x18, 1, 1, 0, map), slot(0, 0), slot(0x85, 0, 0, 0, 1),  // the map's only value
            slot(0x55, 0, 0, 1), slot(0x95, 0), slot(0xBF, 6),
        ]
        slots += stride(from: Int16(-512), to: 0, by: 8).map { slot(0x7A, 10, 0, $0) }
        slots += [0, 1, 3, 4, 5, 7, 8, 9].map { slot(0xB7, $0) }
        slots.append(slot(0xB7, 2, 0, 0, size))
        slots += body.dropFirst().dropLast()
        return slots + [slot(0x7B, 6, 0, Int16(size)), slot(0xB7, 0), slot(0x95, 0)]
    }
}
