internal import Bytecode
internal import CBenchmark
internal import Foundation
internal import Linux
internal import ProgramPackage
internal import Prototypes

/// The verifier of the running kernel, on the programs of one object: the same linked instructions that ours is given.
struct KernelVerifier {
    /// What came of one program.
    struct Answer: Codable, Equatable {
        enum Verdict: String, Codable {
            case accepted, rejected
            case notAsked = "not asked"
        }

        var verdict: Verdict
        /// As the kernel says itself, without copying and compiling; 0 where it does not.
        var milliseconds = 0.0
        /// Of the system call.
        var callMilliseconds = 0.0
        /// Instructions that it walked over, each as often as it did.
        var visits: UInt64 = 0
        /// Why not: the last line of its log, or of this loader.
        var reason = ""
    }

    /// The part of a log that is kept; a longer one loses its beginning.
    private static let logBytes = 1 << 16

    /// The object's maps, by index; or why one could not be made.
    private var maps: [KernelMap] = []
    private var refusal: String?
    private let licence: String

    init(_ package: ObjectPackage) {
        licence = package.licence
        for map in package.maps {
            do throws(SystemError) { maps.append(try KernelMap(map, in: package)) } catch {
                refusal = "map \(map.name) of type \(map.type): \(error)"
                return
            }
        }
    }

    func verify(_ program: Program, as descriptor: ProgramDescriptor) -> Answer {
        if let refusal { return Answer(verdict: .notAsked, reason: refusal) }
        guard let code = linked(program) else {
            return Answer(verdict: .notAsked, reason: "it names a map that the object has not")
        }
        let counted = load(code, as: descriptor, level: 4)
        var answer = Answer(verdict: counted.status >= 0 ? .accepted : .rejected)
        answer.callMilliseconds = counted.milliseconds
        answer.milliseconds = Self.number(after: "verification time ", in: counted.log).map { Double($0) / 1000 } ?? 0
        answer.visits = Self.number(after: "processed ", in: counted.log) ?? 0
        guard counted.status < 0 else { return answer }
        let lines = load(code, as: descriptor, level: 1).log.split(separator: "\n").filter { line in
            !["processed ", "verification time ", "stack depth "].contains { line.hasPrefix($0) }
        }
        answer.reason = lines.last.map(String.init) ?? SystemError.text(of: -counted.status)
        // Without a word of the verifier it was refused before it was looked at.
        if lines.isEmpty, answer.visits == 0 { answer.verdict = .notAsked }
        return answer
    }

    private func load(
        _ code: [Slot], as descriptor: ProgramDescriptor, level: UInt32
    ) -> (status: Int32, milliseconds: Double, log: String) {
        var log = [CChar](repeating: 0, count: Self.logBytes)
        let bytes = Slot.littleEndianBytes(of: code)
        let start = monotonicNanoseconds()
        // SAFETY: instructions and licence are read, and the log written in its length, during the call only.
        let status = unsafe cbenchmark_program_load(
            descriptor.linuxType, descriptor.attachType, bytes, UInt32(code.count), licence, level, &log,
            UInt32(log.count))
        let milliseconds = Double(monotonicNanoseconds() - start) / 1e6
        if status >= 0 { _ = FileDescriptor(owning: status) }
        let text = log.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return (status, milliseconds, String(decoding: text, as: UTF8.self))
    }

    /// The instructions with descriptors in place of the indices of maps.
    private func linked(_ program: Program) -> [Slot]? {
        var code = program.code
        // What C has these return may be an address of the caller's stack, which the kernel lets no function return. Nobody looks at it:
        // who did would read a number for an address, and be refused for that.
        for function in program.functions where ["memset", "memcpy"].contains(function.name) {
            let returnsFirst = Slot(opcode: 0xBF, destination: 0, source: 1, offset: 0, immediate: 0)
            guard code[function.start] == returnsFirst else { continue }
            code[function.start] = Slot(opcode: 0xB7, destination: 0, source: 0, offset: 0, immediate: 0)
        }
        var index = 0
        while index < code.count {
            let isWide = code[index].opcode == 0x18
            // BPF_PSEUDO_MAP_FD and BPF_PSEUDO_MAP_VALUE.
            if isWide, code[index].source == 1 || code[index].source == 2 {
                let map = Int(code[index].immediate)
                guard maps.indices.contains(map) else { return nil }
                code[index].immediate = maps[map].descriptor.rawValue
            }
            index += isWide ? 2 : 1
        }
        return code
    }

    private static func number(after words: String, in log: String) -> UInt64? {
        guard let range = log.range(of: words) else { return nil }
        return UInt64(log[range.upperBound...].prefix(while: \.isNumber))
    }
}

/// A map of the kernel's, gone with this object.
private final class KernelMap {
    /// For the maps of a map of maps of which the object does not say what they look like.
    private static let anyInner = MapDefinition(
        name: "", type: MapType.array.rawValue, keySize: 4, valueSize: 4, maximumEntries: 1)

    let descriptor: FileDescriptor

    /// A map of this shape; smaller, where its size is not what a verifier looks at.
    init(_ map: MapDefinition, in package: ObjectPackage) throws(SystemError) {
        var (key, value, entries) = (map.keySize, map.valueSize, max(map.maximumEntries, 1))
        var inner: KernelMap?
        switch MapType(rawValue: map.type) {
        case .hash, .perCPUHash, .lruHash, .lruPerCPUHash, .lpmTrie: entries = min(entries, 4096)
        case .array, .perCPUArray: if UInt64(entries) * UInt64(value) > 64 << 20 { entries = 1 }
        case .ringbuf, .userRingbuf:
            (key, value) = (0, 0)
            entries = 4096
        case .perfEventArray: (key, value) = (4, 4)
        case .programArray: value = 4
        case .arrayOfMaps, .hashOfMaps:
            value = 4
            entries = min(entries, 4096)
            let template = map.innerMap.map { package.maps[$0] }
            inner = try KernelMap(template ?? Self.anyInner, in: package)
        default: break
        }
        let readOnly: UInt32 = 1 << 7  // BPF_F_RDONLY_PROG
        let flags = map.flags | (map.isReadOnly ? readOnly : 0)
        let made = cbenchmark_map_create(
            map.type, key, value, entries, flags, inner?.descriptor.rawValue ?? 0, map.extra)
        descriptor = FileDescriptor(owning: Int32(try checked("bpf(BPF_MAP_CREATE)", Int(made))))
        guard map.isReadOnly || !map.initialValue.isEmpty else { return }
        let bytes = map.initialValue + [UInt8](repeating: 0, count: max(0, Int(value) - map.initialValue.count))
        // SAFETY: the bytes are as many as the map's values have, and read during the call only.
        let set = unsafe cbenchmark_map_set_first(descriptor.rawValue, bytes)
        _ = try checked("bpf(BPF_MAP_UPDATE_ELEM)", Int(set))
        if map.isReadOnly {
            _ = try checked("bpf(BPF_MAP_FREEZE)", Int(cbenchmark_map_freeze(descriptor.rawValue)))
        }
    }
}
