import Bytecode
import BytecodeText
import ProgramPackage
import Prototypes
import Verifier

@testable import Confirmation

/// What the tests run programs with: an arena, a type of program, helpers that Linux has.
final class Bench {
    static let assembler = Assembler()

    let arena = Arena()
    let maps: [MapDefinition]
    let descriptor: ProgramDescriptor

    init(maps: [MapDefinition] = Bench.maps, descriptor: ProgramDescriptor = Bench.xdp) {
        self.maps = maps
        self.descriptor = descriptor
    }

    func subject(_ assembly: String) throws -> Subject {
        try Subject(
            code: Self.assembler.assemble(assembly), maps: maps, descriptor: descriptor, prototype: Bench.prototype)
    }

    /// Map 0: a hash of 16 bytes by 4; map 1: an array of 8 × 8 bytes; map 2: read-only data; map 3: a ring buffer.
    static let maps = [
        MapDefinition(name: "hash", type: 1, keySize: 4, valueSize: 16, maximumEntries: 64),
        MapDefinition(name: "array", type: 2, keySize: 4, valueSize: 64, maximumEntries: 8),
        MapDefinition(
            name: ".rodata", type: 2, keySize: 4, valueSize: 8, maximumEntries: 1,
            initialValue: [1, 2, 3, 4, 5, 6, 7, 8],
            isReadOnly: true),
        MapDefinition(name: "ring", type: 27, keySize: 0, valueSize: 0, maximumEntries: 4096),
    ]

    static let xdp = ProgramDescriptor(
        name: "xdp", linuxType: 6,
        context: ContextDescriptor(
            name: "xdp_md", size: 24,
            fields: [
                ContextField("data", at: 0, size: 4, .packet), ContextField("data_end", at: 4, size: 4, .packetEnd),
                ContextField("data_meta", at: 8, size: 4, .packetMeta),
                ContextField("ingress_ifindex", at: 12, size: 4),
                ContextField("rx_queue_index", at: 16, size: 4),
                ContextField("egress_ifindex", at: 20, size: 4, isWritable: true),
            ]),
        results: 0...4, mayWritePacket: true, helpers: HelperSet((0..<212).filter { $0 != 99 }))

    static func prototype(_ id: UInt32) -> HelperPrototype? { rows.first { $0.id == id } }

    static let rows: [HelperPrototype] = [
        row(1, "bpf_map_lookup_elem", .mapValueOrNull, .map, .mapKey),
        row(2, "bpf_map_update_elem", .integer, .map, .mapKey, .mapValue, .anything),
        row(3, "bpf_map_delete_elem", .integer, .map, .mapKey),
        row(5, "bpf_ktime_get_ns", .integer),
        row(6, "bpf_trace_printk", .integer, .readableMemory, .size, traits: .publishes),
        row(7, "bpf_get_prandom_u32", .integer),
        row(26, "bpf_skb_load_bytes", .integer, .context, .anything, .writableMemory, .size),
        row(44, "bpf_xdp_adjust_head", .integer, .context, .anything, traits: .invalidatesPacket),
        row(93, "bpf_spin_lock", .void, .spinLock, traits: .locks),
        row(94, "bpf_spin_unlock", .void, .spinLock, traits: .unlocks),
        row(99, "bpf_forbidden", .integer),
        row(
            131, "bpf_ringbuf_reserve", .memoryOrNull, .map, .allocationSize, .anything, traits: .acquires,
            maps: MapTypeSet(.ringbuf)),
        row(132, "bpf_ringbuf_submit", .void, .reservedMemory, .anything, traits: .releases),
        row(181, "bpf_loop", .integer, .anything, .callback, .stackOrNull, .anything, traits: .callsRepeatedly),
    ]

    private static func row(
        _ id: UInt32, _ name: StaticString, _ result: HelperResult, _ a: HelperArgument = .unused,
        _ b: HelperArgument = .unused, _ c: HelperArgument = .unused, _ d: HelperArgument = .unused,
        traits: HelperTraits = [], maps: MapTypeSet = []
    ) -> HelperPrototype {
        HelperPrototype(
            id: id, name: name, result: result, arguments: [a, b, c, d, .unused], traits: traits, maps: maps)
    }
}
