import CellTesting
import Channel
import Confinement
import Enclosure
import Testing

extension EnclosureTests {
    /// Looks for what an earlier run may have left and answers its first event with what it found, one bit per kind; plants a
    /// canary of each kind first. `AVX` says whether the machine lets it use ymm registers.
    private func canaries(avx: Bool) throws -> [UInt8] {
        try HostileImage.assembled(
            """
            .set AVX, \(avx ? 1 : 0)
            .set CANARY, 0x5ca1ab1ec0ffee11
                # General registers: every one but the stack pointer starts at zero.
                orq %rbx, %rax; orq %rcx, %rax; orq %rdx, %rax; orq %rsi, %rax; orq %rdi, %rax; orq %rbp, %rax
                orq %r8, %rax; orq %r9, %rax; orq %r10, %rax; orq %r11, %rax; orq %r12, %rax; orq %r13, %rax
                orq %r14, %rax; orq %r15, %rax
                xorl %r15d, %r15d
                testq %rax, %rax
                jz 1f
                orl $1, %r15d
                # Private memory, near its start, in its middle and under the stack.
            1:  movabsq $CANARY, %rbx
                cmpq %rbx, PRIVATE + 0x100
                je 2f
                cmpq %rbx, PRIVATE + 0x8000
                je 2f
                cmpq %rbx, PRIVATE + PRIVATE_SIZE - 16
                jne 3f
            2:  orl $2, %r15d
            3:  stmxcsr PRIVATE + 0x200
                cmpl $0x1f80, PRIVATE + 0x200
                je 4f
                orl $4, %r15d
                # An x87 environment with all eight registers empty.
            4:  fnstenv PRIVATE + 0x300
                cmpw $0xffff, PRIVATE + 0x308
                je 5f
                orl $8, %r15d
            5:  movq %xmm7, %rax
                cmpq %rbx, %rax
                jne 6f
                orl $16, %r15d
            6:
            .if AVX
                vextractf128 $1, %ymm9, %xmm0
                movq %xmm0, %rax
                cmpq %rbx, %rax
                jne 7f
                orl $32, %r15d
            7:
            .endif
                movl $1, STATE
                mfence
            8:  pause
                cmpl $FIRST_SEQUENCE, FIRST_SLOT
                jne 8b
                # Plant.
                movq %rbx, PRIVATE + 0x100
                movq %rbx, PRIVATE + 0x8000
                movq %rbx, PRIVATE + PRIVATE_SIZE - 16
                movq %rbx, %xmm7
            .if AVX
                movq %rbx, %xmm9
                vinsertf128 $1, %xmm9, %ymm9, %ymm9
            .endif
                movl $0x1fbf, PRIVATE + 0x200
                ldmxcsr PRIVATE + 0x200
                fldpi
                fldpi
                \(HostileImage.verdict(result: 0).replacing("movl $FIRST_SEQUENCE, FIRST_VERDICT + 0", with: "movl %r15d, FIRST_VERDICT + 8\nmfence\nmovl $FIRST_SEQUENCE, FIRST_VERDICT + 0"))
                movq %rbx, %rax; movq %rbx, %rcx; movq %rbx, %rdx; movq %rbx, %rsi; movq %rbx, %rdi; movq %rbx, %rbp
                movq %rbx, %r8; movq %rbx, %r9; movq %rbx, %r10; movq %rbx, %r11; movq %rbx, %r12; movq %rbx, %r13
                movq %rbx, %r14; movq %rbx, %r15
            9:  jmp 9b
            """)
    }

    @Test(
        "after a reset nothing is left of what a cell had in its registers, its vector state and its private memory",
        arguments: EnclosureKind.testable)
    func reset(in kind: EnclosureKind) throws {
        var arena = try Arena(kind)
        var limits = arena.limits
        limits.stopNanoseconds = 10_000_000_000
        // Only here does a guest without CR4.OSXSAVE get to use ymm registers.
        let hasAVX = KVMPosture.ofThisHost().backend == .pvm
        var cell = try arena.start(canaries(avx: hasAVX), limits: limits)
        defer { cell.end() }
        try cell.waitUntilRunning()
        for round in 0..<4 {
            cell.submit([])
            let ending = try cell.awaitVerdict().ending
            #expect(ending == .returned(0), "round \(round): bits of what was found")
            pause(milliseconds: 2)
            let end = cell.stop()
            guard case .stopped? = end else {
                return #expect(Bool(false), "round \(round) did not stop: \(end as Any)")
            }
            try cell.reset()
        }
    }
}
