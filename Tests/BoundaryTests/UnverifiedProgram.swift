import Channel
import PolicyCore
import Sandbox

/// A program that no verifier would let pass, and how it must end.
struct UnverifiedProgram: Sendable, CustomStringConvertible {
    let description: String
    let text: String
    /// What machine code of it makes sure of. In the mode for what is proven whole it counts nothing.
    var nativeMode = ExecutionMode.verified
    /// In the interpreter, where every access is checked.
    let interpreted: UnverifiedEnd
    /// As machine code, which checks nothing.
    let compiled: UnverifiedEnd

    func end(in tier: Tier) -> UnverifiedEnd { tier.isNative ? compiled : interpreted }
}

/// How it ended, the same in words for both enclosures.
enum UnverifiedEnd: Equatable, Sendable {
    case returned(UInt64)
    /// The image says why the program could not go on; its cell serves the next event.
    case faulted(FaultKind, about: UInt64, at: Int)
    /// The processor refused an access, and the cell is gone.
    case pageFault(address: UInt64, isWrite: Bool, Place)
    /// The broker stopped it.
    case deadline(Place)
    case other(String)

    enum Place: Equatable, Sendable {
        /// By the map from code to instructions.
        case instruction(Int)
        /// In a helper, which is the image's code.
        case image
        case elsewhere(UInt64)
    }
}

extension UnverifiedProgram {
    private static let wild: UInt64 = 0x1234_5678
    /// Where the kernel ends what a process may map: the highest page of it.
    private static let host: UInt64 = 0x7FFF_FFFF_E000
    /// What a program has for a reference to the array of programs.
    private static let programs = AddressMap.program + BootRecord.capacity + 128
    private static let belowStack = AddressMap.privateMemory + 8 * 512 - 8192

    static let all: [UnverifiedProgram] = [
        UnverifiedProgram(
            description: "a load from an absolute address",
            text: "r1 = 0x12345678 ll\nr0 = *(u64 *)(r1 + 0)\nexit",
            interpreted: .faulted(.outOfBoundsRead, about: wild, at: 2),
            compiled: .pageFault(address: wild, isWrite: false, .instruction(2))),
        UnverifiedProgram(
            description: "a load from where a host has its stacks",
            text: "r1 = 0x7fffffffe000 ll\nr0 = *(u64 *)(r1 + 0)\nexit",
            interpreted: .faulted(.outOfBoundsRead, about: host, at: 2),
            compiled: .pageFault(address: host, isWrite: false, .instruction(2))),
        UnverifiedProgram(
            description: "a store to r10 - 8192",
            text: "r0 = 0\n*(u64 *)(r10 - 8192) = 1\nexit",
            interpreted: .faulted(.outOfBoundsWrite, about: belowStack, at: 1),
            compiled: .pageFault(address: belowStack, isWrite: true, .instruction(1))),
        UnverifiedProgram(
            description: "an endless loop",
            text: "goto -1\nr0 = 0\nexit",
            interpreted: .faulted(.fuelExhausted, about: 0, at: 0),
            compiled: .deadline(.instruction(0))),
        UnverifiedProgram(
            description: "the same, its machine code counting fuel",
            text: "goto -1\nr0 = 0\nexit", nativeMode: .metered,
            interpreted: .faulted(.fuelExhausted, about: 0, at: 0),
            compiled: .faulted(.fuelExhausted, about: 0, at: 0)),
        UnverifiedProgram(
            description: "endless recursion",
            text: "r6 = 1\ncall -2\nexit",
            interpreted: .faulted(.callDepthExceeded, about: 0, at: 1),
            compiled: .faulted(.callDepthExceeded, about: 0, at: 1)),
        UnverifiedProgram(
            description: "returns registers it never wrote",
            text: "r0 |= r2\nr0 |= r3\nr0 |= r4\nr0 |= r5\nr0 |= r6\nr0 |= r7\nr0 |= r8\nr0 |= r9\nexit",
            interpreted: .returned(0), compiled: .returned(0)),
        UnverifiedProgram(
            description: "returns registers that a helper may have left",
            text: "call 7\nr0 = r2\nr0 |= r3\nr0 |= r4\nr0 |= r5\nexit",
            interpreted: .returned(0), compiled: .returned(0)),
        UnverifiedProgram(
            description: "a helper called with a wild map",
            text: "r1 = 0x12345678 ll\nr2 = r10\nr2 += -4\ncall 1\nexit",
            interpreted: .faulted(.invalidHelperArgument, about: wild, at: 4),
            compiled: .faulted(.invalidHelperArgument, about: wild, at: 4)),
        UnverifiedProgram(
            description: "a lookup with a wild key",
            text: "r2 = 0x12345678 ll\nld_pseudo r1, 0x5, 0x0\ncall 1\nexit",
            interpreted: .faulted(.invalidHelperArgument, about: wild, at: 4),
            compiled: .pageFault(address: wild, isWrite: false, .instruction(4))),
        UnverifiedProgram(
            description: "an update with wild pointers",
            text: "r2 = 0x12345678 ll\nr3 = 0x12345678 ll\nr4 = 0\nld_pseudo r1, 0x5, 0x0\ncall 2\nexit",
            interpreted: .faulted(.invalidHelperArgument, about: wild, at: 7),
            compiled: .pageFault(address: wild, isWrite: false, .image)),
        UnverifiedProgram(
            description: "a line printed from a wild pointer",
            text: "r1 = 0x12345678 ll\nr2 = 8\ncall 6\nexit",
            interpreted: .faulted(.invalidHelperArgument, about: wild, at: 3),
            compiled: .pageFault(address: wild, isWrite: false, .image)),
        UnverifiedProgram(
            description: "a tail call into itself",
            // It counts how often it was entered, in the frame that it has in common with itself.
            text: """
                r4 = *(u64 *)(r10 - 8)
                r4 += 1
                *(u64 *)(r10 - 8) = r4
                ld_pseudo r2, 0x5, 0x1
                r3 = 0
                call 12
                r0 = *(u64 *)(r10 - 8)
                exit
                """,
            interpreted: .returned(34), compiled: .returned(34)),
        UnverifiedProgram(
            description: "a tail call with a wild map",
            text: "r2 = 0x12345678 ll\nr3 = 0\ncall 12\nr0 = 0\nexit",
            interpreted: .faulted(.invalidHelperArgument, about: wild, at: 3),
            compiled: .faulted(.invalidHelperArgument, about: wild, at: 3)),
        UnverifiedProgram(
            description: "returns registers that a tail call may have left",
            text: """
                r0 |= r2
                r0 |= r3
                r0 |= r4
                r0 |= r5
                r0 |= r6
                r0 |= r7
                r0 |= r8
                r0 |= r9
                r6 = r10
                r7 = r1
                r8 = r10
                r9 = r10
                r4 = r10
                r5 = r10
                ld_pseudo r2, 0x5, 0x1
                r3 = 0
                if r0 == 0 goto +1
                exit
                call 12
                r0 = r0
                exit
                """,
            interpreted: .returned(0), compiled: .returned(0)),
        UnverifiedProgram(
            description: "a lookup in an array of programs",
            text: "*(u32 *)(r10 - 4) = 0\nr2 = r10\nr2 += -4\nld_pseudo r1, 0x5, 0x1\ncall 1\nexit",
            interpreted: .faulted(.invalidHelperArgument, about: programs, at: 5),
            compiled: .faulted(.invalidHelperArgument, about: programs, at: 5)),
    ]
}

extension UnverifiedEnd: CustomStringConvertible {
    /// What SECURITY.md says of it.
    var description: String {
        switch self {
        case .returned(let result): "returned \(result)"
        case .faulted(let kind, let about, let index):
            about == 0 ? "`\(kind)` at \(index)" : "`\(kind)` (\(Self.hexadecimal(about))) at \(index)"
        case .pageFault(let address, let isWrite, let place):
            "**ended**: page fault, \(isWrite ? "write to" : "read of") \(Self.hexadecimal(address)) \(place)"
        case .deadline(let place): "**ended**: deadline, stopped \(place)"
        case .other(let text): text
        }
    }

    private static func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
}

extension UnverifiedEnd.Place: CustomStringConvertible {
    var description: String {
        switch self {
        case .instruction(let index): "at \(index)"
        case .image: "in a helper"
        case .elsewhere(let address): "at address 0x\(String(address, radix: 16))"
        }
    }
}
