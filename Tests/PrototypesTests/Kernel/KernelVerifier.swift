import CKernelVerifier
import Foundation
import Prototypes
import Testing

/// The running kernel's verifier, asked without attaching or running anything.
enum KernelVerifier {
    struct Answer {
        var error: Int32
        var log: String

        var isAccepted: Bool { error == 0 }
        /// What the kernel says last of the code, without its statistics.
        var complaint: String {
            let lines = log.split(separator: "\n").filter { !$0.hasPrefix("processed ") }
            return lines.last.map(String.init) ?? "error \(error)"
        }
    }

    /// Whether programs of every capability may be loaded here.
    static let isUsable: Bool = {
        var code = Code()
        code.finish(0)
        return load(type: 1, code: code).isAccepted && load(type: 6, code: code).isAccepted
    }()
    static let reason: Comment = "needs bpf(2) with all capabilities, which is refused here"

    /// `major * 1000 + minor` of the running kernel; 6.18 is where the tables were read off.
    static let version: Int = {
        let parts =
            (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8))?
            .split { !$0.isNumber }.compactMap { Int($0) } ?? []
        return parts.count < 2 ? 0 : parts[0] * 1000 + parts[1]
    }()
    static let tableVersion = 6018

    static func load(
        type: UInt32, attachType: UInt32 = 0, flags: UInt32 = 0, target: UInt32 = 0, license: String = "GPL",
        code: Code
    ) -> Answer {
        var log = [CChar](repeating: 0, count: 1 << 16)
        let functions: [UInt32] =
            code.callback.map { [0, Types.mainFunction, UInt32($0), Types.callbackFunction] } ?? []
        let error = functions.withUnsafeBufferPointer { functions in
            license.withCString { license in
                var program = kernelverifier_program(
                    type: type, attach_type: attachType, flags: flags, attach_btf_id: target, btf: Types.descriptor,
                    function_count: UInt32(functions.count / 2), functions: functions.baseAddress, license: license)
                return code.slots.withUnsafeBufferPointer { slots in
                    slots.baseAddress.map { kernelverifier_load(&program, $0, slots.count, &log, log.count) } ?? -22
                }
            }
        }
        let text = error == 0 ? [] : log.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return Answer(error: error, log: String(decoding: text, as: UTF8.self))
    }

    /// As ``load(type:attachType:flags:target:license:code:)``, for a row of the table.
    static func load(_ row: ProgramDescriptor, license: String = "GPL", code: Code) -> Answer {
        load(
            type: row.linuxType, attachType: row.attachType, flags: row.maySleep ? 0x10 : 0, target: target(of: row),
            license: license, code: code)
    }

    /// The rows that this kernel loads programs for.
    static let rows: [ProgramDescriptor] = ProgramDescriptor.all.filter { row in
        var code = Code()
        code.finish(Int32(row.results?.upperBound ?? 0))
        return isUsable && load(row, code: code).isAccepted
    }

    /// Whether this kernel lets any program call the helper: which it has depends on its version and configuration.
    static func offers(_ helper: UInt32) -> Bool { offered.contains(helper) }

    private static let offered: Set<UInt32> = {
        var offered: Set<UInt32> = []
        for helper in HelperPrototype.all.indices.dropFirst().map(UInt32.init) {
            if rows.contains(where: { allows(helper, in: $0) }) { offered.insert(helper) }
        }
        return offered
    }()

    /// Whether the kernel has the helper for programs of this row, whatever it then says of the arguments.
    static func allows(_ helper: UInt32, in row: ProgramDescriptor) -> Bool {
        var code = Code()
        code.call(helper)
        code.finish(0)
        let complaint = load(row, code: code).log
        return ![
            "invalid func", "unknown func", "cannot use helper", "not supported for", "supported only for",
            "not allowed in probe",
        ]
        .contains { complaint.contains($0) }
    }

    private static func target(of row: ProgramDescriptor) -> UInt32 {
        switch (row.linuxType, row.attachType) {
        case (26, 23): KernelTypes.shared.id(of: "btf_trace_sched_switch", kind: 8)
        case (26, 24), (26, 25): KernelTypes.shared.id(of: "bpf_fentry_test1", kind: 12)
        case (26, 26): KernelTypes.shared.id(of: "bpf_modify_return_test", kind: 12)
        case (26, 28): KernelTypes.shared.id(of: "bpf_iter_task", kind: 12)
        case (29, 27): KernelTypes.shared.id(of: "bpf_lsm_file_open", kind: 12)
        case (29, 43): KernelTypes.shared.id(of: "bpf_lsm_socket_bind", kind: 12)
        default: 0
        }
    }

    static func loadTypes(_ bytes: [UInt8]) -> Int32 {
        kernelverifier_types(bytes, bytes.count)
    }
}

extension ProgramDescriptor {
    /// The row as a test names it.
    var label: String { "\(name)/\(attachType)\(maySleep ? ".s" : "")" }
}
