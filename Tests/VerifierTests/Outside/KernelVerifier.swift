import Bytecode
import CKernelVerifier
import Glibc
import ProgramPackage

/// The verifier of the kernel that runs here: a second opinion, for whoever may ask it. Programs are loaded, closed
/// and never attached.
enum KernelVerifier {
    enum Opinion: Equatable {
        case accepted
        /// The line of its log that says what is wrong.
        case rejected(String)
        /// It cannot be asked: a map of this type cannot be made here, or loading is not permitted.
        case none(String)
    }

    static let reason = "needs the right to load programs into the kernel"

    /// Whether `r0 = 0; exit` may be loaded.
    static let isUsable: Bool = {
        let nothing: [Slot] = [
            Slot(opcode: 0xb7, registers: 0, offset: 0, immediate: 0),
            Slot(opcode: 0x95, registers: 0, offset: 0, immediate: 0),
        ]
        return opinion(of: nothing, maps: [], type: socketFilter) == .accepted
    }()

    /// BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_XDP.
    static let socketFilter: UInt32 = 1
    static let xdp: UInt32 = 6

    /// - Parameter slots: linked code; references to maps are indices into `maps`.
    static func opinion(
        of slots: [Slot], maps: [MapDefinition], type: UInt32, attach: UInt32 = 0
    ) -> Opinion {
        var descriptors: [Int32] = []
        defer { for descriptor in descriptors { close(descriptor) } }
        for map in maps {
            // What libbpf does too: preallocation is for those who want it, and rings are whole pages.
            let isRing = map.type == MapNumbers.ringBuffer
            var request = kernelverifier_map(
                type: map.type, key_size: map.keySize, value_size: map.valueSize,
                max_entries: isRing ? 4096 : min(map.maximumEntries, 1024), flags: map.flags, inner: 0, btf: 0,
                key_type: 0, value_type: 0)
            let descriptor = kernelverifier_map(&request)
            guard descriptor >= 0 else { return .none("no map of type \(map.type): errno \(-descriptor)") }
            descriptors.append(descriptor)
        }
        var slots = slots
        var index = 0
        while index < slots.count {
            if slots[index].opcode == 0x18 {
                if slots[index].source == 1 || slots[index].source == 2 {
                    guard descriptors.indices.contains(Int(slots[index].immediate)) else {
                        return .rejected("no map \(slots[index].immediate)")
                    }
                    slots[index].immediate = descriptors[Int(slots[index].immediate)]
                }
                index += 1
            }
            index += 1
        }
        var log = [CChar](repeating: 0, count: 1 << 20)
        let result = "GPL".withCString { licence in
            var program = kernelverifier_program(
                type: type, attach_type: attach, flags: 0, attach_btf_id: 0, btf: 0, function_count: 0, functions: nil,
                license: licence)
            return kernelverifier_load(&program, slots.map(\.bits), slots.count, &log, log.count)
        }
        let lines = String(decoding: log.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            .split(separator: "\n")
        // The last lines are statistics.
        let complaint = lines.last { line in
            !["processed ", "verification time", "stack depth"].contains { line.hasPrefix($0) }
        }
        switch result {
        case 0: return .accepted
        case -1: return .none("errno 1: \(complaint ?? "")")
        default: return .rejected(complaint.map(String.init) ?? "errno \(-result)")
        }
    }

    private enum MapNumbers {
        static let ringBuffer: UInt32 = 27
    }
}
