import CellTesting
import Channel
import Enclosure
import Testing
import Virtualization

/// What a child can ask of the kernel, asked by an image that does nothing else.
extension BoundaryTests {
    /// A call with six arguments, `ud2` behind it.
    private static func call(_ number: UInt64, _ arguments: [String]) throws -> [UInt8] {
        let registers = ["rdi", "rsi", "rdx", "r10", "r8", "r9"]
        let moves = zip(registers, arguments + Array(repeating: "0", count: 6 - arguments.count)).map {
            "movabsq $\($1), %\($0)\n"
        }.joined()
        return try HostileImage.attacking("syscall", preparation: "\(moves)movl $0x\(String(number, radix: 16)), %eax")
    }

    private static let killed = CellFailure.processDied(.killed(signal: 31))

    /// The kernel lets its own trampolines' calls past every filter; from anywhere else they do nothing (see the walk of rules).
    private static let beyondFilters: Set<UInt64> = [335, 336]

    @Test("every system call but the two that are left kills a child, and its end says by what")
    func everyCall() throws {
        var arena = try Arena(.child)
        var kills = 0
        // One assembled image, patched: the number is the last four bytes before the jump to the attack.
        for number in 0...470 as ClosedRange<UInt64> where !Self.beyondFilters.contains(number) {
            let failure = try arena.failure(of: try patched(number))
            switch number {
            case 231: #expect(failure == .processDied(.exited(0)))
            case _: #expect(failure == Self.killed, "call \(number): \(failure as Any)")
            }
            if failure == Self.killed { kills += 1 }
        }
        #expect(kills == 471 - Self.beyondFilters.count - 1)
        for number in [0x4000_0000 | 39, 0x4000_0000 | 202, 0xFFFF_FFFF] as [UInt64] {
            #expect(try arena.failure(of: try patched(number)) == Self.killed, "call \(number)")
        }
        #expect(try arena.witnessSeenByFreshCell() == Arena.witness)
    }

    /// An image whose attack is this call with arguments of 0.
    private func patched(_ number: UInt64) throws -> [UInt8] {
        var image = try Self.template.get()
        // movl $imm32, %eax
        let pattern: [UInt8] = [0xB8, 0x77, 0x66, 0x55, 0x44]
        let place = try #require((0..<image.count - 5).first { image[$0..<$0 + 5].elementsEqual(pattern) })
        for byte in 0..<4 { image[place + 1 + byte] = UInt8(truncatingIfNeeded: number >> (8 * UInt64(byte))) }
        return image
    }

    private static let template = Result { try call(0x4455_6677, []) }

    @Test(
        "of futex a child has what its channel needs: any other word, operation or time limit kills it",
        arguments: [
            ("0x\(String(HostWords.wakeGeneration, radix: 16))", "1", "0"),  // a wake where it may wait
            ("0x\(String(HostWords.order, radix: 16))", "1", "0"),
            ("0x\(String(HostWords.wakeGeneration, radix: 16))", "128", "0"),  // private
            ("0x\(String(HostWords.wakeGeneration, radix: 16))", "0", "0x1f00000"),  // a time limit
            ("0x\(String(HostWords.wakeGeneration + 4, radix: 16))", "0", "0"),
            ("0x\(String(HostWords.parkEpoch, radix: 16))", "0", "0"),
            ("0x\(String(AddressMap.channel, radix: 16))", "0", "0"),
            ("0x\(String(AddressMap.channel, radix: 16))", "1", "0"),
            ("0x\(String(HostWords.wakeGeneration | 1 << 32, radix: 16))", "0", "0"),
            ("0x\(String(HostWords.wakeGeneration, radix: 16))", "0x100000000", "0"),
        ])
    func futex(call: (word: String, operation: String, timeout: String)) throws {
        var arena = try Arena(.child)
        let image = try Self.call(202, [call.word, call.operation, "7", call.timeout])
        #expect(try arena.failure(of: image) == Self.killed, "\(call)")
    }

    @Test("what is left of futex is a wait that a changed word ends at once")
    func futexLeft() throws {
        var arena = try Arena(.child)
        for word in [HostWords.wakeGeneration, HostWords.order] {
            // 0x7777 is not in the word, so the call comes back (EAGAIN) and the instruction behind it is reached.
            let image = try Self.call(202, ["0x\(String(word, radix: 16))", "0", "0x7777"])
            let failure = try arena.failure(of: image)
            #expect(failure?.processorFault?.vector == 6, "\(failure as Any)")
            #expect(failure?.processorFault?.instruction == HostileImage.attackAddress + 2)
        }
    }

    @Test("a frame for rt_sigreturn is of no use to a child")
    func sigreturn() throws {
        var arena = try Arena(.child)
        let image = try HostileImage.attacking("syscall", preparation: "movl $15, %eax")
        #expect(try arena.failure(of: image) == Self.killed)
    }

    @Test("code of a 32-bit processor in a child makes no call and is not resumed")
    func compatibilityMode() throws {
        var arena = try Arena(.child)
        // A far return to the selector of 32-bit code; there `int $0x80` is the other table of calls.
        let enter = "pushq $0x23\npushq $1f\nlretq\n1: .code32\n"
        for (code, expected) in [("int $0x80", Self.killed)] {
            let image = try HostileImage.attacking("\(enter)\(code)\n.code64", preparation: "movl $20, %eax")
            #expect(try arena.failure(of: image) == expected, "\(code)")
        }
        let fault = try arena.failure(of: HostileImage.attacking("\(enter)ud2\n.code64"))
        guard case .ended(.signal(4, _))? = fault else { return #expect(Bool(false), "\(fault as Any)") }
    }
}
