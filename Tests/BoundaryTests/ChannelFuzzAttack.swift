import CellTesting
import Channel
import Enclosure
import Linux
import Testing

extension BoundaryTests {
    /// Writes words all over the channel for ever, from a xorshift64 generator (Marsaglia 2003) in r8. Half of them go to the
    /// verdict and log records; the values are random, small, zero, or near the sequence numbers in use.
    private static func fuzzer(seed: UInt64) throws -> [UInt8] {
        try HostileImage.attacking(
            """
            1:  movq %r8, %rax
                shlq $13, %rax
                xorq %rax, %r8
                movq %r8, %rax
                shrq $7, %rax
                xorq %rax, %r8
                movq %r8, %rax
                shlq $17, %rax
                xorq %rax, %r8
                movl $CHANNEL_SIZE, %ecx
                testl $1, %r8d
                jz 2f
                movl $0x2400, %ecx
            2:  movq %r8, %rax
                shrq $32, %rax
                mulq %rcx
                shrq $32, %rax
                andl $~3, %eax
                movl %r8d, %edx
                shrl $8, %edx
                movl %r8d, %ecx
                shrl $1, %ecx
                andl $3, %ecx
                jz 5f
                andl $0xf, %edx
                cmpl $1, %ecx
                je 5f
                cmpl $2, %ecx
                je 4f
                xorl %edx, %edx
                jmp 5f
            4:  addl $(FIRST_SEQUENCE - 7), %edx
            5:  movl %edx, CHANNEL(%rax)
                jmp 1b
            """, preparation: "movabsq $0x\(String(seed | 1, radix: 16)), %r8")
    }

    @Test(
        "a cell that writes random words over the whole channel gets verdicts or a named failure, and nothing hangs",
        arguments: EnclosureKind.testable)
    func fuzzChannel(in kind: EnclosureKind) throws {
        var arena = try Arena(kind)
        var limits = arena.limits
        limits.deadlineNanoseconds = 50_000_000
        limits.stopNanoseconds = 10_000_000_000
        var verdicts = 0
        var failures: [String: Int] = [:]
        let started = monotonicNanoseconds()
        for seed in 1...40 as ClosedRange<UInt64> {
            var cell = try arena.start(Self.fuzzer(seed: seed &* 0x9E37_79B9_7F4A_7C15), limits: limits)
            defer { cell.end() }
            do throws(CellFailure) {
                try cell.waitUntilRunning()
                for _ in 0..<1000 {
                    cell.submit([1, 2, 3, 4])
                    let verdict = try cell.awaitVerdict()
                    var bytes = [UInt8](repeating: 0, count: 64)
                    let count = bytes.withUnsafeMutableBytes { cell.ring.copyPayload(of: verdict, into: $0) }
                    #expect(count <= 64 && verdict.payloadSize <= 3840 && verdict.instructionsExecuted <= 1_000_000)
                    verdicts += 1
                    do throws(ChannelError) {
                        while let line = try cell.log.poll() {
                            #expect(line.utf8.allSatisfy { (0x20...0x7E).contains($0) })
                        }
                    } catch { throw .channel(error) }
                }
            } catch {
                let name = "\(error)".prefix { $0 != "(" }
                failures[String(name), default: 0] += 1
                switch error {
                case .channel, .deadlineExceeded: break
                case .ended, .processDied, .refusedBootRecord: Issue.record("seed \(seed): \(error)")
                }
            }
            // Whatever it wrote, it did not reach past the channel.
            if seed % 10 == 0 { #expect(try arena.witnessSeenByFreshCell() == Arena.witness) }
        }
        #expect(failures["channel", default: 0] > 0, "\(failures), \(verdicts) verdicts")
        #expect(monotonicNanoseconds() - started < 120_000_000_000)
    }
}
