import CellTesting
import Channel
import Confinement
import Enclosure
import Foundation
import TestSupport
import Testing
import Virtualization

extension BoundaryTests {
    /// #UD and #GP (SDM volume 3, table 6-1).
    private static let (undefined, protection): (UInt8, UInt8) = (6, 13)

    @Test(
        "what only a kernel may do is a general-protection fault at the instruction", arguments: EnclosureKind.testable)
    func privileged(in kind: EnclosureKind) throws {
        try expectContained(
            in: kind,
            [
                "hlt", "cli", "sti", "inb $0x80, %al", "outb %al, $0x80", "inb %dx, %al", "outl %eax, %dx", "rdmsr",
                "wrmsr",
                "movq %cr0, %rax", "movq %cr3, %rax", "movq %rax, %cr3", "movq %rax, %cr4", "movq %db0, %rax",
                "lgdt PRIVATE",
                "lidt PRIVATE", "ltr %ax", "lldt %ax", "invlpg PRIVATE", "wbinvd", "clts", "swapgs", "rdpmc", "xsetbv",
            ].map { .fault($0, vector: Self.protection) })
    }

    @Test(
        "where the host's tables lie is not for a cell to know: CR4.UMIP makes each of these a general-protection fault",
        .enabled(if: KVM.isUsable, "\(KVM.reason)")
    )
    func tables() throws {
        try expectContained(
            in: .guest,
            ["sgdt PRIVATE", "sidt PRIVATE", "sldt %eax", "smsw %eax", "str %eax"].map {
                .fault($0, vector: Self.protection)
            })
    }

    @Test(
        "an instruction that is none is an invalid-opcode fault at the instruction", arguments: EnclosureKind.testable)
    func invalid(in kind: EnclosureKind) throws {
        try expectContained(
            in: kind,
            ["ud2", "ud1 %eax, %eax", ".byte 0x0f, 0xff", ".byte 0x06"].map { .fault($0, vector: Self.undefined) })
    }

    /// What comes of instructions whose effect is the backend's to say. What ran through went on to the `ud2` behind the attack.
    private enum Seen: Equatable {
        case ran
        case fault(vector: UInt8)
        /// The instruction went to another address, and faulted there.
        case faultElsewhere(vector: UInt8, at: UInt64)
        /// By the filter.
        case killed
    }

    private static let isAMD =
        ((try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? "").contains("AuthenticAMD")

    /// One row per instruction: its text, its bytes' count, and what each backend does.
    ///
    /// In a child the kernel speaks for the processor: it hands out made-up tables instead of a fault (arch/x86/kernel/umip.c), and a
    /// clock is refused because the child asked for that (PR_SET_TSC). What calls of a hypervisor do is for that to say.
    private static let observed: [(code: String, size: UInt64, pvm: Seen, child: Seen?)] = [
        ("syscall", 2, .faultElsewhere(vector: 14, at: 0), .killed),
        ("sysenter", 2, .fault(vector: 6), .fault(vector: 6)),
        ("int $0x80", 2, .fault(vector: 6), .killed),
        (
            "int3", 1, .faultElsewhere(vector: 3, at: HostileImage.attackAddress + 1),
            .faultElsewhere(vector: 3, at: HostileImage.attackAddress + 1)
        ),
        // Each vendor has one of these; KVM rewrites the other's into it, or refuses, and the page is not writable.
        ("vmcall", 3, isAMD ? .fault(vector: 13) : .ran, nil),
        ("vmmcall", 3, isAMD ? .ran : .fault(vector: 14), nil),
        ("cpuid", 2, .ran, .ran),
        ("rdtsc", 2, .ran, .fault(vector: 13)),
        ("rdtscp", 3, .ran, .fault(vector: 13)),
        ("xgetbv", 3, .ran, .ran),
        ("rdrand %rax", 4, .ran, .ran),
        ("wrfsbase %rax", 5, .ran, .ran),
        ("vzeroall", 3, .ran, .ran),
        ("movw %ax, %ds", 2, .ran, .ran),
        ("iretq", 2, .fault(vector: 14), .fault(vector: 14)),
    ]

    @Test(
        "what other instructions do here is what the table says, and none of it reaches out of the cell",
        arguments: EnclosureKind.testable)
    func observedInstructions(in kind: EnclosureKind) throws {
        let backend = KVMPosture.ofThisHost().backend
        var arena = try Arena(kind)
        for row in Self.observed {
            let image = try HostileImage.attacking(row.code, preparation: "xorl %eax, %eax\nxorl %ecx, %ecx")
            let failure = try arena.failure(of: image)
            let seen = Self.seen(failure, size: row.size)
            switch (kind, backend) {
            case (.child, _): #expect(row.child == nil || seen == row.child, "\(row.code): \(failure as Any)")
            case (.guest, .pvm): #expect(seen == row.pvm, "\(row.code)")
            case (.guest, .intel), (.guest, .amd), (.guest, nil): break
            }
            #expect(try arena.witnessSeenByFreshCell() == Arena.witness, "\(row.code)")
        }
    }

    private static func seen(_ failure: CellFailure?, size: UInt64) -> Seen? {
        if failure == .processDied(.killed(signal: 31)) { return .killed }
        guard let fault = failure?.processorFault else { return nil }
        let behind = HostileImage.attackAddress + size
        return if fault.vector == 6, fault.instruction == behind {
            .ran
        } else if fault.instruction == HostileImage.attackAddress {
            .fault(vector: fault.vector ?? 0)
        } else { .faultElsewhere(vector: fault.vector ?? 0, at: fault.instruction) }
    }
}
